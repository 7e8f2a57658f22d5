"""ChatKit threads and their items, as the API shows them to whoever has an API key."""

from typing import Literal, NotRequired, TypeAlias

from typing_extensions import TypedDict


class ThreadStatus(TypedDict):
    """Whether a thread takes messages."""

    type: Literal["active", "locked", "closed"]
    reason: NotRequired[str | None]


class Thread(TypedDict):
    """A thread. `user` is whoever its session was for."""

    id: str
    object: Literal["chatkit.thread"]
    created_at: int
    status: ThreadStatus
    title: str | None
    user: str


class Attachment(TypedDict):
    """A file that came with a message."""

    id: str
    type: Literal["image", "file"]
    mime_type: str
    name: str
    preview_url: str | None


class Words(TypedDict):
    """What a user wrote, or quoted."""

    type: Literal["input_text", "quoted_text"]
    text: str


class PickedTool(TypedDict):
    """The tool that a message asks for."""

    id: str


class InferenceOptions(TypedDict):
    """The model and the tool that a message asks for."""

    model: str | None
    tool_choice: PickedTool | None


class UserMessage(TypedDict):
    """What a user has said."""

    id: str
    object: Literal["chatkit.thread_item"]
    type: Literal["chatkit.user_message"]
    thread_id: str
    created_at: int
    content: list[Words]
    attachments: list[Attachment]
    inference_options: InferenceOptions | None


class UrlSource(TypedDict):
    """A page."""

    type: Literal["url"]
    url: str


class UrlAnnotation(TypedDict):
    """Where something that is said comes from."""

    type: Literal["url"]
    source: UrlSource


class OutputText(TypedDict):
    """What the assistant says."""

    type: Literal["output_text"]
    text: str
    annotations: list[UrlAnnotation]


class AssistantMessage(TypedDict):
    """What the assistant has said."""

    id: str
    object: Literal["chatkit.thread_item"]
    type: Literal["chatkit.assistant_message"]
    thread_id: str
    created_at: int
    content: list[OutputText]


class ClientToolCall(TypedDict):
    """A call of a tool in the browser; arguments and output are JSON in text."""

    id: str
    object: Literal["chatkit.thread_item"]
    type: Literal["chatkit.client_tool_call"]
    thread_id: str
    created_at: int
    status: Literal["in_progress", "completed"]
    call_id: str
    name: str
    arguments: str
    output: str | None


class Widget(TypedDict):
    """Something that is shown, and can be used, in the browser; `widget` is JSON in text."""

    id: str
    object: Literal["chatkit.thread_item"]
    type: Literal["chatkit.widget"]
    thread_id: str
    created_at: int
    widget: str


class Task(TypedDict):
    """A step of the work on an answer."""

    type: Literal["custom", "thought"]
    heading: str | None
    summary: str | None


class TaskGroup(TypedDict):
    """The steps of the work on an answer."""

    id: str
    object: Literal["chatkit.thread_item"]
    type: Literal["chatkit.task_group"]
    thread_id: str
    created_at: int
    tasks: list[Task]


Item: TypeAlias = UserMessage | AssistantMessage | ClientToolCall | Widget | TaskGroup


class ThreadDeleted(TypedDict):
    """The answer to the DELETE of a thread."""

    id: str
    object: Literal["chatkit.thread.deleted"]
    deleted: bool
