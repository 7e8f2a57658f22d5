"""The journal: a line for each request, whoever answered it; what becomes of it where the disk is full; and its replay."""

import json
import logging
import resource
import threading
from pathlib import Path
from typing import Any

import pytest

from fakeai.cli.program import run
from fakeai.core.clock import WallClock
from fakeai.core.events import Bus, RequestEnded, SequenceEnded
from fakeai.core.generation import Usage
from fakeai.server import journal_file
from fakeai.server.journal_file import JournalFile
from fakeai.sim import traces
from fakeai.testing import FakeAI

EPOCH = 1_760_000_000.0


def sequence(number: int = 1, **more: Any) -> SequenceEnded:
    told = SequenceEnded(
        9.0, "m", 0, "stop", 100, 32, 5, 64, 1, 0, True, 1.0, 1.5, 4.0, 8.0, 0.0, (1.0, 1.0, 1.0, 1.0), f"{number}-0",
        "", (7, 2**64 - 1), 32,
    )  # fmt: skip
    return told._replace(**more)


USED = Usage(30, 4, 16)


def request(model: str = "gpt-4o", usage: Usage | None = USED) -> RequestEnded:
    return RequestEnded(5.0, "req_1", "/chat/completions", "http", model, 200, "", 2.0, True, False, usage)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


async def written(path: Path, *events: object, max_bytes: int | None = None) -> JournalFile:
    """One life of a journal, in which these things happen."""
    bus = Bus()
    journal = JournalFile(str(path), max_bytes, bus, WallClock(epoch=EPOCH))
    journal.open()
    for event in events:
        bus.publish(event)
    await journal.close()
    bus.publish(sequence())
    return journal


