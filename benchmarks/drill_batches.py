"""`python -m benchmarks.drill_batches`: batches under kill -9, SIGSTOP and cancellation.

Each drill starts real servers on directories of its own; a batch is compared with one that nobody disturbed. Status 1 when
one of them does not hold.
"""

import asyncio
import json
import re
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any, NamedTuple

import httpx

from benchmarks.drills import Drills, Outcome, command
from benchmarks.kept import KeptServer
from fakeai.services.batch_run import CHUNK

_CHAT = "/v1/chat/completions"
_SEED = ("--seed", "11")
_SLOW = ("--ttft", "60")
_FAR_S = 0.04
_FAR_AT_ONCE = 16
_FAR_PER_S = _FAR_AT_ONCE / _FAR_S
LEASE_S = 10.0
_OVER = ("completed", "failed", "expired", "cancelled")
_TIMES = re.compile(r'"created":[0-9]+')
_IDS = re.compile(r"(chatcmpl-|batch_req_|req_)[A-Za-z0-9]+")


class Ended(NamedTuple):
    """A batch that is over: custom ids of both files, their texts, and how long after the last start it took."""

    status: str
    output: list[str]
    errors: list[str]
    text: str
    counts: Mapping[str, int]


def _lines(count: int, model: str) -> bytes:
    def line(number: int) -> str:
        said = [{"role": "user", "content": f"Tell me about the number {number}"}]
        body = {"model": model, "messages": said, "max_tokens": 0 if number % 50 == 7 else 8}
        return json.dumps({"custom_id": f"r{number}", "method": "POST", "url": _CHAT, "body": body})

    return "\n".join(map(line, range(count))).encode()


async def _begin(http: httpx.AsyncClient, count: int, model: str = "gpt-4o-mini") -> str:
    given = {"file": ("in.jsonl", _lines(count, model), "application/jsonl")}
    file = (await http.post("/v1/files", files=given, data={"purpose": "batch"})).json()
    asked = {"input_file_id": file["id"], "endpoint": _CHAT, "completion_window": "24h"}
    return str((await http.post("/v1/batches", json=asked)).json()["id"])


async def _batch(http: httpx.AsyncClient, name: str) -> dict[str, Any]:
    found: dict[str, Any] = (await http.get(f"/v1/batches/{name}")).json()
    return found


async def _ended(http: httpx.AsyncClient, name: str, patience_s: float = 60.0) -> Ended:
    give_up = time.monotonic() + patience_s
    while time.monotonic() < give_up:
        batch = await _batch(http, name)
        if batch["status"] in _OVER:
            texts = [await _content(http, batch[key]) for key in ("output_file_id", "error_file_id")]
            output, errors = ([json.loads(row)["custom_id"] for row in text.splitlines()] for text in texts)
            return Ended(batch["status"], output, errors, "".join(texts), batch["request_counts"])
        await asyncio.sleep(0.05)
    raise RuntimeError(f"the batch is {batch['status']} after {patience_s:.0f} s")


async def _content(http: httpx.AsyncClient, file: str | None) -> str:
    return "" if file is None else (await http.get(f"/v1/files/{file}/content")).text


def faults(ended: Ended, count: int, calm: str | None) -> tuple[int, int, int]:
    """Lines lost, lines doubled, and whether the bytes differ from an undisturbed run's."""
    both = ended.output + ended.errors
    lost = count - len(set(both))
    differs = calm is not None and _plain(ended.text) != _plain(calm)
    counted = ended.counts["completed"] == len(ended.output) and ended.counts["failed"] == len(ended.errors)
    return lost, len(both) - len(set(both)), int(differs) + int(not counted)


def _plain(text: str) -> str:
    """The text without what follows from the batch's own id and hour: those are compared within one batch only."""
    return _IDS.sub("id", _TIMES.sub('"created":0', text))


# -- killed at every state

_STATES = ("validating", "0 %", "1 %", "50 %", "99 %", "finalizing", "cancelling")


