"""Spend limits and spend alerts, of an organization or of one project. Amounts are in cents of a month."""

from typing import Annotated, Literal, NotRequired

from annotated_types import Ge, Le, MaxLen
from typing_extensions import TypedDict

from fakeai.wire.base import Items, Wire

_MOST_CENTS = 2**53


class SpendLimitUpdate(Wire):
    """Body of `POST …/spend_limit`."""

    currency: Literal["USD"]
    interval: Literal["month"]
    threshold_amount: Annotated[int, Ge(0), Le(_MOST_CENTS)]


class Channel(Wire):
    """Who would be written to."""

    type: Literal["email"]
    recipients: Annotated[Items[Annotated[str, MaxLen(320)]], MaxLen(100)]
    subject_prefix: Annotated[str, MaxLen(256)] | None = None


class SpendAlertUpdate(SpendLimitUpdate):
    """Body of `POST …/spend_alerts` and `POST …/spend_alerts/{alert_id}`."""

    notification_channel: Channel


class NotificationChannel(TypedDict):
    """Who is written to when an alert's amount is reached."""

    type: Literal["email"]
    recipients: list[str]
    subject_prefix: NotRequired[str | None]


class SpendAlert(TypedDict):
    """An amount at which somebody wants to be told."""

    id: str
    object: Literal["organization.spend_alert", "project.spend_alert"]
    currency: Literal["USD"]
    interval: Literal["month"]
    notification_channel: NotificationChannel
    threshold_amount: int


class Enforcement(TypedDict):
    """Whether a limit is refusing calls right now."""

    status: Literal["inactive", "enforcing"]


class SpendLimit(TypedDict):
    """An amount at which calls that use a model are refused until the month is over."""

    object: Literal["organization.spend_limit", "project.spend_limit"]
    currency: Literal["USD"]
    interval: Literal["month"]
    enforcement: Enforcement
    threshold_amount: int


class SpendLimitDeleted(TypedDict):
    """Answer to the DELETE of a limit."""

    object: Literal["organization.spend_limit.deleted", "project.spend_limit.deleted"]
    deleted: bool
