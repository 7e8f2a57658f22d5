"""The neutral words of generation: what is asked of a model, and the deltas that come back.

Nothing here is OpenAI's JSON (that is `wire/`) and nothing says when a delta is due (that is `sim/`).
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias, overload

from fakeai.core.catalog import ModelCard
from fakeai.core.chance import Ids
from fakeai.core.feed import Feed

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
JsonObject: TypeAlias = dict[str, Any]  # parsed JSON, of a shape only its user knows

FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "function_call"]
ReasoningEffort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
Role = Literal["system", "developer", "user", "assistant", "tool", "function"]


class Look(NamedTuple):
    """How closely films and pictures are looked at, where a request says so; None: as the model does by itself."""

    fps: float | None = None
    frames: int | None = None
    """Most frames of a film."""
    least: int | None = None
    most: int | None = None
    """Pixels of a frame, which is scaled to be between them."""
    total: int | None = None
    """Most pixels of all frames of a film together."""


class Media(NamedTuple):
    """An image, sound, document or video in a message. `data` is None when only a URL or file id is known."""

    kind: Literal["image", "audio", "file", "video"]
    data: bytes | None
    mime: str = ""
    name: str = ""
    url: str = ""
    detail: str = "auto"
    look: Look | None = None
    written: bool = False
    """Whether the words in a sound are in its message's text."""


class ToolUse(NamedTuple):
    """A tool call the assistant made earlier."""

    id: str
    name: str
    arguments: str


class Message(NamedTuple):
    """One message of the prompt. `text` joins its text parts; `media` holds the others in order."""

    role: Role
    text: str = ""
    media: tuple[Media, ...] = ()
    name: str | None = None
    tool_calls: tuple[ToolUse, ...] = ()
    tool_call_id: str | None = None


class Tool(NamedTuple):
    """A tool the model may call. `function` takes JSON arguments of `schema`; `custom` takes text of a grammar."""

    name: str
    description: str = ""
    kind: Literal["function", "custom"] = "function"
    schema: Mapping[str, Any] | None = None
    strict: bool = False
    grammar: tuple[Literal["lark", "regex"], str] | None = None
    takes: Literal["", "python", "shell", "local_shell", "patch", "screen"] = ""
    """What its input is, where its schema does not say enough: for a simulated model, which would else make it up."""


class ToolChoice(NamedTuple):
    """Which tools may or must be called. `names` limits the choice (named and allowed tools)."""

    mode: Literal["none", "auto", "required"] = "auto"
    names: tuple[str, ...] | None = None


class Sampling(NamedTuple):
    """How tokens are drawn. `max_tokens` None means up to what the window leaves."""

    n: int = 1
    max_tokens: int | None = None
    temperature: float = 1.0
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    logit_bias: Mapping[int, float] = MappingProxyType({})
    top_logprobs: int | None = None
    """How many alternatives to list per token; 0 lists the chosen one only; None: no logprobs."""


class AudioOut(NamedTuple):
    """Spoken output wanted: a voice and a container format (`wav`, `mp3`, …)."""

    voice: str
    format: Literal["wav", "aac", "mp3", "flac", "opus", "pcm16"]
    program: str | None = None
    """Where the program is that speaks, if it is not to be the plain voice."""
    speed: float = 1.0
    """How many times as fast as usual; what it costs is the same."""


class Timing(NamedTuple):
    """Latency asked for by one request, over the profile's: specs such as `"200"` or `"200:10%"`, in milliseconds."""

    ttft_ms: str | None = None
    itl_ms: str | None = None


class Placement(NamedTuple):
    """Where and when among others a request is worked on; changes no word of the answer."""

    affinity: str = ""
    """Requests of one affinity go to the same worker."""
    priority: int = 0
    """Lower goes first."""
    salt: str = ""
    """Prompts share cached blocks only with those of the same salt."""


