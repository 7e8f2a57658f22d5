"""Batches of 5,000 chat lines without latency, every prompt new: lines a second from creation to the finished files."""

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx

from benchmarks import servers
from benchmarks.targets import Row, median, spread

_LINES = 5_000
_PATIENCE_S = 120.0


def measure(quick: bool) -> Iterator[Row]:
    """The slower of a server that keeps its things on disk and one that keeps them in memory."""
    found = {}
    for place in ("on disk", "in memory"):
        with ExitStack() as stack:
            directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="fakeai-batches-"))
            ours = stack.enter_context(servers.fakeai(*(("--data-dir", directory) if place == "on disk" else ())))
            found[place] = [_rate(ours.port, serial) for serial in range(2 if quick else 5)]
    detail = ", ".join(f"{place} {spread(rates, 0)}" for place, rates in found.items())
    yield Row("batch_lines", min(map(median, found.values())), f"{_LINES:,} lines: {detail}")


def _rate(port: int, serial: int) -> float:
    """Lines a second of one batch. Raises RuntimeError unless each line is answered."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/v1", timeout=60.0) as http:
        given = {"file": ("in.jsonl", "\n".join(_lines(serial)), "application/jsonl")}
        file = http.post("/files", files=given, data={"purpose": "batch"}).json()["id"]
        asked = {"input_file_id": file, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
        began = time.perf_counter()
        name = http.post("/batches", json=asked).json()["id"]
        batch: dict[str, Any] = {"status": "validating"}
        while batch["status"] != "completed":
            if time.perf_counter() - began > _PATIENCE_S or batch["status"] == "failed":
                raise RuntimeError(f"a batch of {_LINES} lines is {batch['status']}")
            time.sleep(0.01)
            batch = http.get(f"/batches/{name}").json()
        took = time.perf_counter() - began
        answered = http.get(f"/files/{batch['output_file_id']}/content").text.count("\n")
    if answered != _LINES:
        raise RuntimeError(f"{answered} of {_LINES} lines are answered: {batch['request_counts']}")
    return _LINES / took


def _lines(serial: int) -> Iterator[str]:
    for number in range(_LINES):
        said = [{"role": "user", "content": f"Tell me what the number {serial * _LINES + number} is good for"}]
        body = {"model": "gpt-4o-mini", "messages": said, "max_tokens": 16}
        line = {"custom_id": f"r{number}", "method": "POST", "url": "/v1/chat/completions", "body": body}
        yield json.dumps(line)
