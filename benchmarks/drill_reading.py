"""`python -m benchmarks.drill_reading`: files of vector stores under kill -9, by one server and by two on one database.

Each run attaches many files at once and kills their server while it reads them. Status 1 when one of them does not end
as completed, or when what was kept of one is not its text: a passage that is lost or doubled shows there.
"""

import asyncio
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any, NamedTuple

import httpx

from benchmarks.drills import Drills, Outcome, command
from benchmarks.kept import KeptServer

_STORES = "/v1/vector_stores"
_FILES = 24
_SENTENCES = 1_500
_LEASE_S = 10.0
_WAIT_S = 60.0
_WORDS = ["river", "stone", "lantern", "harbour", "winter", "letter", "garden", "engine", "silver", "market"]


class Faults(NamedTuple):
    """What is wrong with a vector store whose files have been read."""

    unread: int
    wrong: int
    found_twice: int
    other: int


def _texts() -> list[str]:
    chance = Random(7)

    def sentence(file: int, number: int) -> str:
        return f"File {file}, line {number}: {' '.join(chance.choices(_WORDS, k=9))}."

    return ["\n".join(sentence(file, number) for number in range(_SENTENCES)) for file in range(_FILES)]


async def _begin(http: httpx.AsyncClient, texts: list[str]) -> tuple[str, dict[str, str]]:
    """A vector store with a file of each text, and which file has which."""
    made: dict[str, str] = {}
    for number, text in enumerate(texts):
        given = {"file": (f"{number}.txt", text.encode(), "text/plain")}
        file = (await http.post("/v1/files", files=given, data={"purpose": "assistants"})).json()
        made[file["id"]] = text
    asked = {"name": "drill", "file_ids": list(made)}
    return str((await http.post(_STORES, json=asked)).json()["id"]), made


async def _store(http: httpx.AsyncClient, name: str) -> Any:
    """Any: JSON."""
    return (await http.get(f"{_STORES}/{name}")).json()


async def _until(http: httpx.AsyncClient, name: str, share: float) -> bool:
    """Wait until that share of the files is read; whether others are still to be."""
    while True:
        counts = (await _store(http, name))["file_counts"]
        if counts["completed"] + counts["failed"] >= share * _FILES:
            return bool(counts["in_progress"])
        await asyncio.sleep(0.005)


async def _faults(http: httpx.AsyncClient, name: str, made: Mapping[str, str]) -> Faults:
    give_up = time.monotonic() + _WAIT_S
    while (store := await _store(http, name))["file_counts"]["in_progress"]:
        if time.monotonic() > give_up:
            raise RuntimeError(f"after {_WAIT_S:.0f} s: {store['file_counts']}")
        await asyncio.sleep(0.05)
    wrong = 0
    for file, text in made.items():
        page = (await http.get(f"{_STORES}/{name}/files/{file}/content")).json()
        wrong += "".join(part["text"] for part in page["data"]) != text
    asked = {"query": "river stone lantern", "max_num_results": 50}
    found = (await http.post(f"{_STORES}/{name}/search", json=asked)).json()["data"]
    passages = [(one["file_id"], one["content"][0]["text"]) for one in found]
    listed = (await http.get(f"{_STORES}/{name}/files", params={"limit": "100"})).json()["data"]
    other = (
        store["status"] != "completed",
        store["file_counts"]["total"] != len(made),
        sorted(file["id"] for file in listed) != sorted(made),
        store["usage_bytes"] != sum(file["usage_bytes"] for file in listed),
        not passages,
    )
    unread = len(made) - store["file_counts"]["completed"]
    return Faults(unread, wrong, len(passages) - len(set(passages)), sum(other))


def _told(runs: int, hits: int, sums: Faults) -> str:
    return (
        f"{hits} of {runs} kills while files were read, {_FILES} files each: {sums.unread} not read, {sums.wrong} with "
        f"another text, {sums.found_twice} passages found twice, other faults {sums.other}"
    )


async def killed(directory: Path, quick: bool) -> Outcome:
    """kill -9 while files are read; started again, the server reads the rest."""
    runs, hits, sums, chance = 3 if quick else 12, 0, Faults(0, 0, 0, 0), Random(9)
    for run in range(runs):
        where = directory.with_name(f"reading{run}")
        with KeptServer(where) as server:
            async with httpx.AsyncClient(base_url=server.url, timeout=30.0) as http:
                name, made = await _begin(http, _texts())
                hits += await _until(http, name, chance.uniform(0.0, 0.8))
            server.kill()
            server.start()
            async with httpx.AsyncClient(base_url=server.url, timeout=30.0) as http:
                faults = await _faults(http, name, made)
        sums = Faults(*(total + fault for total, fault in zip(sums, faults, strict=True)))
        shutil.rmtree(where, ignore_errors=True)
    return Outcome("files killed", not any(sums) and hits > 0, _told(runs, hits, sums))


async def taken_over(directory: Path, quick: bool) -> Outcome:
    """Of two servers on one database one is killed while both read; the other reads the rest when the lease is over."""
    runs, hits, sums, slowest = 1 if quick else 3, 0, Faults(0, 0, 0, 0), 0.0
    for run in range(runs):
        where = directory.with_name(f"two{run}")
        with KeptServer(where) as first, KeptServer(where) as second:
            async with httpx.AsyncClient(base_url=first.url, timeout=30.0) as http:
                name, made = await _begin(http, _texts())
                hits += await _until(http, name, 0.2)
            first.kill()
            began = time.monotonic()
            async with httpx.AsyncClient(base_url=second.url, timeout=30.0) as http:
                faults = await _faults(http, name, made)
            slowest = max(slowest, time.monotonic() - began)
        sums = Faults(*(total + fault for total, fault in zip(sums, faults, strict=True)))
        shutil.rmtree(where, ignore_errors=True)
    words = f"{_told(runs, hits, sums)}; all over {slowest:.1f} s after the kill at most"
    return Outcome("files taken over", not any(sums) and hits > 0 and slowest < _LEASE_S + 10, words)


DRILLS: Drills = MappingProxyType({"killed": killed, "taken-over": taken_over})


if __name__ == "__main__":
    sys.exit(command(DRILLS, __doc__, "fewer kills"))
