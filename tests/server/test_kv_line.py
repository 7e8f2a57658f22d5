"""One worker's batches as a subscriber with vLLM's own structs reads them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zmq
from hypothesis import given
from hypothesis import strategies as st

from fakeai.core.events import KvRemoved, KvStored
from fakeai.server.kv_line import Config, Line, external, shifted

from .kv_subscriber import (
    DECODER,
    AllBlocksCleared,
    BlockRemoved,
    BlockStored,
    KVEventBatch,
    Subscriber,
    subscribers,
)

HIGH = 2**64 - 2
STORED = KvStored(1.0, "m", 0, (7, HIGH), None, "GPU", (1, 2, 3, 4), 2)


@pytest.fixture
def context() -> Iterator[Any]:
    with zmq.Context() as made:
        yield made
        made.destroy(linger=0)


@pytest.fixture
def open_line(context: Any) -> Iterator[Any]:
    made = []

    def make(wanted: Config, model: str = "m", worker: int = 0, number: int = 0) -> Line:
        made.append(Line(context, wanted, model, worker, number))
        return made[-1]

    yield make
    for line in made:
        line.close()


@pytest.fixture
def subscribe() -> Iterator[Any]:
    with subscribers() as make:
        yield make


def config(folder: Path, **fields: Any) -> Config:
    return Config(f"ipc://{folder}/events", None, "", 10_000, 100_000)._replace(**fields)


def heard(line: Line, subscriber: Subscriber, *events: KvStored | KvRemoved) -> Any:
    """The batch that `events` become: sent again and again until the subscriber's connection stands."""
    subscriber.socket.setsockopt(zmq.RCVTIMEO, 20)
    while True:
        line.send(3, 1_760_000_000.25, events)
        try:
            frames = subscriber.socket.recv_multipart()
        except zmq.Again:
            continue
        return frames


def decoded(line: Line, subscriber: Subscriber, *events: KvStored | KvRemoved) -> Any:
    return DECODER.decode(heard(line, subscriber, *events)[2])


def test_a_message_is_topic_number_and_batch(open_line: Any, subscribe: Any, tmp_path: Path) -> None:
    line = open_line(config(tmp_path, topic="kv@pod-{worker}@{model}"), "m", 4, 4)
    assert (line.topic, line.endpoint) == ("kv@pod-4@m", f"ipc://{tmp_path}/events_dp4")
    topic, number, payload = heard(line, subscribe(line.endpoint, "kv@pod-4"), STORED)
    assert (topic, number) == (b"kv@pod-4@m", bytes([0, 0, 0, 0, 0, 0, 0, 3]))
    # by hand, in the order of vLLM's fields: those without a value of their own are nil, those that may lack do
    assert msgspec.msgpack.decode(payload) == [
        1_760_000_000.25,
        [
            {
                "type": "BlockStored",
                "block_hashes": [7, HIGH],
                "parent_block_hash": None,
                "token_ids": [1, 2, 3, 4],
                "block_size": 2,
                "lora_id": None,
                "medium": "GPU",
                "lora_name": None,
                "extra_keys": [None, None],
                "group_idx": 0,
            }
        ],
        4,
    ]


def test_a_batch_says_what_vllms_encoder_would_in_the_same_order(
    open_line: Any, subscribe: Any, tmp_path: Path
) -> None:
    line = open_line(config(tmp_path))
    removed = KvRemoved(1.0, "m", 0, (7, 8), "GPU")
    payload = heard(line, subscribe(line.endpoint), STORED, removed, KvRemoved(1.0, "m", 0, (), "GPU"))[2]
    events = [
        BlockStored([7, HIGH], None, [1, 2, 3, 4], 2, None, "GPU", None, [None, None], 0),
        BlockRemoved([7], "GPU", 0),
        BlockRemoved([8], "GPU", 0),
        AllBlocksCleared(),
    ]
    theirs = msgspec.msgpack.encode(KVEventBatch(1_760_000_000.25, events, 0))
    assert json.dumps(msgspec.msgpack.decode(payload)) == json.dumps(msgspec.msgpack.decode(theirs))


def test_an_adapters_blocks_name_it_and_adapters_are_numbered(open_line: Any, subscribe: Any, tmp_path: Path) -> None:
    line = open_line(config(tmp_path))
    other = STORED._replace(lora="other", parent=b"\xff" * 24 + b"\x00" * 7 + b"\x05")
    rhymes = STORED._replace(lora="rhymes")
    found = decoded(line, subscribe(line.endpoint), other, rhymes, other, STORED).events
    assert [(event.lora_id, event.lora_name) for event in found] == [
        (1, "other"), (2, "rhymes"), (1, "other"), (None, None),
    ]  # fmt: skip
    assert found[0].extra_keys == [("other",), ("other",)]
    assert (found[0].parent_block_hash, found[1].parent_block_hash) == (5, None)


def test_blocks_in_host_memory_are_told_one_by_one_without_tokens(
    open_line: Any, subscribe: Any, tmp_path: Path
) -> None:
    line = open_line(config(tmp_path))
    cpu = STORED._replace(medium="CPU")
    gone = KvRemoved(1.0, "m", 0, (7,), "CPU")
    found = decoded(line, subscribe(line.endpoint), cpu, gone).events
    assert found == [
        BlockStored([7], None, [], 0, None, "CPU", None, None, 0),
        BlockStored([HIGH], None, [], 0, None, "CPU", None, None, 0),
        BlockRemoved([7], "CPU", 0),
    ]


