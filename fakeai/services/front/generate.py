"""`POST /generate`, `/generate/batch` and `/stream`: a model's answers to prompts, each made once where they are kept."""

import asyncio
from functools import partial
from typing import Any, NamedTuple

import orjson

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.catalog import ModelCard
from fakeai.core.clock import Clock
from fakeai.core.errors import BadRequest, ModelNotFound, Unprocessable
from fakeai.core.events import Bus, CacheAsked
from fakeai.core.feed import Feed
from fakeai.core.generation import Burst, GenerateRequest, Message, Sampling, Usage
from fakeai.services.base import tell_usage
from fakeai.services.directory import ModelDirectory
from fakeai.services.front.completion_cache import Answer, CompletionCache, Found, Place, State
from fakeai.services.plain_answers import PlainAnswer, check_talks
from fakeai.services.responses.replay import Once
from fakeai.services.turns import Asked, Turns
from fakeai.wire.front.generate import (
    DEFAULT_TEMPERATURE,
    DEFAULT_TOP_K,
    DEFAULT_TOP_P,
    BatchedOutput,
    Generation,
    GenerationBatch,
    GenerationBatchRequest,
    GenerationParams,
    GenerationRequest,
)

CACHE_HEADER = "x-fakeai-cache"
_SHOWN = 50
"""Models that a refusal lists."""


class _Wanted(NamedTuple):
    """How to go on with the prompts of a call."""

    card: ModelCard
    sampling: Sampling
    params: dict[str, Any]
    """What counts of it for what is kept. Any: JSON."""
    cache: bool


