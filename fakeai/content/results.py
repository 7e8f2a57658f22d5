"""Answers after tool calls: prose that quotes what the tools returned, so that an agent's loop ends.

Reads results as JSON where they are; knows nothing of which tools there are.
"""

import json
from collections.abc import Iterator, Sequence

from fakeai.core.generation import JsonValue, Message

ROLES = frozenset({"tool", "function"})
_MOST_RESULTS = 8
_MOST_FACTS = 12
_LONGEST_FACT = 200
_LONGEST_TEXT = 600
_LONGEST_JSON = 20_000
_DEEPEST = 2


def quoted(messages: Sequence[Message]) -> str:
    """What the tool results at the end of `messages` say, as Markdown."""
    last: list[Message] = []
    for message in reversed(messages):
        if message.role not in ROLES or len(last) == _MOST_RESULTS:
            break
        last.append(message)
    parts = [_facts(message.text) for message in reversed(last)]
    return "\n".join(part for part in parts if part) or "no content"


def _facts(text: str) -> str:
    """One result: a list of facts for an object, the words themselves for anything else."""
    value = _parsed(text)
    if isinstance(value, dict | list):
        facts: list[str] = []
        for name, fact in _leaves(value, "", 0):
            if len(facts) == _MOST_FACTS:
                break
            facts.append(f"- {name.replace('_', ' ')}: {fact}" if name else f"- {fact}")
        return "\n".join(facts)
    plain = text if value is None or isinstance(value, bool) else str(value)
    return plain.strip() if len(plain) <= _LONGEST_TEXT else plain[:_LONGEST_TEXT].rsplit(" ", 1)[0].strip() + " …"


def _parsed(text: str) -> JsonValue:
    if len(text) > _LONGEST_JSON:
        return None
    try:
        parsed: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return parsed


def _leaves(value: JsonValue, name: str, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value and depth < _DEEPEST:
        for key, inner in value.items():
            yield from _leaves(inner, f"{name} {key}".strip()[:_LONGEST_FACT], depth + 1)
    elif isinstance(value, list) and value and depth < _DEEPEST:
        for inner in value:
            yield from _leaves(inner, name, depth + 1)
    else:
        words = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        yield name, " ".join(words[:_LONGEST_FACT].split())
