"""Tokens of a prompt as OpenAI charges them for chat: what messages, tools and schemas become in the model's window.

Knows the overheads of the chat format; not how a text is cut (`tokens`) nor what a picture costs (`media`).

Sources: messages and tools by https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken (sections 6
and 7: exact for messages; for functions, figures derived from what the API billed). Tool calls, results and schemas
are not documented, and are counted as their text.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, NamedTuple

from fakeai.content.tokens import Encoding
from fakeai.core.catalog import ModelCard
from fakeai.core.generation import Message, Tool

_PER_MESSAGE = 4  # three that frame it, and its role, which is one token in either vocabulary
_PER_REPLY = 3
_PER_NAME = 1

# A function's frame is longer in the older vocabulary; the others are the same in both.
_FUNCTION = {"o200k_base": 7, "cl100k_base": 10}.get
_PROPERTIES = 3
_PROPERTY = 3
_ENUM = -3
_ENUM_ITEM = 3
_FUNCTIONS = 12

_NODES = 5_000
_DEPTH = 32


class PromptTokens(NamedTuple):
    """Tokens of a prompt, and how many of them are sound."""

    total: int
    audio: int


def prompt_tokens(
    messages: Sequence[Message],
    tools: Sequence[Tool],
    enc: Encoding,
    model: ModelCard,
    json_schema: Mapping[str, Any] | None = None,
) -> PromptTokens:
    """Tokens of a conversation with the tools and the answer's schema it offers. Raises MediaError for unusable media.

    A prompt of more than `tokens.INLINE_LIMIT` characters takes milliseconds: count it in a thread.
    """
    total = _PER_REPLY
    audio = 0
    count = enc.count
    for message in messages:
        total += _PER_MESSAGE + count(message.text)
        if message.media or message.tool_calls or message.name is not None:
            more, heard = _extras(message, enc, model)
            total += more
            audio += heard
    if tools:
        total += tool_tokens(tools, enc)
    if json_schema is not None:
        total += count(json.dumps(json_schema, separators=(",", ":"), ensure_ascii=False))
    return PromptTokens(total, audio)


def prompt_ids(
    messages: Sequence[Message],
    tools: Sequence[Tool],
    enc: Encoding,
    model: ModelCard,
    json_schema: Mapping[str, Any] | None = None,
) -> list[int]:
    """Token ids of the same conversation, as many as `prompt_tokens` counts; equal beginnings have equal ids.

    Texts have their own ids, between those of the chat format. What OpenAI does not document (pictures, declarations of
    tools) is given ids that follow from its content. Takes as long as `tokens.Encoding.encode`.
    """
    start, end, separator = _MARKS[enc.name]
    ids: list[int] = []
    if tools:
        ids += _stand_ins(repr(tools), tool_tokens(tools, enc), enc)
    if json_schema is not None:
        ids += enc.encode(json.dumps(json_schema, separators=(",", ":"), ensure_ascii=False))
    for message in messages:
        ids.append(start)
        ids += enc.encode(message.role)[:1]
        if message.name is not None:
            ids += [separator, *enc.encode(message.name)]
        ids.append(separator)
        ids += enc.encode(message.text)
        for use in message.tool_calls:
            ids += enc.encode(use.name) + enc.encode(use.arguments)
        for medium in message.media:
            from fakeai.content import media

            content = medium.data if medium.data is not None else medium.url.encode("utf-8", "surrogatepass")
            ids += _stand_ins(content, media.tokens(medium, model, enc), enc)
        ids.append(end)
    return [*ids, start, *enc.encode("assistant")[:1], separator]


_MARKS = MappingProxyType({"o200k_base": (200_264, 200_265, 200_266), "cl100k_base": (100_264, 100_265, 100_266)})
"""<|im_start|>, <|im_end|> and <|im_sep|>. Source: tiktoken's ChatML encodings of the same numbers."""


