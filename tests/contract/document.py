"""OpenAI's own document, and what in a value is not as it says."""

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

DOCUMENT = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "openai-openapi.json"
pytestmark = pytest.mark.skipif(not DOCUMENT.is_file(), reason=f"OpenAI's document is not at {DOCUMENT}")

CHAT = "/chat/completions"

_NO_BATCH = (
    r"'(model|errors|(output|error)_file_id|(in_progress|finalizing|completed|failed|expired|cancelling|cancelled)_at)'\]: "
    r"null is not of type"
)
_NO_FILE = r"'(expires_at|status_details)'\]: null is not of type"

# Where OpenAI's servers and its document are known to differ, and we go with the servers: endpoint and fault.
DEVIATIONS = (
    (f"{CHAT}/{{completion_id}}/messages", r"\['data', \d+, 'role'\]: .* is not one of \"assistant\""),  # prompts have other roles too
    ("/completions", r"\['choices', \d+, 'logprobs'\]: .*\[null"),  # nothing precedes the first token of an echo
    (CHAT, r"'tool_calls', \d+, 'type'\]: \"custom\" is not one of \"function\""),  # chunks of custom tools are left out
    ("/moderations old", r"\"(category_applied_input_types|illicit|illicit/violent)\" is a required property"),
    ("/batches", _NO_BATCH),  # nulls for what has not happened, as in the document's own examples
    ("/files", _NO_FILE),  # nulls, which the SDK's types allow
    ("/uploads/{upload_id}/complete", rf"'file', {_NO_FILE}"),
    ("/audio/voices", r"Additional properties are not allowed \('(prompt|type)"),  # newer than the document
    ("/fine_tuning/jobs/{fine_tuning_job_id}/pause", r"^\['status'\]: \"paused\" is not one of"),  # the document's own example
)  # fmt: skip


@lru_cache
def document() -> dict[str, Any]:
    """Paths and schemas, in JSON Schema's words."""
    return _as_json_schema(json.loads(DOCUMENT.read_text()))


def _as_json_schema(node: Any) -> Any:
    """`nullable` and an `exclusiveMinimum` that is true are of an older OpenAPI, and some numbers are strings."""
    if isinstance(node, list):
        return [_as_json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    known = {
        name: float(item) if name in ("minimum", "maximum") and isinstance(item, str) else _as_json_schema(item)
        for name, item in node.items()
        if name != "nullable" or item is not True
    }
    if known.get("exclusiveMinimum") is True:
        known["exclusiveMinimum"] = known.pop("minimum")
    return {"anyOf": [known, {"type": "null"}]} if node.get("nullable") is True else known


@lru_cache
def validator(reference: str) -> Any:
    found = jsonschema_rs.Registry([("urn:openai", document())])
    return jsonschema_rs.Draft202012Validator({"$ref": f"urn:openai{reference}"}, registry=found)


def knows(method: str, path: str) -> bool:
    """Whether the document has the endpoint."""
    return method.lower() in document()["paths"].get(path, {})


def operation(method: str, path: str) -> Any:
    return document()["paths"][path][method.lower()]


def takes_json(method: str, path: str) -> bool:
    """Whether the document has a JSON body for the endpoint."""
    return "application/json" in operation(method, path).get("requestBody", {}).get("content", ())


def media_types(method: str, path: str) -> set[str]:
    """What a good reply can be written in."""
    return set(operation(method, path)["responses"]["200"].get("content", ()))


def schema_of(method: str, path: str, media: str = "application/json") -> str:
    """Where the schema of a good reply is."""
    return _place(method, path, ("responses", "200", "content", media, "schema"))


def schema_of_body(method: str, path: str) -> str:
    """Where the schema of a JSON body is."""
    return _place(method, path, ("requestBody", "content", "application/json", "schema"))


def _place(method: str, path: str, words: tuple[str, ...]) -> str:
    schema = operation(method, path)
    for word in words:
        schema = schema[word]
    steps = [word.replace("/", "~1") for word in ("paths", path, method.lower(), *words)]
    inline = "#/" + "/".join(steps).replace("{", "%7B").replace("}", "%7D")
    return str(schema.get("$ref", inline))


def faults(reference: str, value: Any, name: str = "") -> list[str]:
    """What is not as the schema says, without what is known to differ at the endpoint of that name."""
    found = [f"{list(error.instance_path)}: {error.message[:300]}" for error in validator(reference).iter_errors(value)]
    known = [fault for place, fault in DEVIATIONS if name.startswith(place)]
    return [fault for fault in found if not any(re.search(other, fault) for other in known)]
