"""`python -m benchmarks.drill_agents`: turns of agents' sessions under kill -9.

A real server on a directory of its own is killed again and again while sessions think, run commands, write files, wait
for subagents and answer; of two servers on one directory, one is killed and the other carries on what it had begun.
Status 1 when a turn does not end as one that nobody has disturbed: with the same items, one of each, events without
gaps, its artifact, and its usage counted once; or when no turn was in progress when its server was killed.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any, NamedTuple

import httpx

from benchmarks.drills import Drills, Outcome, command
from benchmarks.kept import KeptServer

_AT = "/v1/agents/sessions"
_WAIT_S = 120.0
_OPTIONS = ("--seed", "11", "--itl", "20")
_BEFORE = f"evt_{0:016x}{0:010x}"
"""Before the second event of any session."""
_WORDS = (
    "Tell me about the sea.",
    "Search for whales and tell me about them.",
    "Run `echo hi`, write report.csv and tell me about it.",
    "Delegate this:\n1. Count the whales.\n2. Name the seas.",
)


def _body(number: int) -> dict[str, Any]:
    agent = {"model": "gpt-4o-mini", "tools": [{"type": "web_search"}], "multi_agent": {"enabled": True}}
    return {"agent": agent, "environment": {"type": "openai_hosted"}, "input": _WORDS[number % len(_WORDS)]}


async def _rested(http: httpx.AsyncClient, at: str) -> bool:
    end = time.monotonic() + _WAIT_S
    while time.monotonic() < end:
        if (await http.get(at)).json()["status"] in ("idle", "failed"):
            return True
        await asyncio.sleep(0.2)
    return False


async def _story(http: httpx.AsyncClient, at: str) -> list[str]:
    """What happened in a session, without ids and times."""
    items = (await http.get(f"{at}/items?order=asc&limit=100")).json()["data"]
    shown = ("type", "role", "status", "command", "output", "action")
    found = [json.dumps([{name: item.get(name) for name in shown}, _said(item)]) for item in items]
    for kind in ("subagents", "artifacts", "turns"):
        rows = (await http.get(f"{at}/{kind}?order=asc")).json()["data"]
        kept = ("status", "path", "size_bytes", "usage")
        found += [f"{kind} {[row.get(name) for name in kept]}" for row in rows]
    return found


def _said(item: dict[str, Any]) -> list[str]:
    return [part["text"] for part in item.get("content", ())]


async def _told(http: httpx.AsyncClient, at: str, first: str) -> tuple[list[str], bool]:
    """The types of a session's events in order, and whether their numbers have no gap."""
    types: list[str] = []
    number = int(first[-10:], 16)
    whole = True
    async with http.stream("GET", f"{at}/events?after={first}") as reply:
        async for line in reply.aiter_lines():
            if not line.startswith("data: "):
                continue
            event = json.loads(line[6:])
            number += 1
            whole &= int(event["event_id"][-10:], 16) == number
            types.append(event["type"])
            if event["type"] in ("agent.session.idle", "agent.session.failed"):
                break
    return types, whole


class _Ends(NamedTuple):
    """What turns have come to."""

    lost: int
    faults: int
    took_s: float


async def _calm(http: httpx.AsyncClient) -> list[tuple[list[str], list[str]]]:
    """What comes of each of the words when nobody disturbs, and what is told of it."""
    found = []
    for number in range(len(_WORDS)):
        at = f"{_AT}/{(await http.post(_AT, json=_body(number))).json()['id']}"
        await _rested(http, at)
        found.append((await _story(http, at), (await _told(http, at, _BEFORE))[0]))
    return found


async def _begin(http: httpx.AsyncClient, count: int) -> list[tuple[int, str]]:
    """Sessions that are opened: the number of their words, and their ids."""
    return [(number, (await http.post(_AT, json=_body(number))).json()["id"]) for number in range(count)]


async def _at_work(http: httpx.AsyncClient, made: list[tuple[int, str]]) -> int:
    """How many of them have a turn in progress just now."""
    latest = [(await http.get(f"{_AT}/{name}/turns?order=asc&limit=1")).json()["data"][0] for _, name in made]
    return sum(turn["status"] == "in_progress" for turn in latest)


async def _ends(http: httpx.AsyncClient, made: list[tuple[int, str]], calm: list[tuple[list[str], list[str]]]) -> _Ends:
    """Wait for all, and hold them to those that nobody disturbed."""
    began, lost, faults = time.monotonic(), 0, 0
    for number, name in made:
        at = f"{_AT}/{name}"
        if not await _rested(http, at):
            lost += 1
            continue
        story, told = calm[number % len(_WORDS)]
        types, whole = await _told(http, at, _BEFORE)
        faults += await _story(http, at) != story or not whole or sorted(types) != sorted(told)
    return _Ends(lost, faults, time.monotonic() - began)


async def killed(directory: Path, quick: bool) -> Outcome:
    """kill -9 while turns are worked on: each ends as one that was left alone."""
    count, kills = (8, 2) if quick else (60, 8)
    random, working = Random(7), 0
    made: list[tuple[int, str]] = []
    with KeptServer(directory, *_OPTIONS) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=30.0) as http:
            calm = await _calm(http)
            for _ in range(kills):
                made += (latest := await _begin(http, count // kills))
                await asyncio.sleep(random.uniform(0.3, 3.0))
                working += await _at_work(http, latest)
                server.kill()
                server.start()
            ends = await _ends(http, made, calm)
    return _outcome("turns killed", f"{len(made)} turns, {kills} kills", working, ends)


async def taken_over(directory: Path, quick: bool) -> Outcome:
    """Two servers on one directory: one is killed for good while it works on turns, and the other carries them on."""
    count = 4 if quick else 24
    with KeptServer(directory, *_OPTIONS) as other:
        async with httpx.AsyncClient(base_url=other.url, timeout=30.0) as http:
            calm = await _calm(http)
            with KeptServer(directory, *_OPTIONS) as one:
                async with httpx.AsyncClient(base_url=one.url, timeout=30.0) as door:
                    made = await _begin(door, count)
                    await asyncio.sleep(1.0)
                    working = await _at_work(door, made)
            ends = await _ends(http, made, calm)
    return _outcome("turns taken over", f"{len(made)} turns, one of two servers killed", working, ends)


def _outcome(drill: str, what: str, working: int, ends: _Ends) -> Outcome:
    words = (
        f"{what}, {working} in progress right before: {ends.lost} lost, {ends.faults} otherwise than undisturbed; "
        f"over in {ends.took_s:.1f} s"
    )
    return Outcome(drill, working > 0 and not ends.lost and not ends.faults, words)


DRILLS: Drills = MappingProxyType({"killed": killed, "taken_over": taken_over})

if __name__ == "__main__":
    sys.exit(command(DRILLS, __doc__, "fewer turns and kills"))
