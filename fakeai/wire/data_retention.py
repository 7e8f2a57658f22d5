"""What an organization has agreed about how long its data are kept."""

from typing import Literal, TypeAlias

from typing_extensions import TypedDict

from fakeai.wire.base import Wire

Retention: TypeAlias = Literal[
    "zero_data_retention",
    "modified_abuse_monitoring",
    "enhanced_zero_data_retention",
    "enhanced_modified_abuse_monitoring",
]


class DataRetentionUpdate(Wire):
    """Body of `POST /organization/data_retention`."""

    retention_type: Retention


class DataRetention(TypedDict):
    """The agreement. This server keeps what it is given until it is told to delete it, whatever it says."""

    object: Literal["organization.data_retention"]
    type: Retention
