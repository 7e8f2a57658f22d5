"""What a run is to do, of what its assistant says and what its maker wants otherwise."""

from collections.abc import Sequence
from typing import Any

from fakeai.core.call import Call
from fakeai.core.errors import BadRequest
from fakeai.services.assistants.assistants import seen
from fakeai.services.assistants.checks import Checks, plain
from fakeai.services.assistants.endings import USED
from fakeai.services.base import lenient, timing
from fakeai.store.base import Object
from fakeai.wire import wording
from fakeai.wire.assistants.runs import RESULTS, RunCreate, RunOptions, Truncation
from fakeai.wire.assistants.tools import NamedChoice
from fakeai.wire.listing import many

LASTS_S = 600
"""How long a run may take, its caller's part in it included."""


def plan(
    call: Call, checks: Checks, body: RunOptions, assistant: Object, *, name: str, thread: str, now: int
) -> Object:
    """A run that is queued. Raises BadRequest, ModelNotFound."""
    given = body.tools
    if given is not None:
        checks.tools(call, given, None)
    checks.tools(call, None, body.response_format)
    tools = assistant["tools"] if given is None else [plain(tool) for tool in given]
    checks.choice(call, body.tool_choice, tools)
    model = body.model or assistant["model"]
    call.model = checks.model(call, model).id
    who = call.principal
    return {
        "id": name,
        "object": "thread.run",
        "created_at": now,
        "thread_id": thread,
        "assistant_id": assistant["id"],
        "status": "queued",
        "required_action": None,
        "last_error": None,
        "expires_at": now + LASTS_S,
        "started_at": None,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "incomplete_details": None,
        "model": model,
        "instructions": _instructions(body, assistant),
        "tools": tools,
        "metadata": body.metadata or {},
        "usage": None,
        "temperature": _or(body.temperature, assistant.get("temperature"), 1.0),
        "top_p": _or(body.top_p, assistant.get("top_p"), 1.0),
        "max_prompt_tokens": body.max_prompt_tokens,
        "max_completion_tokens": body.max_completion_tokens,
        "truncation_strategy": _truncation(body.truncation_strategy),
        "tool_choice": _choice(body.tool_choice),
        "parallel_tool_calls": body.parallel_tool_calls is not False,
        "response_format": _format(body, assistant),
        "reasoning_effort": body.reasoning_effort or assistant.get("reasoning_effort"),
        USED: [0, 0],
        "_who": [who.organization, who.project, who.key, who.user],
        "_timing": [*timing(call), call.headers.get("x-fakeai-affinity", "")],
        "_include": included(call),
        "_said": 0,
        "_stores": [],
        "_files": [],
    }


def stores(*resources: Object | None) -> list[str]:
    """The vector stores among what tools work on, each once."""
    found = (name for some in resources for name in (some or {}).get("file_search", {}).get("vector_store_ids", ()))
    return list(dict.fromkeys(found))


def program_files(*resources: Object | None) -> list[str]:
    """The files for programs among what tools work on, each once."""
    found = (name for some in resources for name in (some or {}).get("code_interpreter", {}).get("file_ids", ()))
    return list(dict.fromkeys(found))


def included(call: Call) -> Sequence[str]:
    """What a call wants to be told besides. Raises BadRequest for anything else than there is."""
    wanted = many(call.query, "include")
    for name in wanted:
        if name != RESULTS:
            raise wording.invalid_value("include", name, (RESULTS,))
    return wanted


def check_truncation(call: Call, body: RunOptions, *, easy: bool) -> None:
    """Refuse a strategy that does not say all it must."""
    strategy = body.truncation_strategy
    if strategy is None or lenient(call, easy):
        return
    if strategy.type == "last_messages" and strategy.last_messages is None:
        raise BadRequest(
            "'last_messages' is required when 'truncation_strategy.type' is 'last_messages'.",
            param="truncation_strategy.last_messages",
        )
    if strategy.type == "auto" and strategy.last_messages is not None:
        raise BadRequest(
            "'last_messages' can only be given when 'truncation_strategy.type' is 'last_messages'.",
            param="truncation_strategy.last_messages",
        )


def _instructions(body: RunOptions, assistant: Object) -> str:
    said = assistant.get("instructions") if body.instructions is None else body.instructions
    more = body.additional_instructions if isinstance(body, RunCreate) else None
    return "\n".join(text for text in (said, more) if text)


def _or(value: float | None, second: float | None, usual: float) -> float:
    return value if value is not None else usual if second is None else second


def _truncation(given: Truncation | None) -> Object:
    return {
        "type": "auto" if given is None else given.type,
        "last_messages": None if given is None else given.last_messages,
    }


def _choice(given: str | NamedChoice | None) -> Any:
    """As it is told. Any: a word, or an object."""
    return "auto" if given is None else given if isinstance(given, str) else plain(given)


def _format(body: RunOptions, assistant: Object) -> Any:
    given = body.response_format
    return seen(given) if given is not None else assistant.get("response_format") or "auto"
