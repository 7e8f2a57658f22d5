"""Step times that were measured: tables, straight lines, Dynamo's polynomial; and the files that keep them.

A profile is a TOML or JSON file with `kind = "table"`, `"linear"` or `"polynomial"`; `load_profile` reads it and refuses
a broken one with its name, key and reason. Knows no hardware.
"""

import json
import math
import tomllib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from fakeai.sim.types import StepShape, StepTiming

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHORTEST_S = 1e-6
"""No step is shorter, whatever a line or table says beyond what was measured."""


@dataclass(frozen=True, slots=True)
class Linear:
    """A sum of seconds: for the step, each decoding sequence, token of context, prompt token and pair of prompt tokens."""

    step_s: float
    sequence_s: float = 0.0
    context_s: float = 0.0
    prompt_s: float = 0.0
    pair_s: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what gives no time."""
        for name in self.__dataclass_fields__:
            _not_negative(name, getattr(self, name))
        if self.step_s <= 0.0:
            raise ValueError("step_s: a step takes some time")

    def seconds(self, shape: StepShape) -> float:
        """Duration of one step."""
        base = self.step_s + self.sequence_s * (shape.decodes + shape.drafts)
        if shape.prefill_tokens:
            base += self.prompt_s * shape.prefill_tokens + self.pair_s * shape.prefill_attention
        return base + self.context_s * shape.decode_kv

    def decode_seconds(self, decodes: int, kv: "NDArray[np.float64]") -> "NDArray[np.float64]":
        """Durations of steps that only decode."""
        base = self.step_s + self.sequence_s * decodes
        return base + self.context_s * kv


@dataclass(frozen=True, slots=True)
class Polynomial:
    """Dynamo's mocker: a square of prompt tokens, plus a square of the part of the KV cache in use. Source: simulation.md, 2.4."""

    kv_tokens: int
    """Tokens that the KV cache holds."""

    def __post_init__(self) -> None:
        """Refuse what gives no time."""
        if self.kv_tokens < 1:
            raise ValueError(f"kv_tokens is at least 1, not {self.kv_tokens}")

    def seconds(self, shape: StepShape) -> float:
        """Duration of one step."""
        tokens = shape.prefill_tokens
        prompt = 4.209989e-10 * tokens * tokens + 1.518344e-05 * tokens + 0.01650142 if tokens else 0.0
        if not shape.decodes:
            return max(prompt, SHORTEST_S)
        used = min(1.0, shape.decode_kv / self.kv_tokens)
        return prompt + max(0.001, -0.02574 * (used * used) + 0.05401 * used + 0.00574)

    def decode_seconds(self, decodes: int, kv: "NDArray[np.float64]") -> "NDArray[np.float64]":
        """Durations of steps that only decode."""
        used = np.minimum(1.0, kv / self.kv_tokens)
        return 0.0 + np.maximum(0.001, -0.02574 * (used * used) + 0.05401 * used + 0.00574)


class MeasuredTable:
    """Measured steps, linear between and beyond them (not in logarithms: attention is linear in its context).

    `decode_s[i][j]` is a step of `batches[i]` sequences with `contexts[j]` tokens each, `prefill_s[k]` one of a prompt of
    `prompts[k]` tokens alone; or, where `pair_s` is not 0, all of it but so many seconds for each pair of tokens that is
    attended over. A step with both counts what every step takes only once. Raises ValueError.
    """

    def __init__(
        self,
        batches: Sequence[float],
        contexts: Sequence[float],
        decode_s: Sequence[Sequence[float]],
        prompts: Sequence[float],
        prefill_s: Sequence[float],
        pair_s: float = 0.0,
    ) -> None:
        _not_negative("pair_s", pair_s)
        for name, axis in (("batches", batches), ("contexts", contexts), ("prompts", prompts)):
            _axis(name, axis)
        _measured("prefill_s", prefill_s, len(prompts))
        if len(decode_s) != len(batches):
            raise ValueError(f"decode_s has {len(decode_s)} rows for {len(batches)} batches")
        for row in decode_s:
            _measured("decode_s", row, len(contexts))
        self.batches, self.contexts, self.prompts = tuple(batches), tuple(contexts), tuple(prompts)
        self.decode_s = tuple(tuple(row) for row in decode_s)
        self.prefill_s = tuple(prefill_s)
        self.pair_s = pair_s
        self._contexts = np.array(self.contexts, np.float64)
        self._shared = min(self.prefill_s[0], self.decode_s[0][0])

    def seconds(self, shape: StepShape) -> float:
        """Duration of one step. Drafts count as sequences without context."""
        decode = 0.0
        if shape.decodes:
            row = self._row(shape.decodes + shape.drafts)
            decode = max(_along(self.contexts, row, shape.decode_kv / shape.decodes), SHORTEST_S)
        if not shape.prefill_tokens:
            return decode or SHORTEST_S
        prompt = _along(self.prompts, self.prefill_s, shape.prefill_tokens) + self.pair_s * shape.prefill_attention
        prompt = max(prompt, SHORTEST_S)
        return prompt if not decode else decode + max(prompt - self._shared, 0.0)

    def decode_seconds(self, decodes: int, kv: "NDArray[np.float64]") -> "NDArray[np.float64]":
        """Durations of steps that only decode."""
        row = np.array(self._row(decodes), np.float64)
        context = kv / decodes
        if len(row) == 1:
            return np.maximum(np.full_like(context, row[0]), SHORTEST_S)
        place = np.clip(np.searchsorted(self._contexts, context, "right") - 1, 0, len(row) - 2)
        left, right = self._contexts[place], self._contexts[place + 1]
        slope = (row[place + 1] - row[place]) / (right - left)
        return np.maximum(row[place] + slope * (context - left), SHORTEST_S)

    def _row(self, decodes: int) -> list[float]:
        """Step times over the contexts for that many sequences."""
        columns = zip(*self.decode_s, strict=True)
        return [_along(self.batches, column, decodes) for column in columns]