async def killed(directory: Path, quick: bool) -> Outcome:
    """kill -9 in every status of a batch; started again, it ends with every line once and the same bytes."""
    count = 1_000 if quick else 5_000
    calm = await undisturbed(directory.with_name("calm"), count)
    words, held = [], True
    for state in _STATES:
        hits, runs, sums, slowest = 0, 0, [0, 0, 0], 0.0
        wanted = 1 if quick else 5
        while hits < wanted and runs < 6 * wanted:
            runs += 1
            where = directory.with_name(f"{state.replace(' ', '').replace('%', 'p')}{runs}")
            at, ended, took = await kill_at(where, state, count)
            hits += _is_in(at, state)
            found = faults(ended, count if ended.counts["total"] else 0, calm if ended.status != "cancelled" else None)
            sums = [total + more for total, more in zip(sums, found, strict=True)]
            slowest = max(slowest, took)
            shutil.rmtree(where, ignore_errors=True)
        held &= not any(sums) and slowest <= LEASE_S + 10 and hits == wanted
        lost, doubled, other = sums
        words.append(
            f"\n  {state:<11} hit {hits} times in {runs} kills: lost {lost}, doubled {doubled}, other bytes {other}; "
            f"over {slowest:.1f} s after the start at most"
        )
    return Outcome("batch killed", held, "".join(words))


async def undisturbed(directory: Path, count: int) -> str:
    with KeptServer(directory, *_SEED) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=30.0) as http:
            return (await _ended(http, await _begin(http, count))).text


async def kill_at(directory: Path, state: str, count: int) -> tuple[dict[str, Any], Ended, float]:
    """The batch as the kill has left it, as it ended, and the seconds that took after the start."""
    slow = () if state == "finalizing" else _SLOW
    with KeptServer(directory, *_SEED, *slow) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=30.0) as http:
            name = await _begin(http, count)
            await _until(http, name, state)
            if state == "cancelling":
                await http.post(f"/v1/batches/{name}/cancel")
        server.kill()
        at = _left(directory)
        server.start()
        began = time.monotonic()
        async with httpx.AsyncClient(base_url=server.url, timeout=30.0) as http:
            return at, await _ended(http, name), time.monotonic() - began


def _left(directory: Path) -> dict[str, Any]:
    """The batch in a database whose server is dead; looked at in a copy, so that nothing is tidied up."""
    with tempfile.TemporaryDirectory() as place:
        for path in directory.glob("fakeai.db*"):
            shutil.copy(path, place)
        with closing(sqlite3.connect(Path(place) / "fakeai.db")) as connection:
            (row,) = connection.execute("SELECT data FROM objects WHERE kind = 'batch'").fetchone()
    found: dict[str, Any] = json.loads(row)
    return found


def _share(batch: Mapping[str, Any]) -> float:
    counts = batch["request_counts"]
    return float(counts["completed"] + counts["failed"]) / (counts["total"] or 1)


def _is_in(batch: Mapping[str, Any], state: str) -> bool:
    """Whether the batch is in that state: a status, or `in_progress` with about that share of its lines kept."""
    if "%" not in state:
        return bool(batch["status"] == state)
    low, high = {"0 %": (0.0, 0.0), "1 %": (0.001, 0.25), "50 %": (0.4, 0.7), "99 %": (0.9, 1.0)}[state]
    return batch["status"] == "in_progress" and low <= _share(batch) <= high


async def _until(http: httpx.AsyncClient, name: str, state: str) -> None:
    """Wait until the batch is where it is to be hit, or beyond."""
    least = {"1 %": 0.001, "50 %": 0.5, "99 %": 0.97, "cancelling": 0.3}.get(state)
    while state != "validating":
        batch = await _batch(http, name)
        if least is not None and _share(batch) >= least:
            return
        if state == "0 %" and batch["status"] == "in_progress":
            return
        if batch["status"] in ("finalizing", *_OVER):
            return
        await asyncio.sleep(0.001)


# -- killed many times


