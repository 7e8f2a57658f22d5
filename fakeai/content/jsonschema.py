"""JSON Schema: whether a schema is acceptable, and values that validate against it.

Values are made by `schema_values` and proved by jsonschema_rs (Draft 2020-12, formats on); where its guesses fail,
llguidance samples the schema byte by byte. Compiled schemas are remembered. Knows nothing of requests or models.
"""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from fakeai.content import clues, constrained
from fakeai.content.schema_check import check_document, check_root, check_strict, validator
from fakeai.content.schema_document import Document, SchemaError
from fakeai.content.schema_scalars import Dead
from fakeai.content.schema_shape import Shapes
from fakeai.content.schema_sight import Sight
from fakeai.content.schema_values import Drawing
from fakeai.core.chance import Chance
from fakeai.core.generation import JsonValue

__all__ = ["SchemaError", "check", "check_root", "instance", "instance_text"]

MAX_BYTES: Final = 1_000_000
MAX_OBJECTS: Final = 12_000
_SMALL: Final = 16_384
_HEAVY: Final = 10_000
"""Pattern weight from which a validator is built anew each time: 60 bytes and 0.2 µs for each unit."""

_DRAWS: Final = 8
_BUDGET: Final = 9_000
"""Values that may be drawn for one instance, in all attempts."""

_WALKS: Final = 4
_WALK_LENGTH: Final = 2_000


def check(schema: Mapping[str, Any], *, strict: bool) -> None:
    """SchemaError unless `schema` is valid, finite, bearable and refers to itself only; `strict`: OpenAI's subset too."""
    key = _key(schema)
    message = _verdict_small(key, strict) if len(key) <= _SMALL else _verdict_large(key, strict)
    if message is not None:
        raise SchemaError(message)


def instance(schema: Mapping[str, Any], chance: Chance, hints: Sequence[str] = ()) -> JsonValue:
    """A plausible value that validates. `hints` are the user's texts, newest last: names and numbers come from them.

    SchemaError when the schema is not acceptable (as `check` without `strict`) or no value was found.
    """
    key = _key(schema)
    compiled = _compiled_small(key) if len(key) <= _SMALL else _compiled_large(key)
    if isinstance(compiled, str):
        raise SchemaError(compiled)
    return compiled.draw(chance, clues.read(hints))


def instance_text(schema: Mapping[str, Any], chance: Chance, hints: Sequence[str] = ()) -> str:
    """`instance` as the JSON text a model writes: compact, in the order of the schema, characters unescaped."""
    return json.dumps(instance(schema, chance, hints), ensure_ascii=False, separators=(",", ":"))


_UNSATISFIED: Final = "could not satisfy the schema: its keywords seem to contradict each other."
_NOTHING: Final[Any] = object()
_COMPACT: Final = MappingProxyType({"whitespace_flexible": False, "coerce_one_of": True})


class _Compiled:
    """A schema made ready; immutable but for what it remembers."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.document = Document(_parsed(key))
        self._checked = check_document(self.document)
        light = self._checked.pattern_weight <= _HEAVY
        self._kept = validator(self.document.root) if light else None
        self._shapes = Shapes(self.document)

    def require_end(self) -> None:
        """SchemaError when no value is finite."""
        if self._checked.endless:
            raise SchemaError.at((), "schema has no finite value: its references or required properties never end.")

    def draw(self, chance: Chance, facts: clues.Facts) -> JsonValue:
        """A value that validates."""
        self.require_end()
        root = (self.document.root,)
        judge = self._kept or validator(self.document.root)
        budget = _BUDGET
        for attempt in range(_DRAWS):
            sight = Sight(self._shapes, self._checked.bounds, chance, clues.Clues(facts))
            try:
                value = Drawing(sight, budget=budget, trusting=attempt == 0).value(root)
            except Dead:
                value = _NOTHING
            if value is not _NOTHING and judge.is_valid(value):
                return value
            budget -= sight.parts
            if budget <= 0:
                break
        if len(self._key) <= _SMALL:
            return self._sampled(chance, judge)
        raise SchemaError(_UNSATISFIED)

    def _sampled(self, chance: Chance, judge: Any) -> JsonValue:
        from llguidance import LLMatcher

        try:
            compile_schema: Any = LLMatcher.grammar_from_json_schema  # its stub does not take a plain dict of options
            grammar = compile_schema(self._key.decode(), overrides=dict(_COMPACT))
            matcher = constrained.compile_grammar(grammar)
            for _ in range(_WALKS):
                value: JsonValue = json.loads(constrained.walk(matcher, chance, _WALK_LENGTH))
                if judge.is_valid(value):
                    return value
        except (constrained.ConstraintError, ValueError):
            pass
        raise SchemaError(_UNSATISFIED)


def _compile(key: bytes) -> "_Compiled | str":
    """The compiled schema, or why it is refused: both are worth remembering."""
    try:
        return _Compiled(key)
    except SchemaError as error:
        return error.message


def _verdict(key: bytes, strict: bool) -> str | None:
    compiled = _compiled_small(key) if len(key) <= _SMALL else _compiled_large(key)
    if isinstance(compiled, str):
        return compiled
    try:
        if strict:
            check_strict(compiled.document)
        compiled.require_end()
    except SchemaError as error:
        return error.message
    return None


_compiled_small = lru_cache(maxsize=64)(_compile)
_compiled_large = lru_cache(maxsize=2)(_compile)
_verdict_small = lru_cache(maxsize=256)(_verdict)
_verdict_large = lru_cache(maxsize=2)(_verdict)


def _key(schema: Mapping[str, Any]) -> bytes:
    """The schema's JSON, in its own order: what compiled schemas are remembered by."""
    import orjson

    try:
        key = orjson.dumps(schema, default=_as_dict)
    except TypeError:  # integers beyond 64 bits, lone surrogates, nesting
        key = _slow_key(schema)
    if len(key) > MAX_BYTES or key.count(b"{") > MAX_OBJECTS:
        raise SchemaError(f"schema is too large: it has more than {MAX_BYTES} bytes or {MAX_OBJECTS} objects.")
    return key


def _slow_key(schema: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(schema, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_as_dict).encode()
    except (ValueError, TypeError, RecursionError):
        raise SchemaError("schema is not JSON: it holds lone surrogates, NaN, or is nested too deeply.") from None


def _parsed(key: bytes) -> dict[str, Any]:
    try:
        root = json.loads(key)
    except (ValueError, RecursionError):
        raise SchemaError("schema is not JSON: it is nested too deeply or its numbers are too long.") from None
    if not isinstance(root, dict):
        raise SchemaError(f"{str(root)[:100]} is not of type 'object', 'boolean'.")
    return root


def _as_dict(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value).__name__)