class Generate:
    """A model's answers in the fewest words."""

    ENDPOINTS = (
        Endpoint(
            "POST",
            "/generate",
            "generate",
            "Go on with a prompt",
            body=GenerationRequest,
            tag="Front door",
            usage="completions",
            front=True,
        ),
        Endpoint(
            "POST",
            "/generate/batch",
            "batch",
            "Go on with several prompts",
            body=GenerationBatchRequest,
            tag="Front door",
            usage="completions",
            front=True,
        ),
        Endpoint(
            "POST",
            "/stream",
            "stream",
            "Go on with a prompt, piece by piece",
            body=GenerationRequest,
            reply="events",
            tag="Front door",
            usage="completions",
            front=True,
        ),
    )

    def __init__(
        self, turns: Turns, directory: ModelDirectory, clock: Clock, bus: Bus, completion_cache: CompletionCache
    ) -> None:
        self._bus = bus
        self._turns = turns
        self._directory = directory
        self._clock = clock
        self._kept = completion_cache

    async def generate(self, call: Call) -> Reply:
        """The answer. Raises BadRequest, ContextLengthExceeded, Unprocessable."""
        body: GenerationRequest = call.body
        wanted = self._wanted(call, body)
        found = await self._answer(call, wanted, body.prompt)
        told: Generation = {"model": wanted.card.id, "output": found.answer.text, "cached": found.state == "hit"}
        return _reply([found], told)

    async def batch(self, call: Call) -> Reply:
        """All answers; equal prompts are worked on once. Raises as `generate`, then for all of them."""
        body: GenerationBatchRequest = call.body
        wanted = self._wanted(call, body)
        asked = [self._answer(call, wanted, prompt) for prompt in body.prompts]
        results = await asyncio.gather(*asked, return_exceptions=True)
        found = [result for result in results if isinstance(result, Found)]
        for result in results:
            if isinstance(result, BaseException):
                raise result
        outputs: list[BatchedOutput] = [
            {
                "output": one.answer.text,
                "cached": one.state == "hit",
                "prompt_tokens": one.answer.prompt_tokens,
                "completion_tokens": one.answer.completion_tokens,
            }
            for one in found
        ]
        told: GenerationBatch = {"model": wanted.card.id, "results": outputs}
        return _reply(found, told)

    async def stream(self, call: Call) -> Reply:
        """Events of the answer's pieces; one that is kept comes in the same pieces. Raises as `generate`."""
        body: GenerationRequest = call.body
        wanted = self._wanted(call, body)
        place = self._place(call, wanted, body.prompt)
        known = await self._kept.look(place)
        if known is not None:
            self._bus.publish(CacheAsked(known.state))
            pieces = [_event(wanted.card, piece, cached=True) for piece in known.answer.pieces]
            return Reply(events=Feed(Once([[piece] for piece in pieces])), headers=_headers([known]), cached=True)
        request = await self._request(call, wanted, body.prompt, streamed=True)
        answer, pieces_so_far = PlainAnswer(), list[str]()

        def encode(burst: Burst) -> list[bytes]:
            added = [piece for piece in answer.take(burst) if piece]
            pieces_so_far.extend(added)
            return [_event(wanted.card, piece, cached=False) for piece in added]

        state: State = "bypass" if place is None else "miss"
        reply = Reply(events=self._turns.generate(request).map(encode), headers={CACHE_HEADER: state})
        reply.on_end(partial(tell_usage, reply, answer))
        self._bus.publish(CacheAsked(state))
        if place is not None:
            reply.on_end(partial(self._streamed, place, wanted, answer, pieces_so_far))
        return reply

    def _streamed(
        self,
        place: Place,
        wanted: _Wanted,
        answer: PlainAnswer,
        pieces: list[str],
        error: Exception | None,
        cancelled: bool,
    ) -> None:
        if error is None and not cancelled:
            self._kept.keep_soon(place, self._answered(wanted, answer, pieces))

    async def _answer(self, call: Call, wanted: _Wanted, prompt: str) -> Found:
        async def make() -> Answer:
            request = await self._request(call, wanted, prompt, streamed=False)
            answer, pieces = PlainAnswer(), list[str]()
            await self._turns.generate(request).drain(lambda burst: pieces.extend(answer.take(burst)))
            return self._answered(wanted, answer, [piece for piece in pieces if piece])

        found = await self._kept.answer(self._place(call, wanted, prompt), make)
        self._bus.publish(CacheAsked(found.state))
        return found

    def _answered(self, wanted: _Wanted, answer: PlainAnswer, pieces: list[str]) -> Answer:
        assert answer.usage is not None, "every feed ends with a Finish"
        ended = answer.reason == "stop" or (answer.reason == "length" and wanted.sampling.max_tokens is not None)
        return Answer(tuple(pieces), answer.usage.prompt, answer.usage.completion, self._clock.unix(), ended)

    async def _request(self, call: Call, wanted: _Wanted, prompt: str, *, streamed: bool) -> GenerateRequest:
        asked = Asked((Message("user", prompt),), wanted.sampling, streamed=streamed, ids=call.ids)
        return await self._turns.request(wanted.card, asked, self._turns.asker(call), "prompt")

    def _place(self, call: Call, wanted: _Wanted, prompt: str) -> Place | None:
        if not wanted.cache:
            return None
        return self._kept.place(call.principal, wanted.card.id, prompt, wanted.params)

    def _wanted(self, call: Call, body: GenerationParams) -> _Wanted:
        card = self._card(body.model)
        call.model = card.id
        most = body.max_new_tokens
        if most is not None and card.known and card.max_output and most > card.max_output:
            raise Unprocessable(
                f"Invalid 'max_new_tokens': the model '{card.id}' gives {card.max_output} at most.",
                param="max_new_tokens",
            )
        temperature = DEFAULT_TEMPERATURE if body.temperature is None else body.temperature
        top_p = DEFAULT_TOP_P if body.top_p is None else body.top_p
        stop = tuple(body.stop or ())
        params = {
            "temperature": float(temperature),
            "top_p": float(top_p),
            "top_k": DEFAULT_TOP_K if body.top_k is None else body.top_k,
            "stop": stop,
            **({} if most is None else {"max_new_tokens": most}),
        }
        cache = body.cache is not False and call.headers.get(CACHE_HEADER) != "bypass"
        return _Wanted(card, Sampling(max_tokens=most, temperature=temperature, top_p=top_p, stop=stop), params, cache)

    def _card(self, model: str | None) -> ModelCard:
        try:
            card = self._directory.card(model)
        except ModelNotFound:
            every = [one for one in self._directory.catalog.cards.values() if one.family == "chat"]
            listed = ", ".join(one.id for one in every[:_SHOWN])
            more = f" and {len(every) - _SHOWN} more (see /v1/models)" if len(every) > _SHOWN else ""
            raise BadRequest(
                f"There is no model '{(model or '')[:256]}' here. There are: {listed}{more}.",
                code="model_not_allowed",
                param="model",
            ) from None
        check_talks(card)
        return card


def _event(card: ModelCard, piece: str, *, cached: bool) -> bytes:
    told: Generation = {"model": card.id, "output": piece, "cached": cached}
    return orjson.dumps(told)


def _reply(found: list[Found], told: Any) -> Reply:
    """The reply, which has used what was made for it and nothing else. Any: a TypedDict."""
    made = [one.answer for one in found if one.state != "hit"]
    usage = Usage(sum(one.prompt_tokens for one in made), sum(one.completion_tokens for one in made)) if made else None
    return Reply(told, headers=_headers(found), usage=usage, cached=not made)


def _headers(found: list[Found]) -> dict[str, str]:
    """A call is a hit if all of it is; then the age is that of its oldest part."""
    states = {one.state for one in found}
    if states == {"hit"}:
        return {CACHE_HEADER: "hit", "age": str(int(max(one.age_s for one in found)))}
    return {CACHE_HEADER: "bypass" if "bypass" in states else "miss"}