def _stand_ins(content: str | bytes, count: int, enc: Encoding) -> list[int]:
    """Ids for `count` tokens that no text has: they say which content it is and which of its tokens."""
    data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    first = int.from_bytes(blake2b(data, digest_size=4).digest(), "big")
    return [(first + at * 2_654_435_761) % enc.size for at in range(count)]


def _extras(message: Message, enc: Encoding, model: ModelCard) -> tuple[int, int]:
    """Tokens of a message beyond its text, and those of them that are sound."""
    total = audio = 0
    if message.name is not None:
        total += _PER_NAME + enc.count(message.name)
    for use in message.tool_calls:
        total += enc.count(use.name) + enc.count(use.arguments)
    for medium in message.media:
        from fakeai.content import media

        cost = media.tokens(medium, model, enc)
        total += cost
        if medium.kind == "audio":
            audio += cost
    return total, audio


def tool_tokens(tools: Sequence[Tool], enc: Encoding) -> int:
    """Tokens of tool definitions, which the model sees as declarations of a TypeScript namespace.

    Nested objects, array items, variants and definitions count as properties do. After `_NODES` properties of a tool
    the rest is free, so that a schema bomb costs no more than a large schema.
    """
    frame = _FUNCTION(enc.name, 7)
    total = _FUNCTIONS if tools else 0
    for tool in tools:
        total += frame + enc.count(f"{tool.name}:{_sentence(tool.description)}")
        if tool.grammar is not None:
            total += enc.count(tool.grammar[1])
        if tool.schema is not None:
            total += _Declaration(enc).parameters(tool.schema, 0)
    return total


class _Declaration:
    """Counts one tool's parameters, within a budget of properties."""

    def __init__(self, enc: Encoding) -> None:
        self._count = enc.count
        self._left = _NODES

    def parameters(self, schema: Mapping[str, Any], depth: int) -> int:
        """Tokens of all properties in and under `schema`."""
        if depth > _DEPTH:
            return 0
        total = 0
        properties = schema.get("properties")
        if isinstance(properties, Mapping) and properties:
            total += _PROPERTIES + sum(self._property(str(name), about, depth) for name, about in properties.items())
        for under in _under(schema):
            if self._left <= 0:
                break
            self._left -= 1
            total += self.parameters(under, depth + 1)
        return total

    def _property(self, name: str, about: object, depth: int) -> int:
        self._left -= 1
        if self._left < 0 or not isinstance(about, Mapping):
            return 0
        total = _PROPERTY + self._count(f"{name}:{_type(about)}:{_sentence(about.get('description'))}")
        items = about.get("enum")
        if isinstance(items, list):
            total += _ENUM + sum(_ENUM_ITEM + self._count(_literal(item)) for item in items[:_NODES])
        return total + self.parameters(about, depth + 1)


def _under(schema: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """Schemas inside `schema` that are not its properties: items, variants, definitions."""
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), Mapping):
            yield schema[key]
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        if isinstance(schema.get(key), list):
            yield from (variant for variant in schema[key] if isinstance(variant, Mapping))
    for key in ("$defs", "definitions"):
        if isinstance(schema.get(key), Mapping):
            yield from (about for about in schema[key].values() if isinstance(about, Mapping))


def _type(schema: Mapping[str, Any]) -> str:
    """A property's type in a word: `string`, `integer | null`, the name of a `$ref`."""
    kind = schema.get("type")
    if isinstance(kind, str):
        return kind
    if isinstance(kind, list):
        return " | ".join(map(str, kind[:8]))
    if isinstance(schema.get("$ref"), str):
        return str(schema["$ref"]).rpartition("/")[2]
    variants = schema.get("anyOf") or schema.get("oneOf")
    if isinstance(variants, list):
        return " | ".join(str(v.get("type", "any")) for v in variants[:8] if isinstance(v, Mapping))
    return "any"


def _literal(item: object) -> str:
    return item if isinstance(item, str) else json.dumps(item)


def _sentence(text: object) -> str:
    return text.removesuffix(".") if isinstance(text, str) else ""
