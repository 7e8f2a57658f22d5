"""Items as they are kept and shown: with an id, a status, and contents in parts."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from fakeai.core.chance import Ids
from fakeai.core.generation import JsonObject

_PREFIXES: Mapping[str, str] = MappingProxyType(
    {
        "message": "msg_",
        "function_call": "fc_",
        "function_call_output": "fco_",
        "custom_tool_call": "ctc_",
        "custom_tool_call_output": "ctco_",
        "computer_call": "cu_",
        "computer_call_output": "cuo_",
        "local_shell_call": "lsh_",
        "shell_call": "sh_",
        "shell_call_output": "sho_",
        "apply_patch_call": "apc_",
        "apply_patch_call_output": "apco_",
        "mcp_approval_response": "mcpr_",
        "reasoning": "rs_",
        "compaction": "cmp_",
    }
)
_WITH_STATUS = frozenset(
    {"message", "function_call", "function_call_output", "computer_call", "computer_call_output"}
) | {"shell_call", "shell_call_output"}


def given_items(value: Any) -> list[JsonObject]:
    """The input of a request as items, as they were sent. Any: a wire `Input`, or None."""
    if value is None:
        return []
    if isinstance(value, str):
        return [{"type": "message", "role": "user", "content": value}]
    return [item.model_dump(mode="json", exclude_unset=True, warnings=False) for item in value]


def is_reference(item: JsonObject) -> bool:
    """Whether it only names another item."""
    return (item.get("type") or ("message" if "role" in item else "item_reference")) == "item_reference"


def kept_items(items: Sequence[JsonObject], ids: Ids) -> list[JsonObject]:
    """The items with whatever those that are kept have; what refers to others is left out."""
    return with_ids(without_ids(items), ids)


def without_ids(items: Sequence[JsonObject]) -> list[JsonObject]:
    """The same but for their ids, where they have none yet: empty."""
    return [_kept(item) for item in items if not is_reference(item)]


def with_ids(items: Sequence[JsonObject], ids: Ids) -> list[JsonObject]:
    """Those that have no id, with one."""
    return [item if item["id"] else {**item, "id": ids.make(_PREFIXES.get(item["type"], "item_"))} for item in items]


def _kept(item: JsonObject) -> JsonObject:
    kind = item.get("type") or "message"
    kept = {"id": "", **item, "type": kind}
    kept["id"] = kept["id"] or ""
    if kind in _WITH_STATUS:
        kept["status"] = item.get("status") or "completed"
    if kind == "message":
        kept["content"] = _parts(kept["role"], kept["content"])
    return kept


def _parts(role: str, content: str | list[JsonObject]) -> list[JsonObject]:
    said = role == "assistant"
    if isinstance(content, str):
        content = [{"type": "output_text" if said else "input_text", "text": content}]
    return [_part(part) for part in content]


def _part(part: JsonObject) -> JsonObject:
    match part["type"]:
        case "output_text":
            return {"annotations": [], "logprobs": [], **part}
        case "input_image":
            return {"detail": "auto", "file_id": None, "image_url": None, **part}
    return part