def test_a_replay_is_what_is_remembered_from_a_number_on(context: Any, open_line: Any, tmp_path: Path) -> None:
    wanted = config(tmp_path, replay_endpoint=f"ipc://{tmp_path}/replay", buffer_steps=3, topic="kv")
    line = open_line(wanted)
    assert line.replay is not None
    for sequence in range(254, 259):  # beyond one byte
        line.send(sequence, float(sequence), (STORED,))
    with context.socket(zmq.DEALER) as dealer:
        dealer.connect(f"ipc://{tmp_path}/replay")
        for first, numbers in ((257, [257, 258]), (0, [256, 257, 258]), (999, [])):
            dealer.send_multipart((b"", first.to_bytes(8, "big")))
            line.repeat()
            frames = [dealer.recv_multipart() for _ in range(len(numbers) + 1)]
            assert [int.from_bytes(frame[2], "big") for frame in frames[:-1]] == numbers
            assert {frame[1] for frame in frames[:-1]} <= {b"kv"}
            assert frames[-1] == [b"", b"", b"\xff" * 8, b""]


def test_a_request_that_is_none_is_passed_over(context: Any, open_line: Any, tmp_path: Path, caplog: Any) -> None:
    line = open_line(config(tmp_path, replay_endpoint=f"ipc://{tmp_path}/replay"))
    with context.socket(zmq.DEALER) as dealer:
        dealer.connect(f"ipc://{tmp_path}/replay")
        dealer.send_multipart((b"", b"first"))
        line.repeat()
        assert not dealer.poll(50)
    assert "frames of [0, 5] bytes" in caplog.text


def test_an_address_that_is_taken_is_named(context: Any, tmp_path: Path) -> None:
    with context.socket(zmq.PUB) as other:
        port = other.bind_to_random_port("tcp://127.0.0.1")
        taken = config(tmp_path, replay_endpoint=f"tcp://127.0.0.1:{port}")
        with pytest.raises(ValueError, match=rf"cannot publish at tcp://127\.0\.0\.1:{port}: Address"):
            Line(context, taken, "m", 0, 0)


def test_a_port_of_0_is_the_systems_choice_and_is_told(open_line: Any, subscribe: Any, tmp_path: Path) -> None:
    line = open_line(config(tmp_path, endpoint="tcp://*:0", replay_endpoint="tcp://127.0.0.1:0"), number=5)
    assert line.endpoint.startswith("tcp://0.0.0.0:") and not line.endpoint.endswith(":0")
    assert line.replay_endpoint is not None and line.replay_endpoint.startswith("tcp://127.0.0.1:")
    assert decoded(line, subscribe(line.endpoint.replace("0.0.0.0", "127.0.0.1")), STORED).events


def test_an_address_without_a_wildcard_is_the_subscribers(context: Any, open_line: Any, tmp_path: Path) -> None:
    with context.socket(zmq.SUB) as central:
        central.subscribe("")
        port = central.bind_to_random_port("tcp://127.0.0.1")
        line = open_line(config(tmp_path, endpoint=f"tcp://127.0.0.1:{port}"))
        central.setsockopt(zmq.RCVTIMEO, 20)
        while True:
            line.send(0, 1.0, (STORED,))
            try:
                assert central.recv_multipart()[1] == bytes(8)
                break
            except zmq.Again:
                continue


@pytest.mark.parametrize(
    ("endpoint", "number", "expected"),
    [
        ("tcp://*:5557", 0, "tcp://*:5557"),
        ("tcp://*:5557", 3, "tcp://*:5560"),
        ("tcp://[::]:5557", 103, "tcp://[::]:5660"),
        ("tcp://*:0", 3, "tcp://*:0"),
        ("ipc:///run/kv", 0, "ipc:///run/kv"),
        ("ipc:///run/kv", 2, "ipc:///run/kv_dp2"),
    ],
)
def test_each_worker_has_an_address_of_its_own(endpoint: str, number: int, expected: str) -> None:
    assert shifted(endpoint, number) == expected


def test_a_port_that_there_is_not_is_refused() -> None:
    assert shifted("tcp://*:65500", 35) == "tcp://*:65535"
    with pytest.raises(ValueError, match="there is no port 65536"):
        shifted("tcp://*:65500", 36)


@given(st.integers() | st.binary(max_size=40) | st.text() | st.tuples(st.text(), st.integers()))
def test_any_key_is_told_as_64_bits(key: object) -> None:
    assert 0 <= external(key) < 2**64
    assert external(key) == external(key)


def test_keys_are_told_by_their_low_bits() -> None:
    assert external(-1) == 2**64 - 1
    assert external(2**64 + 5) == 5
    assert external(bytes(24) + b"\x01" + bytes(7)) == 2**56  # the end of a SHA-256, big-endian
    assert external(b"\x02") == 2
    assert external(("lora", 1)) != external(("lora", 2))
