"""Agents (beta): what they are made of, where they work, and their sessions."""
