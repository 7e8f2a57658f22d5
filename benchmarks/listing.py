"""Pages of a list of 100,000 objects that are kept on disk: the first, one from the middle by its cursor, one of a filter."""

import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import orjson

from benchmarks import servers
from benchmarks.client import ask
from benchmarks.requests import get
from benchmarks.targets import Row, median, percentile
from fakeai.store.sql import Sql

_OBJECTS = 100_000
_OWNER = "org-fakeai/proj_fakeai"
_COLUMNS = "kind, owner, parent, id, tag, data"
_ROUNDS = 200
_TAGS = ("user_data",) * 99 + ("vision",)


def measure(quick: bool) -> Iterator[Row]:
    """The slowest kind of page, as a client sees it: connecting, asking and reading 100 objects."""
    with tempfile.TemporaryDirectory(prefix="fakeai-listing-") as place:
        _fill(Path(place) / "fakeai.db")
        with servers.fakeai("--data-dir", place) as ours:
            pages = {
                "first": "/v1/files?limit=100",
                "middle": f"/v1/files?limit=100&after={_id(_OBJECTS // 2)}",
                "last": f"/v1/files?limit=100&after={_id(0)}&order=asc",
                "filtered": f"/v1/files?limit=100&purpose=vision&after={_id(_OBJECTS // 2 + 1)}",
            }
            times = {name: _times(ours.port, path, _ROUNDS // 10 if quick else _ROUNDS) for name, path in pages.items()}
    slowest = max(median(found) for found in times.values())
    detail = ", ".join(f"{name} {median(found):.1f}" for name, found in times.items())
    p99 = max(percentile(found, 0.99) for found in times.values())
    yield Row("list_page", slowest, f"median ms of 100 of {_OBJECTS:,}: {detail}", f"p99 of the slowest {p99:.1f} ms")


def _times(port: int, path: str, rounds: int) -> list[float]:
    """Milliseconds of each exchange."""
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        reply = ask(port, get(path))
        found.append((time.perf_counter() - began) * 1e3)
        if reply.count(b'"object":"file"') != 100:
            raise RuntimeError(f"{path} is no page of 100 files")
    return found


def _fill(database: Path) -> None:
    sql = Sql(f"sqlite:///{database}")
    sql.open()
    sql.close()
    connection = sqlite3.connect(database)
    with connection:
        connection.executemany(f"INSERT INTO objects ({_COLUMNS}) VALUES ('file', ?, '', ?, ?, ?)", _rows())
    connection.close()


def _rows() -> Iterator[tuple[str, str, str, str]]:
    for number in range(_OBJECTS):
        file = {
            "id": _id(number),
            "object": "file",
            "bytes": number,
            "created_at": 1_760_000_000 + number,
            "expires_at": None,
            "filename": f"{number}.jsonl",
            "purpose": _TAGS[number % 100],
            "status": "processed",
            "status_details": None,
            "_blobs": [],
        }
        yield _OWNER, _id(number), _TAGS[number % 100], orjson.dumps(file).decode()


def _id(number: int) -> str:
    return f"file-{number:029}"
