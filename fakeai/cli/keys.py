"""`fakeai keys`: keys of the front door, in the store that a server keeps them in, whether or not one is running."""

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from fakeai.cli.options import BAD_SETTINGS, fail
from fakeai.cli.stored import DatabaseUrl, DataDir, Stored, stored

if TYPE_CHECKING:
    from fakeai.services.front.keyring import KeyRing
    from fakeai.wire.front.keys import FrontKey

Name: TypeAlias = Annotated[str, typer.Argument(help="Id of the key.", metavar="ID")]
Label: TypeAlias = Annotated[str | None, typer.Option(help="What it is called.")]
Role: TypeAlias = Annotated[
    str | None, typer.Option(help="free, standard, admin, tier-free, tier-1 … tier-5, or one of the settings.")
]
Limit: TypeAlias = Annotated[int | None, typer.Option(help="Instead of the role's; 0: no end.", min=0)]
Quota: TypeAlias = Annotated[int | None, typer.Option(help="Units of a month; by default no end.", min=0)]
QuotaUnit: TypeAlias = Annotated[str | None, typer.Option(help="requests, tokens or output_tokens.")]
Budget: TypeAlias = Annotated[float | None, typer.Option(help="US dollars of a month; by default no end.", min=0)]
Models: TypeAlias = Annotated[
    list[str] | None, typer.Option(help="Models that it may use, with commas or repeated; by default all.")
]
Expires: TypeAlias = Annotated[
    str | None, typer.Option(help="When it ends: 30d, 12h, 90m, 2030-01-31, 2030-01-31T12:00Z, or epoch seconds.")
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Force: TypeAlias = Annotated[bool, typer.Option("--force", help="Even if no admin key is left.")]


def create(
    label: Annotated[str, typer.Option(help="What it is called.")],
    role: Role = None,
    rpm: Limit = None,
    tpm: Limit = None,
    rpd: Limit = None,
    tpd: Limit = None,
    quota: Quota = None,
    quota_unit: QuotaUnit = None,
    budget_usd: Budget = None,
    models: Models = None,
    expires: Expires = None,
    key: Annotated[str | None, typer.Option(help="The value it is to have; by default a new one.")] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Make a key. Its value is printed once."""
    given = _given(label, role, (rpm, tpm, rpd, tpd), quota, quota_unit, budget_usd, models, expires)
    with stored(data_dir, database_url) as store:
        from fakeai.wire.front.keys import KeyCreate

        wanted = _read(KeyCreate, given if key is None else {**given, "key": key})
        whose, project = store.settings.organization, _project()
        now = _now()
        made = store.do(lambda tx: _ring(store).create(tx, whose, project, wanted, now))
    if as_json:
        print(json.dumps(made))
    elif "key" in made:
        print(f"{made['key']}\n{made['id']}: {_line(made)}")
    else:
        print(f"{made['id']} is there already: {_line(made)}")


def list_(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 200,
    offset: Annotated[int, typer.Option(min=0, help="How many of the newest to leave out.")] = 0,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """List keys, the newest first."""
    with stored(data_dir, database_url) as store:
        whose = store.settings.organization
        found, total = store.do(lambda tx: _ring(store).page(tx, whose, limit, offset))
    if as_json:
        print(json.dumps({"data": found, "total": total}))
        return
    for key in found:
        print(f"{key['id']}  {_line(key)}")
    print(f"{len(found)} of {total}")


def show(name: Name, data_dir: DataDir = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """Show a key."""
    with stored(data_dir, database_url) as store:
        _print(store.do(lambda tx: _ring(store).get(tx, store.settings.organization, name)), as_json=as_json)


def change(
    name: Name,
    label: Label = None,
    role: Role = None,
    rpm: Limit = None,
    tpm: Limit = None,
    rpd: Limit = None,
    tpd: Limit = None,
    quota: Quota = None,
    quota_unit: QuotaUnit = None,
    budget_usd: Budget = None,
    models: Models = None,
    expires: Expires = None,
    unset: Annotated[
        list[str] | None,
        typer.Option(help="What is to be none again: rpm, tpm, rpd, tpd, quota, budget_usd, expires_at."),
    ] = None,
    force: Force = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Change what a key may; what is not said stays."""
    given = _given(label, role, (rpm, tpm, rpd, tpd), quota, quota_unit, budget_usd, models, expires)
    gone = dict.fromkeys((one for text in unset or () for one in text.split(",")), None)
    _change(name, {**given, **gone, "force": force}, data_dir, database_url, as_json=as_json)


def enable(name: Name, data_dir: DataDir = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """Let a key in again."""
    _change(name, {"active": True}, data_dir, database_url, as_json=as_json)


def disable(
    name: Name,
    force: Force = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Refuse a key from now on."""
    _change(name, {"active": False, "force": force}, data_dir, database_url, as_json=as_json)


def rotate(name: Name, data_dir: DataDir = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """Give a key a new value, which is printed once; the old one is refused from now on."""
    with stored(data_dir, database_url) as store:
        turned = store.do(lambda tx: _ring(store).rotate(tx, store.settings.organization, name))
    print(json.dumps(turned) if as_json else turned["key"])


def delete(name: Name, force: Force = False, data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Let go of a key."""
    with stored(data_dir, database_url) as store:
        store.do(lambda tx: _ring(store).delete(tx, store.settings.organization, name, force=force))
    print(f"{name} is gone")


def _change(
    name: str, given: Mapping[str, Any], data_dir: str | None, database_url: str | None, *, as_json: bool
) -> None:
    with stored(data_dir, database_url) as store:
        from fakeai.wire.front.keys import KeyChange

        wanted: KeyChange = _read(KeyChange, given)
        changed = store.do(lambda tx: _ring(store).change(tx, store.settings.organization, name, wanted))
    _print(changed, as_json=as_json)


def _print(key: "FrontKey", *, as_json: bool) -> None:
    print(json.dumps(key) if as_json else f"{key['id']}  {_line(key)}")


def _line(key: "FrontKey") -> str:
    told = [key["prefix"] + "…", key["label"], key["role"]]
    told += [f"{name}={key[name]}" for name in ("rpm", "tpm", "rpd", "tpd") if key[name] is not None]
    if key["quota"] is not None:
        told.append(f"quota={key['quota']} {key['quota_unit']}")
    if key["budget_usd"] is not None:
        told.append(f"budget={key['budget_usd']:g} USD")
    if key["models"]:
        told.append("models=" + ",".join(key["models"]))
    if key["expires_at"] is not None:
        from datetime import UTC, datetime

        told.append(f"until {datetime.fromtimestamp(key['expires_at'], UTC).isoformat()}")
    return "  ".join(told if key["active"] else [*told, "disabled"])


def _ring(store: Stored) -> "KeyRing":
    from fakeai.app import roles_of
    from fakeai.services.front.keyring import KeyRing

    return KeyRing(store.keys, store.ids, roles_of(store.settings))


def _project() -> str:
    from fakeai.core.call import ANYONE

    return ANYONE.project


def _now() -> int:
    from fakeai.core.clock import WallClock

    return int(WallClock().unix())


def _given(
    label: str | None,
    role: str | None,
    limits: tuple[int | None, int | None, int | None, int | None],
    quota: int | None,
    quota_unit: str | None,
    budget_usd: float | None,
    models: list[str] | None,
    expires: str | None,
) -> dict[str, Any]:
    """What was said, as the API takes it. Any: JSON."""
    said: dict[str, Any] = {
        "label": label,
        "role": role,
        **dict(zip(("rpm", "tpm", "rpd", "tpd"), limits, strict=True)),
        "quota": quota,
        "quota_unit": quota_unit,
        "budget_usd": budget_usd,
        "models": None
        if models is None
        else [one.strip() for text in models for one in text.split(",") if one.strip()],
        "expires_at": None if expires is None else _instant(expires),
    }
    return {name: value for name, value in said.items() if value is not None}


_UNITS: Mapping[str, int] = MappingProxyType({"m": 60, "h": 3_600, "d": 86_400})


def _instant(text: str) -> int:
    """Epoch seconds; ends with status 2 for what is no time."""
    from datetime import UTC, datetime

    if after := re.fullmatch(r"(\d{1,9})([mhd])", text):
        return _now() + int(after[1]) * _UNITS[after[2]]
    if re.fullmatch(r"\d{1,12}", text):
        return int(text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise fail(f"--expires: {text!r} is no time, such as 30d or 2030-01-31", BAD_SETTINGS) from None
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())


def _read(kind: Any, given: Mapping[str, Any]) -> Any:
    """A request of the API; ends with status 2 for a value that it does not take. Any: a wire type, and JSON."""
    from fakeai.core.errors import ApiError
    from fakeai.wire.base import parse

    try:
        return parse(kind, json.dumps(given).encode())
    except ApiError as error:
        where = "" if error.param is None or error.param in error.message else f"{error.param}: "
        raise fail(where + error.message, BAD_SETTINGS) from None
