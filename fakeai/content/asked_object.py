"""The JSON object that a prompt asks for in words: its keys, and values that fit them.

Knows how prompts show and name keys; values are made as for a schema (`jsonschema`), but for those that are about the
prompt's subject.
"""

import json
import re
from typing import Any, Final

from fakeai.content import jsonschema
from fakeai.content.sayings import mood, title
from fakeai.content.topics import Subject
from fakeai.core.chance import Chance

_MOST_KEYS: Final = 16
_WORD: Final = r"\w{1,40}"
_SHOWN: Final = rf'["\'`]({_WORD})["\'`]\s*:(?=\s*(.{{0,24}}))'
_QUOTED: Final = rf"[\"'`]({_WORD})[\"'`]"
_LIST: Final = rf"((?:an? |the |its |their )?{_WORD}(?:(?:,? and |, )(?:an? |the |its |their )?{_WORD}){{0,15}})"
_NAMED: Final = (
    r"(?i)\b(?:keys?|fields?|propert(?:y|ies))\b(?: of| are| named| called|:)?\s*([^\n.:]{1,200})",
    rf"(?i)\bjson\b[^\n.:]{{0,60}}? (?:with|containing|including)(?: only| just)? {_LIST}",
    rf"(?i)\b(?:extract|return|give|list|find|output|get|provide)(?: me)? {_LIST} (?:as|in|into|to) (?:an? )?json\b",
)
"""Where keys are listed, the surest way first."""
_ARTICLES: Final = frozenset({"a", "an", "the", "its", "their", "only", "just"})

_STRING: Final = {"type": "string"}
_TYPES: Final = (
    (r"\[|<?(?:array|list)", {"type": "array", "items": _STRING, "minItems": 1, "maxItems": 3}),
    (r"<?(?:true|false|bool)", {"type": "boolean"}),
    (r"<?(?:float|number|double|decimal|\d+\.\d)", {"type": "number"}),
    (r"<?(?:int|\d)", {"type": "integer"}),
)
"""What a key's value is, by how it is shown."""
_INTEGERS: Final = frozenset({"count", "age", "year", "rank", "id", "number", "quantity", "total", "population"})
_NUMBERS: Final = frozenset({"score", "confidence", "probability", "price", "amount", "rating"})
_LISTS: Final = frozenset({"tags", "keywords", "items", "steps", "topics", "list", "names", "categories", "points"})
_TALK: Final = frozenset({"key", "keys", "field", "fields", "json", "string", "array", "number", "integer", "boolean"})
"""Words of a prompt about its object that are not what the object is about."""
_SENTENCES: Final = frozenset(
    {"answer", "text", "explanation", "reason", "reasoning", "summary", "description", "response"}
)


def written(prompt: str, about: Subject, sentence: str, chance: Chance) -> str:
    """The object's JSON: with the keys that `prompt` shows or names, else with an answer. `sentence` is about its subject."""
    properties = properties_of(prompt)
    if not properties:
        return json.dumps({"answer": sentence}, ensure_ascii=False)
    schema = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    values = jsonschema.instance(schema, chance, [prompt])
    assert isinstance(values, dict), "the schema is an object's"
    named = _TALK | {key.lower() for key in properties}
    others = tuple(topic for topic in about.topics if named.isdisjoint(topic.lower().split()))
    about = about._replace(topics=others or about.topics)
    for key, kind in properties.items():
        if kind is _STRING:
            values[key] = _about(key.lower(), about, sentence, chance) or values[key]
    return json.dumps(values, ensure_ascii=False)


def properties_of(prompt: str) -> dict[str, Any]:
    """Schemas of the keys that `prompt` shows (`"age": 7`) or names (JSON with name and age), in order. Any: JSON."""
    shown = dict(re.findall(_SHOWN, prompt)[:_MOST_KEYS])
    if shown:
        return {key: _shown(key, hint.lower()) for key, hint in shown.items()}
    for pattern in _NAMED:
        if (listed := re.search(pattern, prompt)) and (keys := _listed(listed[1])):
            return {key: _by_name(key) for key in keys[:_MOST_KEYS]}
    return {}


def _listed(text: str) -> list[str]:
    """Words of a list such as `name, age and city`, or the quoted ones where there are any."""
    if quoted := re.findall(_QUOTED, text):
        return list(dict.fromkeys(quoted))
    words = [[word for word in part.split() if word.lower() not in _ARTICLES] for part in re.split(r",|\band\b", text)]
    return list(dict.fromkeys(part[0] for part in words if part and part[0].isidentifier()))


def _shown(key: str, hint: str) -> Any:
    for pattern, kind in _TYPES:
        if re.match(pattern, hint):
            return kind
    return _STRING if hint[:1] in ('"', "'") else _by_name(key)


def _by_name(key: str) -> Any:
    low = key.lower()
    if low.startswith(("is_", "has_", "can_")):
        return {"type": "boolean"}
    if low in _INTEGERS:
        return {"type": "integer"}
    if low in _NUMBERS:
        return {"type": "number"}
    return _TYPES[0][1] if low in _LISTS else _STRING


def _about(key: str, about: Subject, sentence: str, chance: Chance) -> str | None:
    """A text about the prompt's subject, where the key wants one."""
    if key in ("title", "headline"):
        return title(about, 6, chance)
    if key == "sentiment":
        return mood(about.words).lower()
    return sentence if key in _SENTENCES else None
