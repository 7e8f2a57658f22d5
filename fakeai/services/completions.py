"""Text completions (legacy): from a wire request to one `GenerateRequest` a prompt, and their answers as one.

What OpenAI checks of a request alone is in `wire/completions.py`; here is what takes knowing the model.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from hashlib import blake2b

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.catalog import ModelCard
from fakeai.core.chance import Ids
from fakeai.core.clock import Clock
from fakeai.core.errors import ApiError, BadRequest, ContextLengthExceeded, NotFound
from fakeai.core.feed import Feed
from fakeai.core.generation import Burst, GenerateRequest, Generates, Message, Sampling
from fakeai.services import prompt
from fakeai.services.base import lenient, placement, tell_usage, timing
from fakeai.services.chunks import Shape
from fakeai.services.directory import ModelDirectory
from fakeai.services.inputs import Input, read, unread
from fakeai.services.text_completion import Layout, TextChunks, TextWhole, joined
from fakeai.wire import completions as wire

MAX_CHOICES = 2_048
"""Choices of one request, those of all its prompts together."""

_DEFAULT_MAX_TOKENS = 16
_HIDDEN = frozenset({"reasoning", "reasoning_content"})
_OPENAI = frozenset({"openai", "system", "openai-internal"})


class NotForSampling(ApiError):
    """The model does not generate text."""

    status = 403
    type = "invalid_request_error"


class Completions:
    """`POST /completions`."""

    ENDPOINTS = (
        Endpoint(
            "POST",
            "/completions",
            "create",
            "Continue a text (legacy)",
            body=wire.CompletionRequest,
            reply="events",
            tag="Completions",
            usage="completions",
        ),
    )

    def __init__(
        self,
        backend: Generates,
        directory: ModelDirectory,
        clock: Clock,
        ids: Ids,
        organization: str,
        *,
        seed: bytes,
        lenient: bool,
    ) -> None:
        self._backend = backend
        self._home = organization
        self._directory = directory
        self._clock = clock
        self._ids = ids
        self._seed = seed
        self._lenient = lenient

    async def create(self, call: Call) -> Reply:
        """A text completion, or its chunks. Raises BadRequest, ModelNotFound, NotFound, ContextLengthExceeded."""
        body: wire.CompletionRequest = call.body
        easy = lenient(call, self._lenient)
        if not easy:
            wire.check(body)
        card = self._directory.card(body.model)
        call.model = card.id
        if not easy:
            _check_family(card)
        given = None if body.prompt == [] else body.prompt
        prompts = unread(given) if card.own_tokens else await read(given, card.encoding, "prompt")
        layout = _layout(body, prompts, easy=easy)
        requests = self._requests(call, body, card, prompts, easy)
        try:
            feeds = [self._backend.generate(request) for request in requests]
        except ValueError as error:
            raise BadRequest(str(error), code="invalid_value") from error
        options = body.stream_options
        shape = Shape(
            (call.ids or self._ids).make("cmpl-"),
            int(self._clock.unix()) if call.created is None else call.created,
            card.id,
            "default",
            include_usage=bool(options and options.include_usage),
        )
        return await _reply(joined(feeds, layout.candidates), shape, layout, streamed=bool(body.stream))

    def _requests(
        self, call: Call, body: wire.CompletionRequest, card: ModelCard, prompts: Sequence[Input], easy: bool
    ) -> list[GenerateRequest]:
        """One a prompt. A prompt given again is answered anew, as far as chance has a say."""
        asked = _DEFAULT_MAX_TOKENS if body.max_tokens is None else body.max_tokens
        sampling = _sampling(body, asked)
        model = replace(card, capabilities=card.capabilities - _HIDDEN)
        wanted = timing(call)
        seen: Counter[str] = Counter()
        requests = []
        for text, tokens, ids in prompts:
            if not card.own_tokens:
                _check_window(card, tokens, asked, easy=easy)
            requests.append(
                GenerateRequest(
                    model=model,
                    messages=(Message("user", text),),
                    prompt_tokens=tokens,
                    room=max(1, min(card.context_window - tokens, card.max_output)),
                    digest=self._digest(card, text, body.suffix, sampling, seen[text]),
                    sampling=sampling,
                    raw_prompt=True,
                    prompt_ids=ids,
                    suffix=body.suffix,
                    echo=bool(body.echo),
                    streamed=bool(body.stream),
                    timing=wanted,
                    placement=placement(call, body, self._home),
                )
            )
            seen[text] += 1
        return requests

    def _digest(self, card: ModelCard, text: str, suffix: str | None, sampling: Sampling, before: int) -> bytes:
        """What the answer depends on; not how it is delivered. At temperature 0 neither seed nor repetition count."""
        digest = blake2b(card.id.encode("utf-8", "surrogatepass"), digest_size=32, key=self._seed)
        digest.update(f"\0completion\0{text}\0{suffix or ''}".encode("utf-8", "surrogatepass"))
        if sampling.temperature != 0.0:
            drawn = sampling.seed, sampling.temperature, sampling.top_p, before
            digest.update(f"\2{drawn}{sampling.presence_penalty}{sampling.frequency_penalty}".encode())
        return digest.digest()


async def _reply(feed: Feed[Burst], shape: Shape, layout: Layout, *, streamed: bool) -> Reply:
    if not streamed:
        whole = TextWhole(shape, layout)
        await feed.drain(whole.take)
        return Reply(whole.completion(), usage=whole.usage)
    chunks = TextChunks(shape, layout)
    reply = Reply(events=feed.map(chunks.encode))
    feed.on_end(partial(tell_usage, reply, chunks))
    return reply


def _sampling(body: wire.CompletionRequest, asked: int) -> Sampling:
    candidates = _candidates(body)
    stop = body.stop
    ranked = 0 if candidates > (body.n or 1) else None
    return Sampling(
        n=candidates,
        max_tokens=asked,
        temperature=1.0 if body.temperature is None else body.temperature,
        top_p=1.0 if body.top_p is None else body.top_p,
        seed=body.seed,
        stop=() if stop is None else (stop,) if isinstance(stop, str) else tuple(stop),
        presence_penalty=body.presence_penalty or 0.0,
        frequency_penalty=body.frequency_penalty or 0.0,
        logit_bias=prompt.logit_bias(body.logit_bias) if body.logit_bias else {},
        top_logprobs=ranked if body.logprobs is None else body.logprobs,
    )


def _candidates(body: wire.CompletionRequest) -> int:
    """Choices to make for each prompt: `best_of`, where a choice can be made among them."""
    n = body.n or 1
    return n if body.stream else max(n, body.best_of or 1)


def _layout(body: wire.CompletionRequest, prompts: Sequence[Input], *, easy: bool) -> Layout:
    candidates = _candidates(body)
    if len(prompts) * candidates > MAX_CHOICES:
        raise BadRequest(
            f"Too many choices: {len(prompts)} prompts with {candidates} completions each. "
            f"This endpoint makes at most {MAX_CHOICES} of them for one request.",
            param="prompt",
            code="invalid_value",
        )
    lengths = tuple([len(prompt.text) for prompt in prompts])
    return Layout(lengths, body.n or 1, candidates, bool(body.echo), body.logprobs is not None, numbers=easy)


def _check_family(card: ModelCard) -> None:
    """Refuse OpenAI's models that do not continue texts. Others' chat models do, and so may ids we do not know."""
    if not card.known or card.family == "completion" or card.owned_by not in _OPENAI or "gpt-oss" in card.id:
        return
    if card.family == "chat":
        raise NotFound(
            "This is a chat model and not supported in the v1/completions endpoint. "
            "Did you mean to use v1/chat/completions?",
            param="model",
        )
    raise NotForSampling("You are not allowed to sample from this model")


def _check_window(card: ModelCard, tokens: int, asked: int, *, easy: bool) -> None:
    window = card.context_window
    if tokens < window and (easy or not card.known or tokens + asked <= window):
        return
    raise ContextLengthExceeded(
        f"This model's maximum context length is {window} tokens, however you requested {tokens + asked} tokens "
        f"({tokens} in your prompt; {asked} for the completion). Please reduce your prompt; or completion length.",
        param="prompt",
    )
