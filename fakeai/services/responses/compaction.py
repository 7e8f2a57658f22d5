"""Conversations made short: what was said last as it is, what came before in a few words, and all of it sealed."""

from collections.abc import Sequence

from fakeai.core.generation import JsonObject
from fakeai.services.responses import items

_KEPT = 4
"""Messages at the end that stay as they are."""
_MOST_TOLD = 40
_LONGEST = 120


def compaction(id: str, said: Sequence[JsonObject]) -> JsonObject:
    """An item that stands for what was said; only this server can read it."""
    return {"id": id, "type": "compaction", "encrypted_content": items.sealed(shortened(said))}


def shortened(said: Sequence[JsonObject]) -> list[JsonObject]:
    """What was said, in fewer words: a message that tells of the beginning, and the end as it was."""
    spoken = [item for item in said if item.get("type", "message") in ("message", "compaction")]
    early, late = spoken[:-_KEPT], spoken[-_KEPT:]
    if not early:
        return list(late)
    told = [f"- {item['role']}: {_beginning(item)}" for item in early if "role" in item][-_MOST_TOLD:]
    text = "What was said before, in short:\n" + "\n".join(told)
    return [{"type": "message", "role": "developer", "content": [{"type": "input_text", "text": text}]}, *late]


def after_compaction(said: Sequence[JsonObject]) -> list[JsonObject]:
    """What of a conversation still counts: what comes from its last compaction on, which stands for the rest."""
    for at in range(len(said) - 1, -1, -1):
        if said[at].get("type") == "compaction":
            return list(said[at:])
    return list(said)


def _beginning(item: JsonObject) -> str:
    content = item["content"]
    text = content if isinstance(content, str) else " ".join(str(part.get("text", "")) for part in content)
    words = " ".join(text.split())
    return words if len(words) <= _LONGEST else words[:_LONGEST].rsplit(" ", 1)[0] + " …"
