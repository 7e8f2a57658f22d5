"""fakeai: a local stand-in for a whole LLM platform."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fakeai.app import build
    from fakeai.settings import Settings
    from fakeai.testing import FakeAI

__version__ = "0.1.0"
__all__ = ["FakeAI", "Settings", "__version__", "build"]


def __getattr__(name: str) -> Any:
    """The public names, imported when asked for, so that `fakeai --version` costs nothing. Any: classes and functions."""
    from importlib import import_module

    homes = {"build": "fakeai.app", "Settings": "fakeai.settings", "FakeAI": "fakeai.testing"}
    if name not in homes:
        raise AttributeError(f"module 'fakeai' has no attribute {name!r}")
    return getattr(import_module(homes[name]), name)
