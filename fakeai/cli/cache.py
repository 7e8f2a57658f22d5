"""`fakeai cache`: the completion cache, in the store that a server keeps it in, whether or not one is running."""

import asyncio
import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

import typer

from fakeai.cli.keys import AsJson
from fakeai.cli.options import BAD_SETTINGS, fail
from fakeai.cli.stored import DatabaseUrl, DataDir, stored

if TYPE_CHECKING:
    from fakeai.settings import Settings

_UNITS: Mapping[str, int] = MappingProxyType({"s": 1, "m": 60, "h": 3_600, "d": 86_400})


def stats(data_dir: DataDir = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """Tell how many answers are kept, by model."""
    with stored(data_dir, database_url) as store:
        from fakeai.store.completions import count

        models = store.do(lambda tx: count(tx, None))
    if as_json:
        print(json.dumps({"entries": sum(models.values()), "models": models}))
        return
    for model, number in models.items():
        print(f"{number:8}  {model}")
    print(f"{sum(models.values()):8}  in all")


def clear(
    model: Annotated[str | None, typer.Option(help="Those of this model only.", metavar="ID")] = None,
    older_than: Annotated[
        str | None, typer.Option(help="Those of this age or more only: 30d, 12h, 90m, 45s.", metavar="AGE")
    ] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Forget answers that are kept, and tell how many they were."""
    older_s = None if older_than is None else _seconds(older_than)
    with stored(data_dir, database_url) as store:
        from fakeai.store import completions

        gone = store.do(lambda tx: completions.clear(tx, None, model, older_s))
        asyncio.run(_forget(store.settings, gone))
    print(f"{len(gone)} cleared")


async def _forget(settings: "Settings", keys: list[str]) -> None:
    if settings.store.redis is None or not keys:
        return
    from fakeai.core.clock import WallClock
    from fakeai.services.front.completion_cache import forget
    from fakeai.store.redis import RedisValues

    redis = RedisValues(settings.store.redis.get_secret_value(), WallClock())
    try:
        await forget(redis, keys)
    finally:
        await redis.close()


def _seconds(text: str) -> float:
    """Ends with status 2 for what is no age."""
    found = re.fullmatch(r"(\d{1,9})([smhd])", text)
    if found is None:
        raise fail(f"--older-than: {text!r} is no age, such as 12h or 30d", BAD_SETTINGS)
    return float(int(found[1]) * _UNITS[found[2]])
