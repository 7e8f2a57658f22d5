"""Searches of a vector store of 50,000 passages, as a client sees them; and the first one after a start, which makes the index."""

import sqlite3
import tempfile
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from random import Random

import httpx

from benchmarks import servers
from benchmarks.targets import Row, median, percentile

_PASSAGES = 50_000
_FILES = 100
_WORDS = 24_000
"""Of a file; a passage has some 45 of them."""
_STATIC = {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 0}
_ROUNDS = 100
_PATIENCE_S = 400.0
_QUERIES = (
    "how many holidays do workers get",
    "the price of a house near the sea",
    "doctor",
    "a very quick car for two",
)


def measure(quick: bool) -> Iterator[Row]:
    """The time of a search, the median of many different ones."""
    with tempfile.TemporaryDirectory(prefix="fakeai-search-") as place:
        with servers.fakeai("--data-dir", place) as ours, _client(ours.port) as http:
            began = time.perf_counter()
            store = _fill(http)
            filled_s = time.perf_counter() - began
        passages = _count(Path(place) / "fakeai.db")
        if passages < _PASSAGES:
            raise RuntimeError(f"the store has {passages} passages only")
        with servers.fakeai("--data-dir", place) as ours, _client(ours.port) as http:
            first_s = _time(http, store, "first of all") / 1e3
            rounds = _ROUNDS // 5 if quick else _ROUNDS
            times = [_time(http, store, f"{_QUERIES[n % len(_QUERIES)]} {n}") for n in range(rounds)]
    detail = f"median of {rounds} over {passages:,} passages; p99 {percentile(times, 0.99):.1f} ms"
    yield Row("search", median(times), detail, f"first after a start {first_s:.1f} s, read in {filled_s:.0f} s")


def _client(port: int) -> httpx.Client:
    return httpx.Client(base_url=f"http://127.0.0.1:{port}/v1", timeout=120.0)


def _fill(http: httpx.Client) -> str:
    chance = Random(1)
    words = files("fakeai").joinpath("data/synonyms.txt").read_text("utf-8").split()
    words += [f"{one}{two}" for one in words[::12] for two in words[::12]]
    names = []
    for number in range(_FILES):
        text = " ".join(chance.choices(words, k=_WORDS))
        given = {"file": (f"{number}.txt", text, "text/plain")}
        names.append(http.post("/files", files=given, data={"purpose": "assistants"}).json()["id"])
    asked = {"file_ids": names, "chunking_strategy": {"type": "static", "static": _STATIC}}
    store = http.post("/vector_stores", json=asked).json()
    began = time.perf_counter()
    while store["status"] != "completed":
        if time.perf_counter() - began > _PATIENCE_S:
            raise RuntimeError(f"the files are not read: {store['file_counts']}")
        time.sleep(0.25)
        store = http.get(f"/vector_stores/{store['id']}").json()
    return str(store["id"])


def _count(database: Path) -> int:
    with sqlite3.connect(database) as connection:
        count = int(connection.execute("SELECT count(*) FROM chunks").fetchone()[0])
    connection.close()
    return count


def _time(http: httpx.Client, store: str, query: str) -> float:
    """Milliseconds of one search."""
    began = time.perf_counter()
    found = http.post(f"/vector_stores/{store}/search", json={"query": query}).json()
    took = (time.perf_counter() - began) * 1e3
    if len(found["data"]) != 10:
        raise RuntimeError(f"a search finds {found}")
    return took
