"""fakeai: a local stand-in for a whole LLM platform."""

__version__ = "0.1.0"
