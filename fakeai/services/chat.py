"""Chat completions: from a wire request to a `GenerateRequest`, and its answer as a stream or a whole.

What OpenAI checks of a request alone is in `wire/chat.py`; here is what takes knowing the model.
"""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.catalog import ModelCard
from fakeai.core.chance import Ids
from fakeai.core.clock import Clock
from fakeai.core.errors import BadRequest
from fakeai.core.feed import Feed
from fakeai.core.generation import (
    AudioOut,
    Burst,
    GenerateRequest,
    Generates,
    Message,
    Sampling,
    Timing,
    Tool,
)
from fakeai.core.memory import SHORT, Recent
from fakeai.services import capabilities, prompt, structure
from fakeai.services.base import lenient, placement, tell_usage, timing
from fakeai.services.chunks import Chunks, Shape, Whole
from fakeai.services.directory import ModelDirectory
from fakeai.services.files import Files
from fakeai.services.stored import StoredCompletions
from fakeai.services.turns import digest, prompt_tokens
from fakeai.wire import chat as wire
from fakeai.wire.chat_rules import check

_PLAIN = frozenset(
    {"model", "messages", "max_tokens", "max_completion_tokens", "temperature", "top_p", "n", "stop", "seed", "stream"}
    | {"stream_options", "user", "store", "metadata", "service_tier", "logprobs", "top_logprobs", "logit_bias"}
    | {"presence_penalty", "frequency_penalty", "priority", "cache_salt"}
)
"""Fields that need no look at tools, schemas or media of the answer."""

_SHAPING: Final = {
    "tools",
    "functions",
    "response_format",
    "tool_choice",
    "function_call",
    "prediction",
    "reasoning_effort",
    "verbosity",
}
_UNSHAPED: Final = "{}"
_NO_BIAS: Mapping[int, float] = MappingProxyType({})


