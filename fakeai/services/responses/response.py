"""A response as it begins: what was asked, with what stands for the things that were not."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from fakeai.core.catalog import ModelCard
from fakeai.core.chance import Chance
from fakeai.core.generation import JsonObject, Usage
from fakeai.wire.responses.reply import Response, ResponseUsage
from fakeai.wire.responses.request import ResponseRequest

_DEFAULT_TEXT: JsonObject = {"format": {"type": "text"}, "verbosity": "medium"}


def begun(body: ResponseRequest, id: str, created: int, card: ModelCard, tools: list[JsonObject]) -> JsonObject:
    """The response to `body` before anything of it has come about."""
    tier = body.service_tier
    conversation = body.conversation
    response: Response = {
        "id": id,
        "object": "response",
        "created_at": created,
        "status": "queued" if body.background else "in_progress",
        "background": bool(body.background),
        "completed_at": None,
        "error": None,
        "incomplete_details": None,
        "instructions": body.instructions,
        "max_output_tokens": body.max_output_tokens,
        "max_tool_calls": body.max_tool_calls,
        "model": card.id,
        "output": [],
        "parallel_tool_calls": body.parallel_tool_calls is not False,
        "previous_response_id": body.previous_response_id,
        "prompt_cache_key": body.prompt_cache_key,
        "prompt_cache_retention": body.prompt_cache_retention,
        "reasoning": _reasoning(body, card),
        "safety_identifier": body.safety_identifier,
        "service_tier": "default" if tier is None or tier == "auto" else "priority" if tier == "fast" else tier,
        "store": body.store is not False,
        "temperature": 1.0 if body.temperature is None else body.temperature,
        "text": _text(body),
        "tool_choice": _choice(body),
        "tools": tools,
        "top_logprobs": body.top_logprobs or 0,
        "top_p": 1.0 if body.top_p is None else body.top_p,
        "truncation": body.truncation or "disabled",
        "metadata": body.metadata or {},
    }
    if conversation is not None:
        response["conversation"] = {"id": conversation if isinstance(conversation, str) else conversation.id}
    if body.user is not None:
        response["user"] = body.user
    if body.prompt is not None:
        response["prompt"] = {"version": None, "variables": None, **_given(body.prompt)}
    if body.prompt_cache_options is not None:
        response["prompt_cache_options"] = {"mode": "implicit", "ttl": "30m", **_given(body.prompt_cache_options)}
    return dict(response)


_FIRST_CREATED = 1_700_000_000
_YEAR_S = 31_536_000
_SAID = (
    "Hello! How can I help you today?",
    "Here is a short summary of what you asked for.",
    "Thanks for the details. Both options work; the first one is simpler.",
)


def made(card: ModelCard, id: str) -> JsonObject:
    """A plausible response for an id that nobody has seen; the same for the same id."""
    chance = Chance(id).stream("response")
    created = _FIRST_CREATED + chance.below(_YEAR_S)
    text = chance.pick(_SAID)
    part = {"type": "output_text", "annotations": [], "logprobs": [], "text": text}
    message = {"id": f"msg_{chance.data(12).hex()}", "type": "message", "status": "completed", "role": "assistant"}
    used = Usage(chance.between(8, 64), len(text) // 4)
    response = begun(ResponseRequest.model_construct(), id, created, card, [])
    output = [{**message, "content": [part]}]
    return {**response, "status": "completed", "completed_at": created + 1, "output": output, "usage": usage_of(used)}


CUT: Mapping[str, str] = MappingProxyType({"length": "max_output_tokens", "content_filter": "content_filter"})
"""Why a response is incomplete, by why the model stopped."""


def end(response: JsonObject, used: Usage, cut: str | None, now: Callable[[], int]) -> None:
    """Have a response be over: complete, or not if it was cut for a reason."""
    response["usage"] = usage_of(used)
    if cut is None:
        response["status"], response["completed_at"] = "completed", now()
    else:
        response["status"], response["incomplete_details"] = "incomplete", {"reason": cut}


def usage_of(used: Usage) -> ResponseUsage:
    """The `usage` object."""
    return {
        "input_tokens": used.prompt,
        "input_tokens_details": {"cached_tokens": used.cached, "cache_write_tokens": 0},
        "output_tokens": used.completion,
        "output_tokens_details": {"reasoning_tokens": used.reasoning},
        "total_tokens": used.prompt + used.completion,
    }


def tool_echo(tool: Any) -> JsonObject:
    """A tool as a response tells of it: without its secrets. Any: a union of wire types."""
    told: JsonObject = _given(tool)
    match told["type"]:
        case "function":
            told = {"parameters": None, "strict": True, "description": None, **told}
        case "custom":
            told = {"description": None, "format": {"type": "text"}, **told}
            if told["description"] is None:
                del told["description"]
        case "mcp":
            told = {"require_approval": "always", **told}
            told.pop("authorization", None)
            if told.get("headers"):
                told["headers"] = dict.fromkeys(told["headers"], "<redacted>")
        case "web_search" | "web_search_2025_08_26" | "web_search_preview" | "web_search_preview_2025_03_11":
            told = {"search_context_size": "medium", "user_location": None, **told}
        case "file_search":
            told = {"max_num_results": 20, "filters": None, "ranking_options": {"ranker": "auto"}, **told}
    return told


def _given(part: Any) -> JsonObject:
    """What was given of a wire object, as JSON. Any: a union of wire types."""
    told: JsonObject = part.model_dump(mode="json", exclude_unset=True, by_alias=True, warnings=False)
    return told


def _reasoning(body: ResponseRequest, card: ModelCard) -> JsonObject:
    asked = body.reasoning
    effort = "medium" if card.can("reasoning") else None
    if asked is None:
        return {"effort": effort, "summary": None}
    return {"effort": asked.effort or effort, "summary": asked.summary or asked.generate_summary}


def _text(body: ResponseRequest) -> JsonObject:
    if body.text is None:
        return _DEFAULT_TEXT
    told = {**_DEFAULT_TEXT, **_given(body.text)}
    if told["verbosity"] is None:
        told["verbosity"] = "medium"
    if told["format"]["type"] == "json_schema":
        told["format"] = {"description": None, "strict": True, **told["format"]}
        if told["format"]["description"] is None:
            del told["format"]["description"]
    return told


def _choice(body: ResponseRequest) -> Any:
    choice = body.tool_choice
    if choice is None:
        return "auto"
    return choice if isinstance(choice, str) else _given(choice)
