"""Steps of runs: what a run has done, one after the other."""

from typing import Literal, NotRequired, TypeAlias

from typing_extensions import TypedDict

from fakeai.wire.assistants.runs import RunUsage


class CreatedMessage(TypedDict):
    """Which message it is."""

    message_id: str


class MessageDetails(TypedDict):
    """A message was written."""

    type: Literal["message_creation"]
    message_creation: CreatedMessage


class Logs(TypedDict):
    """What a program has said."""

    type: Literal["logs"]
    logs: str


class OutputFile(TypedDict):
    """A file of a program."""

    file_id: str


class OutputImage(TypedDict):
    """An image that a program has drawn."""

    type: Literal["image"]
    image: OutputFile


class Program(TypedDict):
    """A program and what has come of it."""

    input: str
    outputs: list[Logs | OutputImage]


class CodeCall(TypedDict):
    """A program was run."""

    id: str
    type: Literal["code_interpreter"]
    code_interpreter: Program


class Ranking(TypedDict):
    """Which passages count."""

    ranker: Literal["auto", "default_2024_08_21"]
    score_threshold: float


class ResultContent(TypedDict):
    """Text of a passage."""

    type: Literal["text"]
    text: str


class Result(TypedDict):
    """A passage that was found; its text only if it was asked for."""

    file_id: str
    file_name: str
    score: float
    content: NotRequired[list[ResultContent]]


class Search(TypedDict):
    """How it was searched, and what was found."""

    ranking_options: NotRequired[Ranking]
    results: NotRequired[list[Result]]


class SearchCall(TypedDict):
    """Files were searched."""

    id: str
    type: Literal["file_search"]
    file_search: Search


class FunctionOutput(TypedDict):
    """A function, its arguments, and what it has come to once that is known."""

    name: str
    arguments: str
    output: str | None


class FunctionCall(TypedDict):
    """A function was called."""

    id: str
    type: Literal["function"]
    function: FunctionOutput


class CallDetails(TypedDict):
    """Tools were used."""

    type: Literal["tool_calls"]
    tool_calls: list[CodeCall | SearchCall | FunctionCall]


class StepError(TypedDict):
    """Why a step failed."""

    code: Literal["server_error", "rate_limit_exceeded"]
    message: str


Details: TypeAlias = MessageDetails | CallDetails


class RunStep(TypedDict):
    """A step."""

    id: str
    object: Literal["thread.run.step"]
    created_at: int
    assistant_id: str
    thread_id: str
    run_id: str
    type: Literal["message_creation", "tool_calls"]
    status: Literal["in_progress", "cancelled", "failed", "completed", "expired"]
    step_details: Details
    last_error: StepError | None
    expired_at: int | None
    cancelled_at: int | None
    failed_at: int | None
    completed_at: int | None
    metadata: dict[str, str]
    usage: RunUsage | None