class Chat:
    """`POST /chat/completions`."""

    ENDPOINTS = (
        Endpoint(
            "POST",
            "/chat/completions",
            "create",
            "Answer a conversation",
            body=wire.ChatRequest,
            reply="events",
            tag="Chat",
            usage="completions",
        ),
    )

    def __init__(
        self,
        backend: Generates,
        directory: ModelDirectory,
        stored: StoredCompletions,
        files: Files,
        clock: Clock,
        ids: Ids,
        organization: str,
        *,
        seed: bytes,
        lenient: bool,
    ) -> None:
        self._backend = backend
        self._directory = directory
        self._home = organization
        self._stored = stored
        self._files = files
        self._clock = clock
        self._ids = ids
        self._seed = seed
        self._lenient = lenient
        self._recent: Recent[tuple[bytes, bool, str | None, str | None, str | None, str], GenerateRequest] = Recent()

    async def create(self, call: Call) -> Reply:
        """A completion, or its chunks. Raises BadRequest, ModelNotFound, ContextLengthExceeded, UnsupportedParameter."""
        body: wire.ChatRequest = call.body
        easy = lenient(call, self._lenient)
        wanted = timing(call)
        key = call.raw, easy, *wanted, call.headers.get("x-fakeai-affinity"), call.principal.organization
        request = self._recent.get(key)
        if request is None or request.model is not self._directory.find(request.model.id):
            request = await self._request(call, body, easy, wanted)
            if request.kept:
                self._recent.put(key, request)
        call.model = request.model.id
        if call.ids is not None:
            request = request._replace(ids=call.ids)
        try:
            feed = self._backend.generate(request)
        except ValueError as error:
            raise BadRequest(str(error), code="invalid_value") from error
        return await self._reply(call, body, request, feed)

    async def _reply(self, call: Call, body: wire.ChatRequest, request: GenerateRequest, feed: Feed[Burst]) -> Reply:
        options = body.stream_options
        tier = body.service_tier
        shape = Shape(
            (call.ids or self._ids).make("chatcmpl-"),
            int(self._clock.unix()) if call.created is None else call.created,
            request.model.id,
            "default" if tier is None or tier == "auto" else "priority" if tier == "fast" else tier,
            body.functions is not None,
            options is not None and options.include_usage is True,
            options is not None and options.include_obfuscation is True,
        )
        if request.streamed:
            return self._streamed(call, body, shape, feed)
        whole = Whole(shape)
        await feed.drain(whole.take)
        completion = whole.completion()
        if body.store:
            await self._stored.add(call, completion, body)
        return Reply(completion, usage=whole.usage)

    def _streamed(self, call: Call, body: wire.ChatRequest, shape: Shape, feed: Feed[Burst]) -> Reply:
        if body.store:
            whole = Whole(shape)
            feed.tap(whole.take)
            feed.on_end(partial(self._store, call, body, whole))
        chunks = Chunks(shape)
        reply = Reply(events=feed.map_all(chunks.encode_all))
        feed.on_end(partial(tell_usage, reply, chunks))
        return reply

    def _store(
        self, call: Call, body: wire.ChatRequest, whole: Whole, error: Exception | None, cancelled: bool
    ) -> None:
        if whole.usage is not None and error is None and not cancelled:
            self._stored.add_soon(call, whole.completion(), body)

    async def _request(self, call: Call, body: wire.ChatRequest, easy: bool, wanted: Timing) -> GenerateRequest:
        if not easy:
            check(body)
        card = self._directory.card(body.model)
        call.model = card.id
        if not easy:
            capabilities.check_chat(body, card)
        messages = prompt.looked_at(prompt.messages(body.messages), body)
        named = prompt.file_ids(messages)
        if named:
            messages = prompt.with_files(messages, await self._files.media(call, named, "messages"))
        plain = body.__pydantic_fields_set__ <= _PLAIN
        tools = () if plain else prompt.tools(body)
        schema = None if plain else structure.check(body, tools, strict=not easy)
        counted = await prompt_tokens(messages, tools, card, schema)
        asked = body.max_completion_tokens if body.max_completion_tokens is not None else body.max_tokens
        if not card.own_tokens:
            capabilities.check_window(card, counted.total, asked, easy=easy)
        sampling = _sampling(body, asked)
        request = GenerateRequest(
            card,
            messages,
            counted.total,
            capabilities.room(card, counted.total),
            self._digest(body, card, messages, sampling, plain),
            sampling,
            counted.audio,
            streamed=body.stream is True,
            timing=wanted,
            placement=placement(call, body, self._home),
            kept=0 < len(call.raw) <= SHORT and not named,
            web_search=card.can("web_search"),
        )
        return request if plain else _detailed(request, body, tools, schema)

    def _digest(
        self, body: wire.ChatRequest, card: ModelCard, messages: tuple[Message, ...], sampling: Sampling, plain: bool
    ) -> bytes:
        shape = ""
        if not plain:
            shape = body.model_dump_json(include=_SHAPING, exclude_none=True, warnings=False)
        return digest(self._seed, card, messages, sampling, "" if shape == _UNSHAPED else shape)


def _detailed(
    request: GenerateRequest, body: wire.ChatRequest, tools: tuple[Tool, ...], schema: Mapping[str, Any] | None
) -> GenerateRequest:
    """`request` with what most requests do not ask for."""
    wanted = body.response_format
    spoken = body.audio is not None and body.modalities is not None and "audio" in body.modalities
    return request._replace(
        tools=tools,
        tool_choice=prompt.tool_choice(body),
        parallel_tool_calls=body.parallel_tool_calls is not False and not body.functions,
        json_schema=schema,
        json_object=wanted is not None and wanted.type == "json_object",
        reasoning_effort=body.reasoning_effort,
        prediction=prompt.prediction(body),
        verbosity=body.verbosity or "medium",
        audio=AudioOut(prompt.voice(body.audio.voice), body.audio.format) if spoken and body.audio else None,
        web_search=body.web_search_options is not None or request.web_search,
    )


def _sampling(body: wire.ChatRequest, asked: int | None) -> Sampling:
    stop = body.stop
    return Sampling(
        body.n or 1,
        None if asked is None else max(1, asked),
        1.0 if body.temperature is None else body.temperature,
        1.0 if body.top_p is None else abs(body.top_p),  # -0.0 is 0.0
        body.seed,
        () if stop is None else (stop,) if isinstance(stop, str) else tuple(stop),
        body.presence_penalty or 0.0,
        body.frequency_penalty or 0.0,
        prompt.logit_bias(body.logit_bias) if body.logit_bias else _NO_BIAS,
        (body.top_logprobs or 0) if body.logprobs else None,
    )
