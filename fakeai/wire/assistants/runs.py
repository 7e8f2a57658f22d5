"""Runs: an assistant answers a thread."""

from typing import Annotated, Literal, NotRequired, TypeAlias

from annotated_types import Ge
from typing_extensions import TypedDict

from fakeai.core.generation import ReasoningEffort
from fakeai.wire.assistants.assistants import Instructions
from fakeai.wire.assistants.messages import MessageCreate
from fakeai.wire.assistants.threads import ThreadCreate
from fakeai.wire.assistants.tools import Choice, Format, FormatSeen, Resources, Tools, ToolSeen
from fakeai.wire.base import Integer, Items, Metadata, Omittable, Wire
from fakeai.wire.chat import Probability, Temperature

RESULTS = "step_details.tool_calls[*].file_search.results[*].content"
Include: TypeAlias = Literal["step_details.tool_calls[*].file_search.results[*].content"]
Budget: TypeAlias = Annotated[Integer, Ge(256)]


class Truncation(Wire):
    """What of a long thread the model is told."""

    type: Literal["auto", "last_messages"]
    last_messages: Annotated[Integer, Ge(1)] | None = None


class RunOptions(Wire):
    """How a run differs from what its assistant says."""

    assistant_id: str
    model: str | None = None
    instructions: Instructions | None = None
    tools: Tools | None = None
    metadata: Metadata | None = None
    temperature: Temperature | None = None
    top_p: Probability | None = None
    stream: bool | None = None
    max_prompt_tokens: Budget | None = None
    max_completion_tokens: Budget | None = None
    truncation_strategy: Truncation | None = None
    tool_choice: Choice | None = None
    parallel_tool_calls: Omittable[bool] = None
    response_format: Format | None = None
    reasoning_effort: ReasoningEffort | None = None


class RunCreate(RunOptions):
    """Body of `POST /threads/{thread_id}/runs`."""

    additional_instructions: Instructions | None = None
    additional_messages: Items[MessageCreate] | None = None


class ThreadRunCreate(RunOptions):
    """Body of `POST /threads/runs`."""

    thread: Omittable[ThreadCreate] = None
    tool_resources: Resources | None = None


class RunUpdate(Wire):
    """Body of `POST /threads/{thread_id}/runs/{run_id}`."""

    metadata: Metadata | None = None


class ToolOutput(Wire):
    """What a function has come to."""

    tool_call_id: Omittable[str] = None
    output: Omittable[str] = None


class ToolOutputs(Wire):
    """Body of `POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs`."""

    tool_outputs: Items[ToolOutput]
    stream: bool | None = None


# -- replies

Status: TypeAlias = Literal[
    "queued",
    "in_progress",
    "requires_action",
    "cancelling",
    "cancelled",
    "failed",
    "completed",
    "incomplete",
    "expired",
]
ACTIVE = frozenset({"queued", "in_progress", "requires_action", "cancelling"})
"""Statuses of runs that are not over: a thread has one of these at most."""


class FunctionUse(TypedDict):
    """A function and its arguments, a JSON text."""

    name: str
    arguments: str


class RequiredCall(TypedDict):
    """A function that the caller is to call."""

    id: str
    type: Literal["function"]
    function: FunctionUse


class RequiredCalls(TypedDict):
    """The functions that the caller is to call."""

    tool_calls: list[RequiredCall]


class RequiredAction(TypedDict):
    """What the caller is to do."""

    type: Literal["submit_tool_outputs"]
    submit_tool_outputs: RequiredCalls


class RunError(TypedDict):
    """Why a run failed."""

    code: Literal["server_error", "rate_limit_exceeded", "invalid_prompt"]
    message: str


class RunIncomplete(TypedDict):
    """Which budget is used up."""

    reason: NotRequired[Literal["max_completion_tokens", "max_prompt_tokens"]]


class RunUsage(TypedDict):
    """Tokens used."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class TruncationSeen(TypedDict):
    """What of a long thread the model is told."""

    type: Literal["auto", "last_messages"]
    last_messages: int | None


class NamedFunction(TypedDict):
    """The name of a function."""

    name: str


class ChoiceSeen(TypedDict):
    """A tool that is to be used."""

    type: Literal["function", "code_interpreter", "file_search"]
    function: NotRequired[NamedFunction]


class Run(TypedDict):
    """A run."""

    id: str
    object: Literal["thread.run"]
    created_at: int
    thread_id: str
    assistant_id: str
    status: Status
    required_action: RequiredAction | None
    last_error: RunError | None
    expires_at: int | None
    started_at: int | None
    cancelled_at: int | None
    failed_at: int | None
    completed_at: int | None
    incomplete_details: RunIncomplete | None
    model: str
    instructions: str
    tools: list[ToolSeen]
    metadata: dict[str, str]
    usage: RunUsage | None
    temperature: float | None
    top_p: float | None
    max_prompt_tokens: int | None
    max_completion_tokens: int | None
    truncation_strategy: TruncationSeen
    tool_choice: Literal["none", "auto", "required"] | ChoiceSeen
    parallel_tool_calls: bool
    response_format: FormatSeen
    reasoning_effort: NotRequired[ReasoningEffort | None]