async def many_kills(directory: Path, quick: bool) -> Outcome:
    """Many kills in one batch: it still ends, and no more than a chunk is done again for each.

    Its lines are answered by a server of ours, which counts them.
    """
    kills, count = (3, 1_000) if quick else (20, 5_000)
    chance = Random(3)
    asked: list[int] = []
    far = await asyncio.start_server(partial(_answer, asked), "127.0.0.1", 0)
    config = directory.with_name("far.json")
    base = f"http://127.0.0.1:{far.sockets[0].getsockname()[1]}/v1"
    far_model = {"backend": "openai", "base_url": base}
    config.write_text(json.dumps({"models": {"far": far_model}, "batches": {"concurrency": _FAR_AT_ONCE}}))
    with KeptServer(directory, *_SEED, "--config", str(config)) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=30.0) as http:
            name = await _begin(http, count, model="far")
        for _ in range(kills):
            seen = len(asked)
            while len(asked) == seen and len(asked) < count:  # the lease of the one that was killed ends first
                await asyncio.sleep(0.01)
            await asyncio.sleep(chance.uniform(0.0, 1.5 * count / kills / _FAR_PER_S))
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
        async with httpx.AsyncClient(base_url=server.url, timeout=30.0) as http:
            ended = await _ended(http, name)
    far.close()
    lost, doubled, _ = faults(ended, count, None)
    held = not (lost or doubled) and count <= len(asked) <= count + kills * CHUNK
    words = f"{kills} kills, {count} lines: {len(asked)} executed, lost {lost}, doubled {doubled}"
    return Outcome("batch of many kills", held, words)


async def _answer(asked: list[int], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer chats on one connection, each after a while, and count them."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
            asked.append(len(asked))
            await asyncio.sleep(_FAR_S)
            body = b'{"object":"chat.completion","choices":[]}'
            writer.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
            )
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
        writer.close()


# -- two servers on one database


async def taken_over(directory: Path, quick: bool) -> Outcome:
    """The owner of a batch is killed, then one is stopped past its lease: the other server ends the batch, once."""
    count = 1_000 if quick else 5_000
    calm = await undisturbed(directory.with_name("calm"), count)
    words, held = [], True
    for number in (signal.SIGKILL, signal.SIGSTOP):
        where = directory.with_name(f"two{number.value}")
        with KeptServer(where, *_SEED, *_SLOW) as first, KeptServer(where, *_SEED, *_SLOW) as second:
            async with httpx.AsyncClient(base_url=first.url, timeout=30.0) as http:
                name = await _begin(http, count)
                await _until(http, name, "50 %")
            first.signal(number)
            began = time.monotonic()
            async with httpx.AsyncClient(base_url=second.url, timeout=30.0) as http:
                before = _share(await _batch(http, name))
                while _share(await _batch(http, name)) == before < 1.0:
                    await asyncio.sleep(0.05)
                takeover = time.monotonic() - began
                ended = await _ended(http, name)
                held &= before < 1.0
                if number == signal.SIGSTOP:
                    first.signal(signal.SIGCONT)
                    await asyncio.sleep(3.0)
                    held &= await _ended(http, name) == ended
        lost, doubled, other = faults(ended, count, calm)
        held &= not (lost or doubled or other) and takeover <= LEASE_S + 5
        words.append(
            f"{number.name}: taken over after {takeover:.1f} s, lost {lost}, doubled {doubled}, other bytes {other}"
        )
    return Outcome("batch taken over", held, "; ".join(words))


# -- cancelled at any time


async def cancelled(directory: Path, quick: bool) -> Outcome:
    """Cancelled at random moments: one terminal status, what was answered is delivered, no line in both files."""
    runs, count = (20 if quick else 200), 60
    chance = Random(5)
    statuses: dict[str, int] = {}
    wrong = 0
    with KeptServer(directory, *_SEED) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=30.0) as http:
            for _ in range(runs):
                name = await _begin(http, count)
                await asyncio.sleep(chance.uniform(0.0, 0.06))
                reply = await http.post(f"/v1/batches/{name}/cancel")
                ended = await _ended(http, name)
                statuses[ended.status] = statuses.get(ended.status, 0) + 1
                both = ended.output + ended.errors
                whole = len(both) in (0, count) if ended.status == "cancelled" else len(both) == count
                wrong += len(set(both)) != len(both) or not whole
                wrong += (reply.status_code == 200) != (ended.status == "cancelled")
                wrong += (await _ended(http, name)) != ended
    return Outcome("batch cancelled", not wrong, f"{runs} runs: {statuses}, {wrong} faults")


DRILLS: Drills = MappingProxyType(
    {"killed": killed, "many-kills": many_kills, "taken-over": taken_over, "cancelled": cancelled}
)


if __name__ == "__main__":
    sys.exit(command(DRILLS, __doc__, "fewer and smaller batches"))
