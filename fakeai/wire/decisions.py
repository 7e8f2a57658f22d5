"""Questions to be answered about an input, and the answers: `POST /decisions`, and the decisions of Live sessions."""

from typing import Annotated, Any, Literal, TypeAlias

from annotated_types import MaxLen, MinLen
from pydantic import Field
from typing_extensions import TypedDict

from fakeai.wire.base import FirstOf, Items, Omittable, Wire, shown_as
from fakeai.wire.chat import PromptCacheOptions
from fakeai.wire.messages import CacheBreakpoint

MOST_QUESTIONS = 400
MOST_CHOICES = 255


class DecisionPart(Wire):
    """What content parts have in common."""

    prompt_cache_breakpoint: CacheBreakpoint | None = None


class TextPart(DecisionPart):
    """Text."""

    type: Literal["input_text"]
    text: str


class ImagePart(DecisionPart):
    """An image: a link or a `data:` URL."""

    type: Literal["input_image"]
    image_url: str
    detail: Literal["low", "high", "auto", "original"] | None = None


class JsonPart(DecisionPart):
    """JSON that is read as text."""

    type: Literal["input_json"]
    data: Annotated[Items[dict[str, Any]] | dict[str, Any], FirstOf()]


class OutputTextPart(DecisionPart):
    """What the assistant said."""

    type: Literal["output_text"]
    text: str


class RefusalPart(DecisionPart):
    """What the assistant declined with."""

    type: Literal["refusal"]
    refusal: str


UserPart: TypeAlias = Annotated[TextPart | ImagePart | JsonPart, Field(discriminator="type")]
ToolPart: TypeAlias = Annotated[TextPart | ImagePart, Field(discriminator="type")]
SaidPart: TypeAlias = Annotated[OutputTextPart | RefusalPart, Field(discriminator="type")]
UserContent: TypeAlias = Annotated[str | Items[UserPart], FirstOf()]
Instructions: TypeAlias = UserContent


class DecisionItem(Wire):
    """What items have in common."""

    id: str | None = None


class UserMessage(DecisionItem):
    """What the user says and shows."""

    role: Literal["user"]
    content: UserContent
    type: Omittable[Literal["message"]] = None


class DeveloperMessage(DecisionItem):
    """Instructions."""

    role: Literal["developer"]
    content: Annotated[str | Items[TextPart], FirstOf()]
    type: Omittable[Literal["message"]] = None


class SystemMessage(DecisionItem):
    """Instructions."""

    role: Literal["system"]
    content: Annotated[str | Items[TextPart], FirstOf()]
    type: Omittable[Literal["message"]] = None


class AssistantMessage(DecisionItem):
    """What the assistant said."""

    role: Literal["assistant"]
    content: Annotated[str | Items[SaidPart], FirstOf()]
    phase: Literal["commentary", "final_answer"] | None = None
    type: Omittable[Literal["message"]] = None


class ToolItem(DecisionItem):
    """What calls and their outputs have in common."""

    call_id: Annotated[str, MinLen(1), MaxLen(64)]
    status: Literal["in_progress", "completed", "incomplete"] | None = None


class FunctionCall(ToolItem):
    """A function that the assistant called."""

    type: Literal["function_call"]
    name: str
    arguments: str
    namespace: str | None = None


class FunctionCallOutput(ToolItem):
    """What came of it."""

    type: Literal["function_call_output"]
    output: Annotated[str | Items[ToolPart], FirstOf()]


class CustomToolCall(ToolItem):
    """A custom tool that the assistant called."""

    type: Literal["custom_tool_call"]
    name: str
    input: str
    namespace: str | None = None


class CustomToolCallOutput(ToolItem):
    """What came of it."""

    type: Literal["custom_tool_call_output"]
    output: Annotated[str | Items[ToolPart], FirstOf()]


Message: TypeAlias = Annotated[
    UserMessage | DeveloperMessage | SystemMessage | AssistantMessage, Field(discriminator="role")
]
ToolUse: TypeAlias = Annotated[
    FunctionCall | FunctionCallOutput | CustomToolCall | CustomToolCallOutput, Field(discriminator="type")
]
Item: TypeAlias = Annotated[Message | ToolUse, FirstOf()]


class Predicate(Wire):
    """How likely is it that this is true of the input?"""

    type: Literal["predicate"]
    instructions: Instructions
    name: Omittable[str] = None


class Option(Wire):
    """One of several to choose from."""

    value: Annotated[str | bool, FirstOf()]
    description: Omittable[str] = None


class Choice(Wire):
    """Which of these fits the input?"""

    type: Literal["choice"]
    instructions: Instructions
    choices: Annotated[Items[Option], MinLen(2), MaxLen(MOST_CHOICES)]
    name: Omittable[str] = None


class Level(Wire):
    """One of several in order."""

    label: str
    description: Omittable[str] = None


class Score(Wire):
    """How far up these levels is the input?"""

    type: Literal["score"]
    instructions: Instructions
    levels: Annotated[Items[Level], MinLen(2), MaxLen(MOST_CHOICES)]
    name: Omittable[str] = None


Question: TypeAlias = Annotated[Predicate | Choice | Score, Field(discriminator="type")]
Questions: TypeAlias = Annotated[Items[Question], MinLen(1), MaxLen(MOST_QUESTIONS)]


class DecisionRequest(Wire):
    """Body of `POST /decisions`."""

    NEEDS_MODEL = True
    model_config = shown_as(
        {
            "model": "gpt-6-luna",
            "input": "I was charged twice for the same subscription.",
            "questions": [
                {
                    "type": "choice",
                    "name": "category",
                    "instructions": "Classify the support ticket.",
                    "choices": [{"value": "billing"}, {"value": "technical"}],
                }
            ],
        }
    )

    model: str
    input: Annotated[str | Annotated[Items[Item], MinLen(1)], FirstOf()]
    questions: Questions
    prompt_cache_key: str | None = None
    prompt_cache_options: PromptCacheOptions | None = None
    safety_identifier: Annotated[str, MaxLen(128)] | None = None


# -- the reply


class PredicateAnswer(TypedDict):
    """The probability that it is true."""

    type: Literal["predicate"]
    name: str | None
    probability: float


class ChoiceProbability(TypedDict):
    """How likely one choice is."""

    value: str | bool
    probability: float


class ChoiceAnswer(TypedDict):
    """The likeliest choice; its probability is the confidence."""

    type: Literal["choice"]
    name: str | None
    choice: str | bool
    confidence: float
    probabilities: list[ChoiceProbability]


class LevelProbability(TypedDict):
    """How likely one level is; levels are numbered from 0."""

    value: int
    label: str
    probability: float


class ScoreAnswer(TypedDict):
    """The expected level."""

    type: Literal["score"]
    name: str | None
    score: float
    confidence: float
    probabilities: list[LevelProbability]


class RefusalAnswer(TypedDict):
    """The model declined to answer this question."""

    type: Literal["refusal"]
    name: str | None


Answer: TypeAlias = PredicateAnswer | ChoiceAnswer | ScoreAnswer | RefusalAnswer


class InputDetails(TypedDict):
    """Parts of the input."""

    cached_tokens: int
    cache_write_tokens: int


class OutputDetails(TypedDict):
    """Parts of the output."""

    reasoning_tokens: int


class DecisionUsage(TypedDict):
    """Tokens of one request."""

    input_tokens: int
    input_tokens_details: InputDetails
    output_tokens: int
    output_tokens_details: OutputDetails
    total_tokens: int


class Decision(TypedDict):
    """The answers, in the order of the questions."""

    model: str
    answers: list[Answer]
    usage: DecisionUsage
