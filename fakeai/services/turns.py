"""A model's turn in a conversation, whatever API the conversation came by: counted, held to the window, and asked for.

Chat completions, responses, runs, sessions and sockets all make their `GenerateRequest` of the same three steps, so that
equal conversations are counted alike everywhere. Knows neutral words only, no wire type.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Literal, NamedTuple

from fakeai.content import template
from fakeai.content.tokens import INLINE_LIMIT, encoding
from fakeai.core.call import Call
from fakeai.core.catalog import ModelCard
from fakeai.core.chance import Ids
from fakeai.core.clock import off_loop
from fakeai.core.errors import BadRequest
from fakeai.core.feed import Feed
from fakeai.core.generation import (
    AudioOut,
    Burst,
    GenerateRequest,
    Generates,
    Message,
    Placement,
    ReasoningEffort,
    Sampling,
    Timing,
    Tool,
    ToolChoice,
)
from fakeai.services import capabilities
from fakeai.services.base import lenient, timing

UNCOUNTED = template.PromptTokens(0, 0)
"""For a model that counts tokens itself, and refuses what does not fit its window."""


class Asked(NamedTuple):
    """What is asked of a model: the conversation so far, and how to go on with it."""

    messages: tuple[Message, ...]
    sampling: Sampling = Sampling()
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice = ToolChoice()
    parallel_tool_calls: bool = True
    json_schema: Mapping[str, Any] | None = None
    json_object: bool = False
    reasoning_effort: ReasoningEffort | None = None
    verbosity: Literal["low", "medium", "high"] = "medium"
    audio: AudioOut | None = None
    web_search: bool = False
    streamed: bool = True
    ids: Ids | None = None
    """Where ids in the answer come from, if not from the App's."""


class Asker(NamedTuple):
    """Who asks: whose caches are shared, what latency is wanted, and how strictly rules are kept."""

    timing: Timing = Timing()
    placement: Placement = Placement()
    easy: bool = False


class Turns:
    """Turns of one App's models."""

    def __init__(self, backend: Generates, organization: str, *, seed: bytes, lenient: bool) -> None:
        self._backend = backend
        self._home = organization
        self._seed = seed
        self._lenient = lenient

    def asker(self, call: Call, *, salt: str = "", priority: int = 0) -> Asker:
        """The maker of a call, as its headers describe him."""
        placed = Placement(
            call.headers.get("x-fakeai-affinity", ""), priority, self._salt(call.principal.organization, salt)
        )
        return Asker(timing(call), placed, lenient(call, self._lenient))

    def worker(self, organization: str) -> Asker:
        """Work that is done for an organization when no call waits for it."""
        return Asker(placement=Placement(salt=self._salt(organization, "")), easy=self._lenient)

    def _salt(self, organization: str, salt: str) -> str:
        return salt if organization == self._home else f"{organization}\n{salt}"

    async def request(self, card: ModelCard, asked: Asked, who: Asker, param: str = "input") -> GenerateRequest:
        """The request of a turn. Raises ContextLengthExceeded or BadRequest, which call the conversation `param`."""
        counted = await prompt_tokens(asked.messages, asked.tools, card, asked.json_schema)
        sampling = asked.sampling
        if not card.own_tokens:
            capabilities.check_window(card, counted.total, sampling.max_tokens, easy=who.easy, param=param)
        return GenerateRequest(
            card,
            asked.messages,
            counted.total,
            capabilities.room(card, counted.total),
            digest(self._seed, card, asked.messages, sampling, _shape(asked)),
            sampling,
            counted.audio,
            asked.tools,
            asked.tool_choice,
            asked.parallel_tool_calls,
            asked.json_schema,
            asked.json_object,
            asked.reasoning_effort,
            verbosity=asked.verbosity,
            audio=asked.audio,
            web_search=asked.web_search,
            streamed=asked.streamed,
            timing=who.timing,
            placement=who.placement,
            ids=asked.ids,
        )

    def generate(self, request: GenerateRequest) -> Feed[Burst]:
        """The answer. Raises BadRequest for a latency that cannot be read, ApiError where engines take no more."""
        try:
            return self._backend.generate(request)
        except ValueError as error:
            raise BadRequest(str(error), code="invalid_value") from error


async def prompt_tokens(
    messages: Sequence[Message], tools: Sequence[Tool], card: ModelCard, schema: Mapping[str, Any] | None
) -> template.PromptTokens:
    """Tokens of a prompt as the model's template renders it; in a thread if it is long."""
    if card.own_tokens:
        return UNCOUNTED
    enc = encoding(card.encoding)
    size = 0
    for message in messages:
        size += INLINE_LIMIT + 1 if message.media else len(message.text)
    if size > INLINE_LIMIT:
        return await off_loop(template.prompt_tokens, messages, tools, enc, card, schema)
    return template.prompt_tokens(messages, tools, enc, card, schema)


def digest(seed: bytes, card: ModelCard, messages: Sequence[Message], sampling: Sampling, shape: str) -> bytes:
    """What the answer depends on; not how it is delivered. At temperature 0 the sampling's seed does not count.

    `shape` is whatever else of the request changes the words, in any writing that equal requests share.
    """
    words = [card.id]
    for message in messages:
        words += (message.role, message.text)
        if message.tool_calls or message.media:
            words += [word for use in message.tool_calls for word in (use.name, use.arguments)]
            words += [item.url or blake2b(item.data or b"").hexdigest() for item in message.media]
    if sampling.temperature != 0.0:
        penalties = sampling.presence_penalty, sampling.frequency_penalty
        words.append(_drawn(sampling.temperature, sampling.top_p, sampling.seed, *penalties))
    if shape:
        words.append(shape)
    return blake2b("\0".join(words).encode("utf-8", "surrogatepass"), key=seed).digest()


@lru_cache(maxsize=256)
def _drawn(
    temperature: float, top_p: float, seed: int | None, presence_penalty: float, frequency_penalty: float
) -> str:
    """What of a sampling changes the words."""
    return f"{seed} {temperature} {top_p} {presence_penalty} {frequency_penalty}"


_UNSHAPED = (), ToolChoice(), True, None, False, None, "medium", None


def _shape(asked: Asked) -> str:
    shape = (
        asked.tools,
        asked.tool_choice,
        asked.parallel_tool_calls,
        asked.json_schema,
        asked.json_object,
        asked.reasoning_effort,
        asked.verbosity,
        asked.audio,
    )
    return "" if shape == _UNSHAPED else repr(shape)
