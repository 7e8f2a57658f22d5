"""`python -m benchmarks.drill_tuning`: fine-tuning jobs under kill -9, in every status, many times over, and by two servers.

Each run starts real servers on a directory of its own. Status 1 when an event, a checkpoint or a result is lost or doubled.
"""

import asyncio
import json
import shutil
import signal
import sys
import time
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any, NamedTuple

import httpx

from benchmarks.drills import Drills, Outcome, command
from benchmarks.kept import KeptServer

_JOBS = "/v1/fine_tuning/jobs"
_EXAMPLES, _EPOCHS = 300, 3
_STEPS = _EXAMPLES * _EPOCHS
_SET = ("--seed", "11", "--set", "fine_tuning.epoch_s=0.8", "--set", "fine_tuning.queue_s=0.4")
_OVER = ("succeeded", "failed", "cancelled")
_WAIT_S = 30.0
_LEASE_S = 10.0


class Faults(NamedTuple):
    """What is wrong with a job that is over."""

    lost: int
    doubled: int
    other: int


async def _begin(http: httpx.AsyncClient) -> str:
    def line(number: int) -> str:
        said = [{"role": "user", "content": f"Item {number}?"}, {"role": "assistant", "content": f"It is {number}."}]
        return json.dumps({"messages": said})

    given = {"file": ("in.jsonl", "\n".join(map(line, range(_EXAMPLES))).encode(), "application/jsonl")}
    file = (await http.post("/v1/files", files=given, data={"purpose": "fine-tune"})).json()
    values = {"n_epochs": _EPOCHS, "batch_size": 1}
    asked = {"model": "gpt-4o-mini", "training_file": file["id"], "hyperparameters": values}
    return str((await http.post(_JOBS, json=asked)).json()["id"])


async def _ended(http: httpx.AsyncClient, name: str) -> Any:
    """The job once it is over. Any: JSON."""
    give_up = time.monotonic() + _WAIT_S
    while time.monotonic() < give_up:
        job = (await http.get(f"{_JOBS}/{name}")).json()
        if job["status"] in _OVER:
            return job
        await asyncio.sleep(0.05)
    raise RuntimeError(f"the job is {job['status']} after {_WAIT_S:.0f} s")


async def _below(http: httpx.AsyncClient, name: str, what: str) -> list[Any]:
    """All events or checkpoints, the oldest first."""
    found: list[Any] = []
    more = True
    while more:
        after = {"after": found[-1]["id"]} if found else {}
        page = (await http.get(f"{_JOBS}/{name}/{what}", params={"limit": "100", **after})).json()
        found += page["data"]
        more = page["has_more"]
    return found[::-1]


async def _faults(http: httpx.AsyncClient, job: Any) -> Faults:
    events = await _below(http, job["id"], "events")
    steps = [event["data"]["step"] for event in events if event["type"] == "metrics"]
    told = [event["message"] for event in events if event["type"] == "message"]
    kept = [one["step_number"] for one in await _below(http, job["id"], "checkpoints")]
    files = (await http.get("/v1/files", params={"purpose": "fine-tune-results"})).json()["data"]
    expected = [_EXAMPLES * epoch for epoch in range(1, _EPOCHS + 1)]
    asked = [{"role": "user", "content": "Item 7?"}]
    answer = (
        await http.post("/v1/chat/completions", json={"model": job["fine_tuned_model"], "messages": asked})
    ).json()
    wrong = (
        job["status"] != "succeeded",
        steps != sorted(steps),
        kept != expected,
        [file["id"] for file in files] != job["result_files"],
        [event["created_at"] for event in events] != sorted(event["created_at"] for event in events),
        answer["choices"][0]["message"]["content"] != "It is 7.",
    )
    ids = len(events) - len({event["id"] for event in events})
    doubled = len(steps) - len(set(steps)) + len(told) - len(set(told)) + ids
    return Faults(_STEPS - len(set(steps)) + 9 - len(set(told)), doubled, sum(wrong))


async def _at(http: httpx.AsyncClient, name: str, status: str, share: float) -> bool:
    """Wait until the job has that status, and that share of its steps behind it; whether it has come to that."""
    while True:
        job = (await http.get(f"{_JOBS}/{name}")).json()
        if job["status"] in _OVER:
            return status in _OVER
        if job["status"] == status:
            newest = (await http.get(f"{_JOBS}/{name}/events", params={"limit": "1"})).json()["data"][0]
            if newest["data"].get("step", _STEPS * share) >= _STEPS * share:
                return True
        await asyncio.sleep(0.002)


