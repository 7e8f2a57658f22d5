"""vLLM's endpoints for those who manage engines: sleep, adapters, load, version, sources of KV events (vLLM 0.33).

Speaks for the simulated engines of all models at once. Asleep, they accept requests and let them wait, as vLLM does.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal, cast, get_args

from fakeai.backends.base import Engines, SleepMode
from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.catalog import ModelCard
from fakeai.core.clock import Clock
from fakeai.services.directory import ModelDirectory
from fakeai.wire import engines as wire
from fakeai.wire.engines import EngineRefusal

_log = logging.getLogger("fakeai.engines")

LIKE_VLLM = "0.33.0"
NIM_API = "2.0.0"
"""Of the API reference of NVIDIA NIM, whose `/v1/version` tells it."""
"""The release whose endpoints these are."""

_MEMORY = frozenset({"weights", "kv_cache"})
"""Parts of an engine's memory that are given away asleep, and can be taken back one by one."""
_LEVELS = ("0", "1", "2")
_DRAIN_S = 0.01
"""Clock seconds between two looks at whether the engines have become idle."""
_TEXT = "text/plain; charset=utf-8"


class EngineControl:
    """`/sleep`, `/wake_up`, `/load_lora_adapter` and their like."""

    ENDPOINTS = (
        Endpoint("GET", "/load", "load", "Requests under way", probe=True, tag="Engines"),
        Endpoint("GET", "/version", "version", "The vLLM this is like", probe=True, tag="Engines"),
        Endpoint("GET", "/is_sleeping", "is_sleeping", "Whether the engines sleep", tag="Engines", root=True),
        Endpoint("POST", "/sleep", "sleep", "Put the engines to sleep", tag="Engines", root=True),
        Endpoint("POST", "/wake_up", "wake_up", "Wake the engines", tag="Engines", root=True),
        Endpoint("POST", "/load_lora_adapter", "load_lora", "Load an adapter", body=wire.LoadAdapter, tag="Engines"),
        Endpoint(
            "POST", "/unload_lora_adapter", "unload_lora", "Unload an adapter", body=wire.UnloadAdapter, tag="Engines"
        ),
        Endpoint(
            "GET", "/kv_event_sources", "kv_event_sources", "Where KV events are published", tag="Engines", root=True
        ),
    )

    def __init__(
        self,
        engine_room: Engines,
        directory: ModelDirectory,
        clock: Clock,
        upstreams: Mapping[str, object],
        version: str,
        kv_sources: Callable[[], Mapping[int, wire.KvEventSource]],
    ) -> None:
        self._engines = engine_room
        self._directory = directory
        self._clock = clock
        self._upstreams = upstreams
        self._version = version
        self._kv_sources = kv_sources
        self._given_away: frozenset[str] = frozenset()

    async def load(self, call: Call) -> Reply:
        """What balancers poll."""
        return Reply(wire.ServerLoad(server_load=self._engines.in_flight()))

    async def version(self, call: Call) -> Reply:
        """vLLM's number, so that who compares versions finds what they know; the local part says who speaks. NIM's come too."""
        like = f"{LIKE_VLLM}+fakeai.{self._version}"
        return Reply(wire.Version(version=like, release=self._version, api=NIM_API))

    async def is_sleeping(self, call: Call) -> Reply:
        """At any level, or with a part of the memory still away."""
        return Reply(wire.Sleeping(is_sleeping=self._engines.sleeping() or bool(self._given_away)))

    async def sleep(self, call: Call) -> Reply:
        """Answers when what ran has ended, or at once with `mode=keep`. From level 1 on, memory is given away."""
        level = int(_choice(call, "level", "1", _LEVELS))
        mode = cast("SleepMode", _choice(call, "mode", "abort", get_args(SleepMode)))
        self._engines.sleep(level, mode)
        if level > 0:
            self._given_away = self._given_away | _MEMORY
        if mode != "keep":
            while any(worker.running for worker in self._engines.snapshot()):
                await self._clock.sleep(_DRAIN_S)
        return Reply(wire.Slept(status="sleeping", level=level))

    async def wake_up(self, call: Call) -> Reply:
        """All of it, or the parts named by `tags`; engines go on once they have all their memory back."""
        tags = list(call.query.get("tags", ())) or None
        parts = None if tags is None else [tag for tag in tags if tag != "scheduling"]
        if parts is None:
            self._given_away = frozenset()
        elif not set(parts) <= self._given_away:
            _log.warning("asked to wake %s, of which not all are asleep: no memory is given back", ", ".join(parts))
        else:
            self._given_away = self._given_away - set(parts)
        if not self._given_away:
            self._engines.wake_up()
        status: Literal["awake", "sleeping"] = "sleeping" if self._given_away else "awake"
        return Reply(wire.Woken(status=status, tags=tags))

    async def load_lora(self, call: Call) -> Reply:
        """From here on the adapter's name is a model's id. Raises EngineRefusal for a name in use, and as `_base` does."""
        body: wire.LoadAdapter = call.body
        name = body.lora_name
        if not name or not body.lora_path:
            raise _invalid("Both 'lora_name' and 'lora_path' must be provided.")
        if self._directory.catalog.get(name) is not None:
            raise _invalid(f"The lora adapter '{name}' conflicts with a served base model.")
        loaded = any(card.id == name for card in self._directory.adapters())
        if loaded and not body.load_inplace:
            raise _invalid(
                f"The lora adapter '{name}' has already been loaded. If you want to load the adapter in place, set "
                "'load_inplace' to True."
            )
        base = self._base(body.base_model_name)
        if loaded:
            self._unload(name)
        try:
            self._engines.load_lora(name, body.lora_path, base.id)
        except ValueError as error:
            raise _invalid(str(error)) from error
        created = int(self._clock.unix())
        card = replace(base, id=name, parent=base.id, root=body.lora_path, created=created, shutdown_date=None)
        self._directory.add_adapter(card)
        return Reply(f"Success: LoRA adapter '{name}' added successfully.".encode(), media_type=_TEXT)

    async def unload_lora(self, call: Call) -> Reply:
        """From here on its name is not found. Raises EngineRefusal for one that is not loaded."""
        body: wire.UnloadAdapter = call.body
        name = body.lora_name
        if not name:
            raise _invalid("'lora_name' needs to be provided to unload a LoRA adapter.")
        if all(card.id != name for card in self._directory.adapters()):
            raise EngineRefusal(f"The lora adapter '{name}' cannot be found.", "NotFoundError", 404)
        self._unload(name)
        return Reply(f"Success: LoRA adapter '{name}' removed successfully.".encode(), media_type=_TEXT)

    async def kv_event_sources(self, call: Call) -> Reply:
        """By the number added to the ports; empty where none are published."""
        return Reply({str(number): source for number, source in self._kv_sources().items()})

    def _base(self, named: str | None) -> ModelCard:
        """The model an adapter is for: the one named, else the first with a cluster, else the default model.

        Raises EngineRefusal for a model that does not exist, that is an adapter itself, or that is not simulated.
        """
        model = named or next((worker.model for worker in self._engines.snapshot()), None)
        card = self._directory.card(None) if model is None else self._directory.find(model)
        if card is None:
            raise EngineRefusal(f"The model `{model}` does not exist.", "NotFoundError", 404, "base_model_name")
        if card.parent is not None:
            raise _invalid(f"The model `{card.id}` is an adapter itself.")
        if card.own_tokens or card.id in self._upstreams:
            raise _invalid(f"The model `{card.id}` is a real one: adapters can be loaded for simulated models.")
        return card

    def _unload(self, name: str) -> None:
        self._directory.remove_adapter(name)
        if name in self._engines.loras():
            self._engines.unload_lora(name)


def _choice(call: Call, name: str, default: str, known: tuple[Any, ...]) -> str:
    """A query parameter that has one of the `known` values. Any: words of a Literal."""
    value = call.query.get(name, (default,))[-1]
    if value not in known:
        raise EngineRefusal(f"'{name}' should be one of {', '.join(known)}.", "Bad Request", 400, f"query.{name}")
    return value


def _invalid(message: str) -> EngineRefusal:
    return EngineRefusal(message, "InvalidUserInput")
