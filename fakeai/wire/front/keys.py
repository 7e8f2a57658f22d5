"""Keys of the front door, as `/v1/admin/keys` takes and tells them."""

from typing import Annotated, Literal, NotRequired, TypeAlias

from annotated_types import Ge, Le, MaxLen, MinLen
from typing_extensions import TypedDict

from fakeai.core.terms import Unit
from fakeai.wire.base import Items, Omittable, shown_as
from fakeai.wire.front.base import FrontWire

Label: TypeAlias = Annotated[str, MinLen(1), MaxLen(256)]
Limit: TypeAlias = Annotated[int, Ge(0), Le(2**53)]
Money: TypeAlias = Annotated[float, Ge(0), Le(1e12)]
Model: TypeAlias = Annotated[str, MinLen(1), MaxLen(256)]
Instant: TypeAlias = Annotated[int, Ge(0), Le(2**40)]
Role: TypeAlias = Annotated[str, MinLen(1), MaxLen(64)]


class KeyChange(FrontWire):
    """Body of `PATCH /admin/keys/{key_id}`: what is left out stays, null takes away."""

    label: Omittable[Label] = None
    role: Omittable[Role] = None
    rpm: Limit | None = None
    tpm: Limit | None = None
    rpd: Limit | None = None
    tpd: Limit | None = None
    quota: Limit | None = None
    quota_unit: Omittable[Unit] = None
    budget_usd: Money | None = None
    models: Omittable[Annotated[Items[Model], MaxLen(1_000)]] = None
    expires_at: Instant | None = None
    active: Omittable[bool] = None
    force: Omittable[bool] = None
    """Whether the last admin key may be let go of."""


class KeyCreate(KeyChange):
    """Body of `POST /admin/keys`."""

    model_config = shown_as({"label": "root", "role": "admin"})

    label: Label
    role: Omittable[Role] = None
    key: Omittable[Annotated[str, MinLen(16), MaxLen(512)]] = None
    """The value that the key is to have; by default a new one."""


class FrontKey(TypedDict):
    """A key. `prefix` is the beginning of its value; `key`, all of it, is told once."""

    id: str
    object: Literal["key"]
    label: str
    role: str
    prefix: str
    active: bool
    created_at: int
    expires_at: int | None
    last_used_at: int | None
    rpm: int | None
    tpm: int | None
    rpd: int | None
    tpd: int | None
    quota: int | None
    quota_unit: Unit
    budget_usd: float | None
    models: list[str]
    key: NotRequired[str]


class KeyPage(TypedDict):
    """Some keys, the newest first, of all that there are."""

    object: Literal["list"]
    data: list[FrontKey]
    total: int
    limit: int
    offset: int


class KeyGone(TypedDict):
    """A key that is no more."""

    id: str
    object: Literal["key.deleted"]
    deleted: bool
