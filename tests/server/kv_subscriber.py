"""A subscriber as vLLM's users write it: vLLM 0.33's structs, read by msgspec, over sockets of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import zmq


class EventBatch(msgspec.Struct, array_like=True, omit_defaults=True, gc=False):
    ts: float
    events: list[Any]
    data_parallel_rank: int | None = None


class KVCacheEvent(msgspec.Struct, omit_defaults=True, gc=False, tag=True, frozen=True):
    pass


class BlockStored(KVCacheEvent, frozen=True, forbid_unknown_fields=True):
    block_hashes: list[int | bytes]
    parent_block_hash: int | bytes | None
    token_ids: list[int]
    block_size: int
    lora_id: int | None
    medium: str | None
    lora_name: str | None
    extra_keys: list[tuple[Any, ...] | None] | None = None
    group_idx: int | None = None
    kv_cache_spec_kind: str | None = None
    kv_cache_spec_sliding_window: int | None = None
    locality: str | None = None
    ownership: str | None = None
    session_id: str | None = None
    lookahead_token_ids: list[list[int]] | None = None


class BlockRemoved(KVCacheEvent, frozen=True, forbid_unknown_fields=True):
    block_hashes: list[int | bytes]
    medium: str | None
    group_idx: int | None = None
    locality: str | None = None
    ownership: str | None = None


class AllBlocksCleared(KVCacheEvent, frozen=True, forbid_unknown_fields=True):
    pass


class KVEventBatch(EventBatch):
    events: list[BlockStored | BlockRemoved | AllBlocksCleared]


DECODER = msgspec.msgpack.Decoder(type=KVEventBatch)
END = (-1).to_bytes(8, "big", signed=True)
_PATIENCE_MS = 10_000


class Subscriber:
    """Reads one worker's batches, and asks for earlier ones."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], endpoint: str, topic: str) -> None:
        self._context = context
        self.socket = context.socket(zmq.SUB)
        self.socket.subscribe(topic)
        self.socket.connect(endpoint)

    def read(self) -> tuple[bytes, int, KVEventBatch]:
        """Topic, number and batch of the next message."""
        assert self.socket.poll(_PATIENCE_MS), "nothing is published"
        topic, number, payload = self.socket.recv_multipart()
        return topic, int.from_bytes(number, "big"), DECODER.decode(payload)

    def raw(self) -> bytes:
        """The next message's payload as it is."""
        assert self.socket.poll(_PATIENCE_MS), "nothing is published"
        return self.socket.recv_multipart()[2]

    def replay(self, endpoint: str, first: int) -> list[tuple[bytes, int, KVEventBatch]]:
        """What is repeated from a number on."""
        with self._context.socket(zmq.DEALER) as dealer:
            dealer.connect(endpoint)
            dealer.send_multipart((b"", first.to_bytes(8, "big")))
            found = []
            while True:
                assert dealer.poll(_PATIENCE_MS), "the replay does not end"
                empty, topic, number, payload = dealer.recv_multipart()
                assert empty == b""
                if number == END:
                    assert (topic, payload) == (b"", b"")
                    return found
                found.append((topic, int.from_bytes(number, "big"), DECODER.decode(payload)))


@contextmanager
def subscribers() -> Iterator[Any]:
    """A function that makes subscribers; they end with the block."""
    made = []
    with zmq.Context() as context:

        def make(endpoint: str, topic: str = "") -> Subscriber:
            made.append(Subscriber(context, endpoint, topic))
            return made[-1]

        yield make
        for subscriber in made:
            subscriber.socket.close(linger=0)
