"""Tiny real models, made once a session."""

from contract.tiny import tiny_chat, tiny_encoder  # noqa: F401  # fixtures
