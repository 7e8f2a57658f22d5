"""What a call has asked for, and what was said to it, as it is kept: in bounds, and without keys."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from fakeai.core.call import Call
from fakeai.core.redaction import hide
from fakeai.wire.base import bulky

LONGEST = 32_768
"""Characters of a prompt, an output, or all parameters together."""
_INLINE = 2**18
"""Bytes of what is parsed here."""
_MOST_PARAMS = 64
_WORDS = frozenset(
    {
        "additional_messages",
        "documents",
        "input",
        "instructions",
        "messages",
        "passages",
        "prompt",
        "prompts",
        "query",
        "suffix",
        "text",
    }
)
"""Fields that hold what is said to a model."""
_NAMELESS = frozenset({"model", "user", "safety_identifier", "prompt_cache_key"})
"""Fields that are no parameters: who asks is told by the key."""
_FIELD = re.compile(r"[A-Za-z_]\w{0,63}", re.ASCII)
_WORD = re.compile(r"[\w.:/-]{1,64}", re.ASCII)


class Asked(NamedTuple):
    """`params` is JSON of an object; `prompt` None where it is not kept. `secrets` are no part of either."""

    params: str = "{}"
    prompt: str | None = None
    secrets: tuple[str, ...] = ()

    def clean(self, text: str) -> str:
        """Any text of the call as it may be kept."""
        cleaned: str = _clean(text, self.secrets)
        return cleaned[:LONGEST]


class Heard:
    """What is said in a stream, as far as it is kept."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def hear(self, item: "Sequence[bytes] | bytes") -> None:
        """A burst of documents or of whole events, or some of the bytes of somebody else's stream."""
        if self._size < _INLINE:
            part = item if isinstance(item, bytes) else b"".join(b"%b\n" % document for document in item)
            self._parts.append(part)
            self._size += len(part)

    def said(self) -> str | None:
        """Its words, without what frames them; None for what has none."""
        found = []
        for line in b"".join(self._parts).split(b"\n"):
            document = _parsed(line.removeprefix(b"data:").strip())
            if isinstance(document, dict):
                found.append(_delta(document))
        return "".join(found) or None


def asked(call: Call, *, words: bool, secrets: tuple[str, ...]) -> Asked:
    """What the call asks for. Without `words` only of numbers, switches and plain names, and of no prompt."""
    fields = _fields(call)
    plain = {name: value for name, value in fields.items() if _is_plain(name, value)}
    plain = dict(list(plain.items())[:_MOST_PARAMS])
    params, prompt = _text(_clean(plain, secrets)), None
    if words:
        told = {name: value for name, value in fields.items() if name not in _WORDS and name != "model"}
        all_of_them = _text(_clean(told, secrets))
        params = all_of_them if len(all_of_them) <= LONGEST else params
        said = {name: value for name, value in fields.items() if name in _WORDS}
        alone = next(iter(said.values())) if len(said) == 1 else None
        prompt = (_clean(alone, secrets) if isinstance(alone, str) else _text(_clean(said, secrets)))[:LONGEST]
    return Asked(params, prompt, secrets)


def said(body: Any) -> str | None:
    """The words of an answer; None for what has none (vectors, pictures, sound). Any: a reply's body."""
    if isinstance(body, bytes):
        body = _parsed(body)
    if not isinstance(body, dict):
        return None
    for name in ("choices", "output", "results"):
        if isinstance(found := body.get(name), list):
            return "\n".join(_item(one) for one in found if isinstance(one, dict))
    text = body.get("output", body.get("text"))
    return text if isinstance(text, str) else None


def _item(one: Mapping[str, Any]) -> str:
    """The words of a choice, of an item of a response, or of a result. Any: JSON."""
    message = one.get("message")
    of: Mapping[str, Any] = message if isinstance(message, dict) else one
    content = of.get("content")
    if isinstance(content, list):
        return "".join(str(part.get("text") or part.get("refusal") or "") for part in content if isinstance(part, dict))
    for text in (content, of.get("text"), of.get("output"), of.get("refusal")):
        if isinstance(text, str):
            return text
    used = {name: of[name] for name in ("tool_calls", "name", "arguments") if of.get(name)}
    return _text(used) if used else ""


def _delta(event: Mapping[str, Any]) -> str:
    """The words that an event of a stream adds. Any: JSON."""
    if isinstance(choices := event.get("choices"), list):
        return "".join(_item(_unfolded(one)) for one in choices if isinstance(one, dict))
    kind = event.get("type")
    if isinstance(kind, str):
        words = kind.endswith((".text.delta", "_text.delta", "arguments.delta"))
        return str(event.get("delta") or "") if words else ""
    texts = (event.get(name) for name in ("output", "text", "delta", "token"))
    return next((text for text in texts if isinstance(text, str)), "")


def _unfolded(choice: Mapping[str, Any]) -> Mapping[str, Any]:
    delta = choice.get("delta")
    return delta if isinstance(delta, dict) else choice


def _fields(call: Call) -> dict[str, Any]:
    """The fields of its body, as far as it has one that can be read. Any: JSON, or values of a wire type."""
    raw, body = call.raw, call.body
    if len(raw) <= _INLINE and not bulky(raw):
        found = _parsed(raw)
        if isinstance(found, dict):
            return found
    names = getattr(body, "model_fields_set", ())
    values = ((name, getattr(body, name, None)) for name in sorted(names))
    return {name: value for name, value in values if isinstance(value, str | bool | int | float)}


def _is_plain(name: str, value: object) -> bool:
    if name in _WORDS or name in _NAMELESS or not _FIELD.fullmatch(name):
        return False
    return isinstance(value, bool | int | float) or (isinstance(value, str) and _WORD.fullmatch(value) is not None)


def _parsed(raw: bytes) -> Any:
    """JSON, or None. Any: JSON."""
    if raw.lstrip()[:1] != b"{" or len(raw) > _INLINE:
        return None
    try:
        return orjson.loads(raw)
    except ValueError:
        return None


def _clean(value: Any, secrets: Sequence[str]) -> Any:
    """The same without keys, and without what databases have no place for. Any: JSON."""
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, "…")
        return hide(value.replace("\0", "\ufffd")).encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_clean(name, secrets): _clean(of, secrets) for name, of in value.items()}
    if isinstance(value, list):
        return [_clean(one, secrets) for one in value]
    return value


def _text(value: Any) -> str:
    """JSON. Any: as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
