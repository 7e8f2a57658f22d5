"""`python -m benchmarks.drill_responses`: responses in the background under kill -9, and their streams told on after it.

A real server on a directory of its own makes one response; it is killed while the response is made, again and again. A
client follows the stream and goes on from the last number that it has seen. Another server cancels what one makes. Many are
answered when it is killed. Status 1 when an event is missing, comes twice, or says something else than where nobody
disturbed it, when a stream does not end, or when a response is not kept whose end a client was told.
"""

import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import orjson

from benchmarks.drills import Drills, Outcome, command
from benchmarks.kept import KeptServer

_ASKED = MappingProxyType(
    {
        "model": "gpt-4o-mini",
        "input": "Write a long essay about the sea.",
        "background": True,
        "stream": True,
        "max_output_tokens": 240,
    }
)
_PACE = MappingProxyType({"x-fakeai-ttft-ms": "50", "x-fakeai-itl-ms": "10"})
_WAIT_S = 180.0
_OVER = frozenset({"response.completed", "response.incomplete", "response.failed"})


def followed(directory: Path, kills: Sequence[int]) -> tuple[list[dict[str, Any]], float]:
    """All events that a client is told while the server is killed after so many more of them each time; and how long the
    longest silence after a kill was, in seconds."""
    events: list[dict[str, Any]] = []
    left, waits, until = list(kills), 0.0, time.monotonic() + _WAIT_S
    with KeptServer(directory, "--seed", "7") as server:
        while time.monotonic() < until:
            began = time.monotonic()
            most = left.pop(0) if left else None
            for event in _told(server.url, events, most):
                if not events or event["sequence_number"] > events[0]["sequence_number"] + len(events) - 1:
                    waits = max(waits, time.monotonic() - began) if kills else waits
                events.append(event)
                began = time.monotonic()
            if events and events[-1]["type"] in _OVER:
                break
            server.kill()
            server.start()
    return events, waits


def _told(url: str, before: list[dict[str, Any]], most: int | None) -> list[dict[str, Any]]:
    """The events from the last one on that is known; at most so many."""
    told: list[dict[str, Any]] = []
    with httpx.Client(base_url=url, timeout=60.0, headers=dict(_PACE)) as http:
        if before:
            after = {"stream": "true", "starting_after": str(before[-1]["sequence_number"])}
            asking = http.stream("GET", f"/v1/responses/{before[0]['response']['id']}", params=after)
        else:
            asking = http.stream("POST", "/v1/responses", json=dict(_ASKED))
        with asking as reply:
            for line in reply.iter_lines():
                if line.startswith("data: "):
                    told.append(orjson.loads(line[6:]))
                    if most is not None and len(told) >= most:
                        break
    return told


def faults(events: list[dict[str, Any]], calm: list[dict[str, Any]]) -> tuple[int, int, int]:
    """Events that are missing, that came twice, and that say something else than where nobody disturbed."""
    numbers = [event["sequence_number"] for event in events]
    missing = len({event["sequence_number"] for event in calm} - set(numbers))
    twice = len(numbers) - len(set(numbers))
    other = sum(_said(one) != _said(two) for one, two in zip(events, calm, strict=False))
    return missing, twice, other


def _said(event: dict[str, Any]) -> tuple[str, str]:
    return event["type"], str(event.get("delta", event.get("text", "")))


async def killed(directory: Path, quick: bool) -> Outcome:
    """kill -9 while a response is made: its stream goes on where it was, and says the same."""
    kills = (40, 60) if quick else (1, 5, 20, 40, 40, 40, 30, 20)
    calm, _ = followed(directory.with_name("calm"), ())
    events, waited = followed(directory, kills)
    missing, twice, other = faults(events, calm)
    words = (
        f"{len(events)} events over {len(kills)} kills: missing {missing}, twice {twice}, others {other}; "
        f"at most {waited:.1f} s without one"
    )
    return Outcome("responses killed", not (missing or twice or other), words)


async def cancelled(directory: Path, quick: bool) -> Outcome:
    """Two servers on one directory: what one makes the other cancels, and whoever follows it on either is told the end."""
    rounds = 2 if quick else 10
    wrong, waits = 0, 0.0
    with KeptServer(directory, "--seed", "7") as one, KeptServer(directory, "--seed", "8") as other:
        for _ in range(rounds):
            events = _told(one.url, [], 20)
            name = events[0]["response"]["id"]
            with httpx.Client(base_url=other.url, timeout=60.0) as http:
                status = http.post(f"/v1/responses/{name}/cancel").json()["status"]
                began = time.monotonic()
                rest = _told(one.url, events, None)
                waits = max(waits, time.monotonic() - began)
                whole = http.get(f"/v1/responses/{name}", params={"stream": "true"}).text.count("event: ")
            with httpx.Client(base_url=one.url, timeout=60.0) as http:
                statuses = {status, http.get(f"/v1/responses/{name}").json()["status"]}
                again = http.get(f"/v1/responses/{name}", params={"stream": "true"}).text.count("event: ")
            wrong += statuses != {"cancelled"} or not len(events) + len(rest) == whole == again or whole > 150
    words = f"{rounds} responses: wrong {wrong}; streams ended after at most {waits:.2f} s"
    return Outcome("responses cancelled", not wrong and waits < 2.0, words)


async def answered(directory: Path, quick: bool) -> Outcome:
    """kill -9 while many are answered at once, streamed and whole: whatever a client was told the end of is kept."""
    rounds, ends, lost = (1 if quick else 4), 0, 0
    with KeptServer(directory, "--seed", "7") as server:
        for _ in range(rounds):
            names: list[str] = []
            workers = [
                threading.Thread(target=_ask_on, args=(server.url, number % 2 == 0, names)) for number in range(16)
            ]
            for worker in workers:
                worker.start()
            until = time.monotonic() + _WAIT_S
            while len(names) < 200 and time.monotonic() < until:
                time.sleep(0.01)
            server.kill()
            for worker in workers:
                worker.join()
            server.start()
            with httpx.Client(base_url=server.url, timeout=60.0) as http:
                ends += len(names)
                lost += sum(http.get(f"/v1/responses/{name}").status_code != 200 for name in names)
    return Outcome(
        "responses answered", ends > 0 and not lost, f"{ends} told to their ends over {rounds} kills: lost {lost}"
    )


def _ask_on(url: str, stream: bool, names: list[str]) -> None:
    """Ask again and again, until the server is gone; `names` are of those whose end was told."""
    with httpx.Client(base_url=url, timeout=60.0) as http, suppress(httpx.TransportError):
        while True:
            body = {"model": "gpt-4o-mini", "input": "Hi", "max_output_tokens": 16, "stream": stream}
            with http.stream("POST", "/v1/responses", json=body) as reply:
                for line in reply.iter_lines():
                    if line.startswith("{"):
                        names.append(orjson.loads(line)["id"])
                    elif line.startswith("data: ") and orjson.loads(line[6:])["type"] in _OVER:
                        names.append(orjson.loads(line[6:])["response"]["id"])


DRILLS: Drills = MappingProxyType({"killed": killed, "cancelled": cancelled, "answered": answered})


if __name__ == "__main__":
    sys.exit(command(DRILLS, __doc__, "fewer kills and rounds"))
