"""What OpenAI checks of a response's request beyond its document: what goes together, and what a model can do."""

from collections.abc import Mapping, Sequence
from typing import Any

from fakeai.core.catalog import ModelCard
from fakeai.core.errors import BadRequest, NotFound, UnsupportedParameter
from fakeai.core.generation import JsonObject, Tool
from fakeai.services import structure
from fakeai.wire.responses.request import ResponseRequest

_CHATTING = frozenset({"chat", "responses"})
_OPENAI = frozenset({"openai", "system", "openai-internal"})


def check(body: ResponseRequest) -> None:
    """Refuse what cannot go together."""
    if body.conversation is not None and body.previous_response_id is not None:
        raise BadRequest(
            "Mutually exclusive parameters: Ensure you are only providing one of: 'previous_response_id' or "
            "'conversation'.",
            code="mutually_exclusive_parameters",
        )
    if body.model is None and body.prompt is None:
        raise BadRequest("Missing required parameter: 'model'.", param="model", code="missing_required_parameter")
    known = body.previous_response_id, body.prompt, body.conversation
    if not body.input and all(one is None for one in known):
        raise BadRequest(
            "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation_id' must be provided.",
            param="input",
            code="missing_required_parameter",
        )
    if body.background and body.store is False:
        raise BadRequest("Background mode requires 'store' to be true.", param="background")


def check_model(body: ResponseRequest, card: ModelCard) -> None:
    """Refuse what the model cannot do. Ids outside the catalog are taken to be able to do everything."""
    if not card.known:
        return
    if card.family not in _CHATTING:
        raise NotFound(
            f"The model '{card.id}' is not supported with the Responses API.", param="model", code="model_not_found"
        )
    thinks = "reasoning" in card.capabilities and card.owned_by in _OPENAI
    effort = None if body.reasoning is None else body.reasoning.effort
    if not thinks and card.owned_by in _OPENAI and effort is not None and effort != "none":
        raise _unsupported("reasoning.effort")
    if not thinks or effort == "none":
        return
    for name, default in (("temperature", 1), ("top_p", 1)):
        value = getattr(body, name)
        if value is not None and value != default:
            raise _unsupported(name)
    if body.top_logprobs:
        raise _unsupported("top_logprobs")


def _unsupported(name: str) -> UnsupportedParameter:
    return UnsupportedParameter(
        f"Unsupported parameter: '{name}' is not supported with this model.", param=name, code="unsupported_parameter"
    )


def schema_of(body: Any, *, strict: bool) -> Mapping[str, Any] | None:
    """The schema that the text must follow, if any. Raises BadRequest for one that cannot be used. Any: a wire request."""
    form = body.text.format if body.text is not None else None
    if form is None or form.type != "json_schema":
        return None
    from fakeai.content import jsonschema

    schema: Mapping[str, Any] = form.schema_
    try:
        jsonschema.check(schema, strict=strict and form.strict is not False)
    except jsonschema.SchemaError as error:
        message = f"Invalid schema for response_format '{form.name}': {error.message}"
        raise BadRequest(message, param="text.format.schema", code="invalid_json_schema") from error
    return schema


def check_json(items: Sequence[JsonObject], instructions: str | None) -> None:
    """Whoever wants some JSON object must say so in words."""
    if "json" in (instructions or "").lower() or any("json" in _words(item).lower() for item in items):
        return
    raise BadRequest(
        "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.",
        param="input",
    )


def _words(item: JsonObject) -> str:
    content = item.get("content", item.get("output", ""))
    if isinstance(content, str):
        return content
    return " ".join(str(part.get("text", "")) for part in content or () if isinstance(part, dict))


def check_tools(tools: Sequence[Tool], *, strict: bool) -> None:
    """Refuse tools whose schemas or grammars cannot be used."""
    for number, tool in enumerate(tools):
        inner = "format.definition" if tool.kind == "custom" else "parameters"
        structure.check_tool(tool, f"tools[{number}].{inner}", strict=strict)
