"""`fakeai usage`: what each key of the front door has used, of a store, whether or not a server runs on it."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from fakeai.cli.keys import AsJson
from fakeai.cli.stored import DatabaseUrl, DataDir, Stored, stored

if TYPE_CHECKING:
    from fakeai.store.base import Tx
    from fakeai.wire.front.records import Consumption

_HEAD = ("id", "label", "role", "quota", "requests", "prompt", "completion", "usd")


def usage(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many keys.")] = 200,
    offset: Annotated[int, typer.Option(min=0, help="How many of the newest to leave out.")] = 0,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Tell what keys of the front door have used, the newest first. A running server tells the store each second."""
    with stored(data_dir, database_url) as store:
        from fakeai.core.clock import WallClock

        now = WallClock().unix()
        found, total = store.do(lambda tx: _told(tx, store, limit, offset, now))
    if as_json:
        print(json.dumps({"data": found, "total": total}))
        return
    rows = [_HEAD, *map(_row, found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        told = (
            cell.ljust(width) if n < 4 else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join(told).rstrip())
    print(f"{len(found)} of {total}")


def _row(of: "Consumption") -> tuple[str, ...]:
    quota = f"{of['quota_used']} {of['quota_unit']}"
    if of["quota_monthly"] is not None:
        quota = f"{of['quota_used']} of {of['quota_monthly']} {of['quota_unit']}"
    numbers = (str(of["requests"]), str(of["prompt_tokens"]), str(of["completion_tokens"]), f"{of['cost_usd']:.6f}")
    return of["id"], of["label"], of["role"], quota, *numbers


def _told(tx: "Tx", store: Stored, limit: int, offset: int, now: float) -> "tuple[list[Consumption], int]":
    from fakeai.app import roles_of
    from fakeai.services.costs import Spending
    from fakeai.services.front.consumption import ConsumptionReport
    from fakeai.services.front.keyring import KeyRing
    from fakeai.services.prices import Prices
    from fakeai.store.allotments import look

    ring = KeyRing(store.keys, store.ids, roles_of(store.settings))
    report = ConsumptionReport(ring, Spending(Prices(store.catalog)), store.settings.gateway.quota_period)
    found, total = report.page(tx, store.settings.organization, limit, offset, now)
    return [report.told(used, look(tx, used.key["id"]), now) for used in found], total
