"""`python -m benchmarks.drill_agents`: turns of agents' sessions under kill -9.

A real server on a directory of its own is killed again and again while sessions think, run commands, write files, wait
for subagents and answer. Status 1 when a turn does not end as one that nobody has disturbed: with the same items, one
of each, events without gaps, and its artifact.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any

import httpx

from benchmarks.drills import Drills, Outcome, command
from benchmarks.kept import KeptServer

_AT = "/v1/agents/sessions"
_WAIT_S = 120.0
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
    kept = ("type", "role", "status", "command", "output", "action")
    found = [json.dumps([{name: item.get(name) for name in kept}, _said(item)]) for item in items]
    for kind in ("subagents", "artifacts", "turns"):
        rows = (await http.get(f"{at}/{kind}?order=asc")).json()["data"]
        found += [f"{kind} {row.get('status')} {row.get('path')} {row.get('size_bytes')}" for row in rows]
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


async def killed(directory: Path, quick: bool) -> Outcome:
    """kill -9 while turns are worked on: each ends as one that was left alone."""
    count, kills = (8, 2) if quick else (60, 8)
    random, faults, lost = Random(7), [], 0
    with KeptServer(directory, "--seed", "11", "--itl", "20") as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=30.0) as http:
            calm = []
            for number in range(len(_WORDS)):
                at = f"{_AT}/{(await http.post(_AT, json=_body(number))).json()['id']}"
                await _rested(http, at)
                calm.append((await _story(http, at), (await _told(http, at, f"evt_{0:016x}{0:010x}"))[0]))
            made: list[tuple[int, str]] = []
            for _ in range(kills):
                numbers = range(count // kills)
                made += [(number, (await http.post(_AT, json=_body(number))).json()["id"]) for number in numbers]
                await asyncio.sleep(random.uniform(0.3, 3.0))
                server.kill()
                server.start()
            began = time.monotonic()
            for number, name in made:
                at = f"{_AT}/{name}"
                if not await _rested(http, at):
                    lost += 1
                    continue
                story, told = calm[number % len(_WORDS)]
                types, whole = await _told(http, at, f"evt_{0:016x}{0:010x}")
                if await _story(http, at) != story or not whole or sorted(types) != sorted(told):
                    faults.append(name)
            took = time.monotonic() - began
    words = (
        f"{len(made)} turns, {kills} kills: {lost} lost, {len(faults)} otherwise than undisturbed; over in {took:.1f} s"
    )
    return Outcome("turns killed", not lost and not faults, words)


DRILLS: Drills = MappingProxyType({"killed": killed})

if __name__ == "__main__":
    sys.exit(command(DRILLS, __doc__, "fewer turns and kills"))