async def test_a_line_has_the_fields_of_the_event_but_gaps_and_the_time_in_epoch_seconds(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    clock = WallClock(epoch=EPOCH)
    offset = clock.unix() - clock.now()
    await written(path, sequence())
    [line] = lines(path)
    assert line.pop("unix") == pytest.approx(1.0 + offset, abs=1.0)
    assert line == {
        "at": 9.0, "model": "m", "worker": 0, "reason": "stop", "prompt": 100, "cached": 32, "completion": 5,
        "max_tokens": 64, "choices": 1, "preemptions": 0, "streamed": True, "arrived": 1.0, "scheduled": 1.5,
        "first_token": 4.0, "last_token": 8.0, "transfer_s": 0.0, "id": "1-0", "lora": "", "blocks": [7, 2**64 - 1],
        "block_size": 32,
    }  # fmt: skip


async def test_what_no_engine_answered_is_told_by_the_end_of_its_request(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    await written(path, request(), request(usage=None), request(usage=Usage(7, 0)), sequence(blocks=()))
    first, second = lines(path)
    assert first.pop("unix") > EPOCH / 2
    assert first == {
        "at": 5.0, "model": "gpt-4o", "prompt": 30, "cached": 16, "completion": 4, "streamed": True, "arrived": 3.0,
        "id": "req_1",
    }  # fmt: skip
    assert second["id"] == "1-0"
    assert "blocks" not in second


async def test_a_request_that_an_engine_answered_has_one_line(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    await written(path, sequence(model="gpt-4o"), request(), sequence(lora="rhymes"), request("rhymes"), request("m"))
    assert [(line["model"], line["id"]) for line in lines(path)] == [("gpt-4o", "1-0"), ("m", "1-0"), ("m", "req_1")]


async def test_a_file_is_gone_on_with_and_a_torn_line_ends_before_the_next(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    await written(path, sequence(1))
    await written(path, sequence(2))
    assert [line["id"] for line in lines(path)] == ["1-0", "2-0"]
    path.write_bytes(b'{"torn')
    await written(path, sequence(3))
    torn, whole = path.read_bytes().splitlines()
    assert (torn, json.loads(whole)["id"]) == (b'{"torn', "3-0")


async def test_a_file_that_is_long_enough_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    for number in range(5):
        await written(path, sequence(number), max_bytes=700)
    assert [line["id"] for line in lines(path)] == ["4-0"]
    assert [line["id"] for line in lines(tmp_path / "j.jsonl.1")] == ["2-0", "3-0"]
    assert len(list(tmp_path.iterdir())) == 2


async def test_a_full_disk_costs_lines_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "fakeai.journal"):
        journal = await written(Path("/dev/full"), sequence(), sequence())
    assert journal.lost == 2
    assert [record.getMessage() for record in caplog.records] == [
        "cannot write to the journal /dev/full: lines are lost: No space left on device",
        "2 lines of the journal were lost",
    ]


async def test_a_disk_that_fills_up_keeps_whole_lines_only(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    await written(path, sequence())
    length = path.stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    bus = Bus()
    journal = JournalFile(str(path), None, bus, WallClock(epoch=EPOCH))
    journal.open()
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (3 * length + length // 2, hard))
        for _ in range(4):
            bus.publish(sequence())
        await journal.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert journal.lost == 2
    assert [line["id"] for line in lines(path)] == ["1-0"] * 3


async def test_more_than_can_wait_is_lost_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_file, "MAX_QUEUE", 3)
    monkeypatch.setattr(journal_file, "_FLUSH_S", 3600.0)
    path = tmp_path / "j.jsonl"
    journal = await written(path, *[sequence(number) for number in range(5)])
    assert [line["id"] for line in lines(path)] == ["0-0", "1-0", "2-0"]
    assert journal.lost == 2


async def test_lines_are_written_while_it_goes_on(tmp_path: Path) -> None:
    bus = Bus()
    seen = threading.Event()

    class Seeing(JournalFile):
        def _write(self, data: bytes) -> None:
            super()._write(data)
            seen.set()

    journal = Seeing(str(tmp_path / "j.jsonl"), None, bus, WallClock(epoch=EPOCH))
    journal.open()
    bus.publish(sequence())
    assert seen.wait(5.0)
    assert len(lines(tmp_path / "j.jsonl")) == 1
    await journal.close()
    await journal.close()


def test_a_file_that_cannot_be_written_stops_the_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = tmp_path / "nowhere" / "j.jsonl"
    assert run(["serve", "--port", "0", "--journal", str(where)]) == 2
    assert capsys.readouterr().err == f"fakeai: journal.path: cannot write {where}: No such file or directory\n"


@pytest.mark.parametrize("cluster", [{"cluster.gpu": "h100", "cluster.workers": 2, "cluster.block_size": 32}, {}])
def test_what_a_server_has_answered_is_simulated_again(
    tmp_path: Path, cluster: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "j.jsonl", tmp_path / "again.jsonl"
    settings = {"journal.path": str(path), "latency.speed": 50, "seed": 1, **cluster}
    asked = []
    with FakeAI(settings) as fake:
        client = fake.client(base_url=fake.base_url, http_client=None)
        for number in range(6):
            messages: Any = [{"role": "user", "content": "The quick brown fox jumps. " * (20 if number else 1)}]
            reply = client.chat.completions.create(model="gpt-4o", messages=messages, max_tokens=5 + number)
            assert reply.usage is not None
            asked.append((reply.usage.prompt_tokens, reply.usage.completion_tokens))
    trace = traces.read(path)
    assert (trace.format, trace.block_size) == ("journal", 32 if cluster else 16)
    assert [row[1:3] for row in trace.rows] == asked
    assert run(["simulate", "--trace", str(path), "--workers", "2", "--journal", str(out)]) == 0
    assert capsys.readouterr().err == ""
    again = sorted(lines(out), key=lambda line: int(line["id"]))
    assert [(line["prompt"], line["completion"]) for line in again] == asked
    if cluster:  # the later prompts have the same text, whose blocks are found again as they were
        assert [line["cached"] for line in again] == [line["cached"] for line in lines(path)]
        assert sum(line["cached"] for line in again) > 0
