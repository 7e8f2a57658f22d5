"""One worker's KV events on the wire, bytes and order of fields as in `distributed/kv_events.py` of vLLM 0.33.

A batch is `[seconds, [event, …], worker]` in MessagePack, each event a map with its `type`. Knows sockets, not the bus.
Needs the extra `kv-events`.
"""

import logging
from collections import deque
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from fakeai.core.events import KvRemoved, KvStored

if TYPE_CHECKING:
    import zmq

_log = logging.getLogger("fakeai.kv_events")

LINGER_MS = 500
"""How long what is sent may take to leave once a socket is closed."""
_END = (-1).to_bytes(8, "big", signed=True)

Event = dict[str, Any]  # one of vLLM's events as a map


class Config(NamedTuple):
    """As the settings have it. Ports are those of the first model's worker 0."""

    endpoint: str
    replay_endpoint: str | None
    topic: str
    buffer_steps: int
    hwm: int


class Line:
    """A PUB socket, a ROUTER socket if batches are to be had once more, and the latest batches. Of one thread at a time."""

    def __init__(
        self, context: "zmq.Context[zmq.Socket[bytes]]", config: Config, model: str, worker: int, number: int
    ) -> None:
        """`number` is added to the ports. Raises ValueError for an address that cannot be had."""
        import msgpack  # type: ignore[import-untyped]
        import zmq

        self.number = number
        self.topic = config.topic.replace("{model}", model).replace("{worker}", str(worker))
        self.replay: zmq.Socket[bytes] | None = None
        self.replay_endpoint: str | None = None
        self._topic = self.topic.encode()
        self._worker = worker
        self._pack = msgpack.Packer().pack
        self._adapters: dict[str, int] = {}
        self._latest: deque[tuple[bytes, bytes]] = deque(maxlen=config.buffer_steps)
        self._pub = context.socket(zmq.PUB)
        try:
            self._pub.set_hwm(config.hwm)
            self.endpoint = _attach(self._pub, shifted(config.endpoint, number))
            if config.replay_endpoint is not None:
                self.replay = context.socket(zmq.ROUTER)
                self.replay.setsockopt(zmq.SNDHWM, 2 * (config.buffer_steps + 1))  # as vLLM's: a whole replay fits
                self.replay_endpoint = _attach(self.replay, shifted(config.replay_endpoint, number), bind=True)
        except ValueError:
            self.close()
            raise

    def send(self, sequence: int, unix: float, events: Sequence[KvStored | KvRemoved]) -> None:
        """Publish a batch and remember it."""
        told = [event for one in events for event in self._told(one)]
        payload: bytes = self._pack([unix, told, self._worker])
        number = sequence.to_bytes(8, "big")
        self._latest.append((number, payload))
        self._pub.send_multipart((self._topic, number, payload))

    def repeat(self) -> None:
        """Answer one request: all remembered batches from a number on, and the mark of the end."""
        assert self.replay is not None, "asked over it"
        frames = self.replay.recv_multipart()
        if len(frames) != 3 or len(frames[2]) != 8:
            _log.warning(
                "KV events are asked for with frames of %s bytes, not of 0 and 8", [len(f) for f in frames[1:]]
            )
            return
        client, _, first = frames
        for number, payload in self._latest:
            if number >= first:  # big-endian numbers of one size sort like numbers
                self.replay.send_multipart((client, b"", self._topic, number, payload))
        self.replay.send_multipart((client, b"", b"", _END, b""))

    def close(self) -> None:
        """Let go of the addresses."""
        self._pub.close(linger=LINGER_MS)
        if self.replay is not None:
            self.replay.close(linger=LINGER_MS)

    def _told(self, event: KvStored | KvRemoved) -> Iterator[Event]:
        if isinstance(event, KvRemoved):
            return _removed(event)
        if event.medium == "CPU":
            return _offloaded(event)
        return iter((self._stored(event),))

    def _stored(self, event: KvStored) -> Event:
        """Blocks on the GPU. `lora_id` numbers a worker's adapters in the order in which they come."""
        adapter = self._adapters.setdefault(event.lora, len(self._adapters) + 1) if event.lora else None
        return {
            "type": "BlockStored",
            "block_hashes": [external(key) for key in event.blocks],
            "parent_block_hash": None if event.parent is None else external(event.parent),
            "token_ids": list(event.token_ids),
            "block_size": event.block_size,
            "lora_id": adapter,
            "medium": event.medium,
            "lora_name": event.lora or None,
            "extra_keys": [[event.lora] if event.lora else None] * len(event.blocks),
            "group_idx": 0,
        }


def _offloaded(event: KvStored) -> Iterator[Event]:
    """Blocks in host memory: an event each, without tokens, as vLLM's offloading tells of them."""
    for key in event.blocks:
        yield {
            "type": "BlockStored",
            "block_hashes": [external(key)],
            "parent_block_hash": None,
            "token_ids": [],
            "block_size": 0,
            "lora_id": None,
            "medium": event.medium,
            "lora_name": None,
            "group_idx": 0,
        }


def _removed(event: KvRemoved) -> Iterator[Event]:
    """An event for each block, or one for all of them."""
    if not event.blocks:
        yield {"type": "AllBlocksCleared"}
    for key in event.blocks:
        yield {"type": "BlockRemoved", "block_hashes": [external(key)], "medium": event.medium, "group_idx": 0}


def external(key: object) -> int:
    """A block's key as it is told: the low 64 bits of a number or of a hash; other keys are hashed by what they say."""
    if isinstance(key, int):
        return key & (2**64 - 1)
    data = key if isinstance(key, bytes) else blake2b(repr(key).encode(), digest_size=8).digest()
    return int.from_bytes(data[-8:], "big")


def shifted(endpoint: str, number: int) -> str:
    """`endpoint` for the worker with that number: the port plus the number, or a suffix. A port of 0 is left to the system.

    Raises ValueError where there is no such port.
    """
    head, _, port = endpoint.rpartition(":")
    if not endpoint.startswith("tcp:"):
        return f"{endpoint}_dp{number}" if number else endpoint
    if int(port) + number > 65_535:  # ZeroMQ would take what is left of it in 16 bits
        raise ValueError(f"kv_events: there is no port {int(port) + number}, which {endpoint} and {number} make")
    return endpoint if port == "0" else f"{head}:{int(port) + number}"


def _attach(socket: "zmq.Socket[bytes]", endpoint: str, *, bind: bool = False) -> str:
    """Bind wildcards and files, connect to the rest, as vLLM does; the address it has. Raises ValueError without one."""
    import zmq

    try:
        if not (bind or "*" in endpoint or "::" in endpoint or endpoint.startswith("ipc:")):
            socket.connect(endpoint)
            return endpoint
        socket.setsockopt(zmq.IPV6, int("[" in endpoint))
        socket.bind(endpoint)
    except zmq.ZMQError as error:
        raise ValueError(f"kv_events: cannot publish at {endpoint}: {error.strerror}") from error
    bound: str = socket.getsockopt_string(zmq.LAST_ENDPOINT)
    return bound if endpoint.endswith(":0") else endpoint