def _along(axis: Sequence[float], values: Sequence[float], at: float) -> float:
    if len(axis) == 1:
        return values[0]
    place = min(max(bisect_right(axis, at) - 1, 0), len(axis) - 2)
    slope = (values[place + 1] - values[place]) / (axis[place + 1] - axis[place])
    return values[place] + slope * (at - axis[place])


def load_profile(path: str | Path) -> StepTiming:
    """The timing that a profile file (.toml or .json) keeps. ValueError names the file, the key and what is wrong."""
    file = Path(path)
    try:
        text = file.read_text("utf-8")
        content: Any = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise ValueError(f"{file}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"{file}: is no {'JSON' if file.suffix == '.json' else 'TOML'}: {error}") from error
    try:
        return _timing(content)
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error


def dump_profile(timing: "Linear | Polynomial | MeasuredTable") -> str:
    """The text of a profile file, as JSON."""
    kind = next(kind for kind, (made, _) in _KINDS if isinstance(timing, made))
    keys = next(keys for name, (_, keys) in _KINDS if name == kind)
    return json.dumps({"kind": kind, **{key: getattr(timing, key) for key in keys}}, indent=1) + "\n"


_KINDS: tuple[tuple[str, tuple[type[Linear] | type[Polynomial] | type[MeasuredTable], tuple[str, ...]]], ...] = (
    ("linear", (Linear, ("step_s", "sequence_s", "context_s", "prompt_s", "pair_s"))),
    ("polynomial", (Polynomial, ("kv_tokens",))),
    ("table", (MeasuredTable, ("batches", "contexts", "decode_s", "prompts", "prefill_s", "pair_s"))),
)
_OPTIONAL = ("sequence_s", "context_s", "prompt_s", "pair_s")
_LISTS = MappingProxyType({"batches": 1, "contexts": 1, "prompts": 1, "prefill_s": 1, "decode_s": 2})


def _timing(content: Any) -> StepTiming:
    """Any because a file may hold anything."""
    kinds = dict(_KINDS)
    kind = content.get("kind") if isinstance(content, dict) else None
    if not isinstance(kind, str) or kind not in kinds:
        raise ValueError(f"kind: write {', '.join(kinds)}, not {kind!r}")
    made, keys = kinds[kind]
    if unknown := sorted(set(content) - {"kind", *keys}):
        raise ValueError(f"{unknown[0]}: unknown key; a {kind} has {', '.join(keys)}")
    for key in keys:
        if key not in content and key not in _OPTIONAL:
            raise ValueError(f"{key}: missing; a {kind} has {', '.join(keys)}")
        if key in content:
            _numbers(key, content[key], depth=_LISTS.get(key, 0))
    return made(**{key: content[key] for key in keys if key in content})


def _numbers(key: str, value: Any, depth: int) -> None:
    """Check that a value is a number, or a list of such, `depth` lists deep."""
    if depth:
        if not isinstance(value, list):
            raise ValueError(f"{key}: a list, not {value!r}"[:200])
        for part in value:
            _numbers(key, part, depth - 1)
    elif isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{key}: a number, not {value!r}"[:200])


def _axis(name: str, axis: Sequence[float]) -> None:
    if not axis:
        raise ValueError(f"{name}: at least one number")
    if axis[0] < 0 or any(after <= before for before, after in pairwise(axis)):
        raise ValueError(f"{name}: numbers from 0 on, each greater than the one before")


def _measured(name: str, values: Sequence[float], expected: int) -> None:
    if len(values) != expected:
        raise ValueError(f"{name}: {len(values)} numbers where the axis has {expected}")
    if any(value <= 0 for value in values):
        raise ValueError(f"{name}: seconds above 0")


def _not_negative(name: str, value: float) -> None:
    if not value >= 0.0:
        raise ValueError(f"{name}: seconds from 0 on, not {value}")