class GenerateRequest(NamedTuple):
    """Everything a model needs to answer. `digest` identifies the request's meaning: equal digests, equal answers."""

    model: ModelCard
    messages: tuple[Message, ...]
    prompt_tokens: int
    room: int
    """Tokens the answer may have at most, reasoning included: what the window and the model's output limit leave."""
    digest: bytes
    sampling: Sampling
    prompt_audio_tokens: int = 0
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice = ToolChoice()
    parallel_tool_calls: bool = True
    json_schema: Mapping[str, Any] | None = None
    json_object: bool = False
    reasoning_effort: ReasoningEffort | None = None
    prediction: str | None = None
    verbosity: Literal["low", "medium", "high"] = "medium"
    audio: AudioOut | None = None
    web_search: bool = False
    raw_prompt: bool = False
    """The prompt is text to continue (legacy completions), not a conversation."""
    prompt_ids: tuple[int, ...] | None = None
    """The text to continue as tokens of the model's own vocabulary (`card.own_tokens`); the message's text is empty then."""
    suffix: str | None = None
    echo: bool = False
    """Give the prompt back before its continuation."""
    streamed: bool = False
    timing: Timing = Timing()
    placement: Placement = Placement()
    ids: Ids | None = None
    """Where ids in the answer come from, if not from the App's."""
    kept: bool = False
    """Whether its maker keeps this object, to ask it again for equal bytes: then its answer is worth keeping too."""


class TopLogprob(NamedTuple):
    """An alternative token and its log probability."""

    token: str
    logprob: float


class TokenLogprob(NamedTuple):
    """The chosen token, its log probability, and the most likely ones with it (descending, chosen one listed)."""

    token: str
    logprob: float
    top: tuple[TopLogprob, ...]


# -- deltas: each belongs to one choice; `pieces` are tokens' texts, one a token (see `Text`)


class Text(NamedTuple):
    """Answer text. Each piece is one chunk on the wire and one token, unless `tokens` says otherwise.

    A token that ends inside a UTF-8 character has the empty piece; the piece that completes it holds the character.
    """

    choice: int
    pieces: Sequence[str]
    logprobs: Sequence[TokenLogprob] | None = None


class Reasoning(NamedTuple):
    """Visible reasoning (`reasoning_content`)."""

    choice: int
    pieces: Sequence[str]


class Thinking(NamedTuple):
    """Hidden reasoning: takes time and tokens, shows nothing."""

    choice: int
    tokens: int


class Refusal(NamedTuple):
    """The model declines, in words."""

    choice: int
    pieces: Sequence[str]


class ToolStart(NamedTuple):
    """A tool call begins; `call` numbers the calls of one choice from 0."""

    choice: int
    call: int
    id: str
    name: str
    kind: Literal["function", "custom"]


class ToolInput(NamedTuple):
    """Arguments (JSON) or input text of the tool call `call`."""

    choice: int
    call: int
    pieces: Sequence[str]


class Audio(NamedTuple):
    """Spoken answer: the words, and the sound (bytes of the wanted format) that goes with them."""

    choice: int
    id: str
    pieces: Sequence[str]
    sound: bytes


class Annotations(NamedTuple):
    """Web-search citations of the text so far, as OpenAI's `annotations` items."""

    choice: int
    items: Sequence[JsonObject]


class Stop(NamedTuple):
    """The choice is complete."""

    choice: int
    reason: FinishReason


class Usage(NamedTuple):
    """Tokens of one request. Details are parts of the totals."""

    prompt: int
    completion: int
    cached: int = 0
    prompt_audio: int = 0
    reasoning: int = 0
    completion_audio: int = 0
    accepted_prediction: int = 0
    rejected_prediction: int = 0
    amount: int = 0
    """In the unit of what was asked for, where that is not tokens: images, characters, seconds."""
    detail: str = ""
    """An image's size."""
    source: str = ""
    """What made an image: `image.generation`, `image.edit`, `image.variation`."""


class Finish(NamedTuple):
    """The last delta of every feed, exactly one."""

    usage: Usage


Delta: TypeAlias = Text | Reasoning | Thinking | Refusal | ToolStart | ToolInput | Audio | Annotations | Stop | Finish
Burst: TypeAlias = Sequence[Delta]
"""Deltas that are due at the same instant."""


class Run(Sequence[Burst]):
    """Bursts of one token each: text of one choice, without log probabilities. Who knows it need not look at each."""

    __slots__ = ("choice", "pieces")

    def __init__(self, choice: int, pieces: Sequence[str]) -> None:
        self.choice = choice
        self.pieces = pieces

    def __len__(self) -> int:
        return len(self.pieces)

    @overload
    def __getitem__(self, at: int) -> Burst: ...
    @overload
    def __getitem__(self, at: slice) -> "Run": ...
    def __getitem__(self, at: int | slice) -> "Burst | Run":
        if isinstance(at, slice):
            return Run(self.choice, self.pieces[at])
        return (Text(self.choice, (self.pieces[at],)),)


class Generates(Protocol):
    """A backend that answers prompts."""

    def generate(self, request: GenerateRequest) -> Feed[Burst]:
        """The answer as bursts of deltas, ending with one `Finish`; cancelling the feed frees the work."""