_STATES = (
    ("validating_files", 0.0),
    ("queued", 0.0),
    ("running", 0.01),
    ("running", 0.5),
    ("running", 0.97),
    ("succeeded", 0.0),
)


async def killed(directory: Path, quick: bool) -> Outcome:
    """kill -9 in every status of a job; started again, it ends with every event once."""
    words, held = [], True
    for status, share in _STATES:
        runs, hits, sums, slowest = 2 if quick else 8, 0, Faults(0, 0, 0), 0.0
        for run in range(runs):
            where = directory.with_name(f"{status}{share}{run}")
            hit, faults, took = await _kill_at(where, status, share)
            hits += hit
            sums = Faults(*(total + fault for total, fault in zip(sums, faults, strict=True)))
            slowest = max(slowest, took)
            shutil.rmtree(where, ignore_errors=True)
        held &= not any(sums) and hits > 0
        name = f"{status} {share:.0%}" if share else status
        words.append(
            f"\n  {name:<16} hit {hits} times in {runs} kills: lost {sums.lost}, doubled {sums.doubled}, "
            f"other faults {sums.other}; over {slowest:.1f} s after the start at most"
        )
    return Outcome("job killed", held, "".join(words))


async def _kill_at(directory: Path, status: str, share: float) -> tuple[bool, Faults, float]:
    with KeptServer(directory, *_SET) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=30.0) as http:
            name = await _begin(http)
            hit = await _at(http, name, status, share)
        server.kill()
        server.start()
        began = time.monotonic()
        async with httpx.AsyncClient(base_url=server.url, timeout=30.0) as http:
            job = await _ended(http, name)
            return hit, await _faults(http, job), time.monotonic() - began


async def many_kills(directory: Path, quick: bool) -> Outcome:
    """Several kills in one job, at any moment of it."""
    runs, kills, chance, sums = 1 if quick else 4, 5, Random(5), Faults(0, 0, 0)
    for run in range(runs):
        where = directory.with_name(f"many{run}")
        with KeptServer(where, *_SET) as server:
            async with httpx.AsyncClient(base_url=server.url, timeout=30.0) as http:
                name = await _begin(http)
            for _ in range(kills):
                await asyncio.sleep(chance.uniform(0.05, 0.6))
                server.kill()
                server.start()
            async with httpx.AsyncClient(base_url=server.url, timeout=30.0) as http:
                faults = await _faults(http, await _ended(http, name))
        sums = Faults(*(total + fault for total, fault in zip(sums, faults, strict=True)))
        shutil.rmtree(where, ignore_errors=True)
    words = f"{runs} jobs, {kills} kills each: lost {sums.lost}, doubled {sums.doubled}, other faults {sums.other}"
    return Outcome("job of many kills", not any(sums), words)


async def taken_over(directory: Path, quick: bool) -> Outcome:
    """Of two servers on one database one is killed, or stopped past its lease and woken: the other ends the job, once."""
    runs, sums, slowest = 1 if quick else 4, Faults(0, 0, 0), 0.0
    for number in (signal.SIGKILL, signal.SIGSTOP):
        for run in range(runs):
            where = directory.with_name(f"two{number.value}{run}")
            project = {"OpenAI-Project": where.name}  # the database may be one that all runs share
            with KeptServer(where, *_SET) as first, KeptServer(where, *_SET) as second:
                async with httpx.AsyncClient(base_url=first.url, headers=project, timeout=30.0) as http:
                    name = await _begin(http)
                    await _at(http, name, "running", (run + 0.5) / runs)
                first.signal(number)
                began = time.monotonic()
                async with httpx.AsyncClient(base_url=second.url, headers=project, timeout=30.0) as http:
                    job = await _ended(http, name)
                    slowest = max(slowest, time.monotonic() - began)
                    if number == signal.SIGSTOP:
                        await asyncio.sleep(_LEASE_S)
                        first.signal(signal.SIGCONT)
                        await asyncio.sleep(2.0)
                    faults = await _faults(http, job)
            sums = Faults(*(total + fault for total, fault in zip(sums, faults, strict=True)))
            shutil.rmtree(where, ignore_errors=True)
    words = f"{2 * runs} jobs: lost {sums.lost}, doubled {sums.doubled}, other faults {sums.other}; "
    return Outcome(
        "job taken over", not any(sums) and slowest < _LEASE_S + 10, f"{words}over {slowest:.1f} s later at most"
    )


DRILLS: Drills = MappingProxyType({"killed": killed, "many-kills": many_kills, "taken-over": taken_over})


if __name__ == "__main__":
    sys.exit(command(DRILLS, __doc__, "fewer kills"))
