"""One typed tree of settings: flag > environment > file > default."""

from fakeai.settings.logs import Log
from fakeai.settings.names import Row, fields
from fakeai.settings.sources import SettingsError, load
from fakeai.settings.tree import Latency, ModelLatency, ServedModel, Server, Settings

__all__ = [
    "Latency",
    "Log",
    "ModelLatency",
    "Row",
    "ServedModel",
    "Server",
    "Settings",
    "SettingsError",
    "fields",
    "load",
]
