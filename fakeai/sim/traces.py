"""Traces: who asked for how much when, read from the formats that others publish.

Knows files and their formats, which it tells apart by content; knows no engine and no arrival process. Times are
seconds since the earliest request of the file, sizes are tokens.
"""

import gzip
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from fakeai.sim import trace_tables

MAX_TOLD = 5
"""Broken lines that an error quotes; the others are counted."""
MAX_SECONDS = 1e10
"""Times beyond it (317 years) are no seconds."""

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"


class Row(NamedTuple):
    """One request of a trace."""

    at: float
    prompt: int
    output: int
    keys: Sequence[int] = ()
    """A key for each block of the prompt, the last one's partial block too if the trace has it; as `SimRequest.blocks`."""
    tokens: Sequence[int] = ()
    """The prompt's own tokens, of which keys can be made."""


class Broken(NamedTuple):
    """A line that is not what its format says."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Trace:
    """A file that was read: its requests in order of time."""

    path: str
    format: str
    block_size: int
    """Tokens that each of `Row.keys` stands for; 0 where the format has none."""
    rows: Sequence[Row]
    broken: Sequence[Broken] = ()
    """Lines that were left out."""


class TraceError(ValueError):
    """A file that cannot be read as a trace: says which line is wrong and why."""


def read(path: str | Path, format: str = "", skip_broken: bool = False, block_size: int = 0) -> Trace:
    """Read a trace, compressed by gzip or not.

    `format` is one of `FORMATS`; empty, it is told by the content. A broken line is a TraceError unless `skip_broken`;
    a file without a good line always is. `block_size`: tokens that a key stands for, if not the format's usual.
    """
    lines = _lines(Path(path))
    if format not in ("", *FORMATS):
        raise TraceError(f"{format!r} is no trace format; there are {', '.join(FORMATS)}")
    known = format or _detect(lines)
    if known is None:
        raise TraceError(f"{path}: not a trace that can be told by its content; --format takes {', '.join(FORMATS)}")
    rows, broken = (
        _read_json(lines, JSON_FORMATS[known]) if known in JSON_FORMATS else trace_tables.read(lines, known, Row)
    )
    found = [Broken(*each) for each in broken]
    block_size = block_size or _told_block_size(lines, JSON_FORMATS.get(known, _NO_KEYS))
    if (found and not skip_broken) or not rows:
        raise TraceError(_told(str(path), known, found))
    return _ordered(str(path), known, block_size, rows, found)


def describe(broken: Sequence[Broken]) -> str:
    """What is wrong with lines, the first few of them."""
    told = "\n".join(f"line {line}: {reason}" for line, reason in broken[:MAX_TOLD])
    return told + (f"\n… and {len(broken) - MAX_TOLD} more" if len(broken) > MAX_TOLD else "")


def _told(path: str, format: str, broken: Sequence[Broken]) -> str:
    if not broken:
        return f"{path}: has no requests"
    said = "\n".join(f"{path}: {line}" for line in describe(broken).splitlines())
    return f"{said}\n{len(broken)} of its lines are not {format}; --skip-broken leaves them out"


def _lines(path: Path) -> Sequence[bytes]:
    try:
        data = path.read_bytes()
        if data.startswith(_GZIP):
            data = gzip.decompress(data)
    except (OSError, EOFError) as error:
        raise TraceError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    return data.removeprefix(_BOM).split(b"\n")


def _ordered(path: str, format: str, block_size: int, rows: list[Row], broken: Sequence[Broken]) -> Trace:
    """Sorted by time, with times since the first."""
    rows.sort(key=itemgetter(0))
    start = rows[0].at
    if start:
        rows = [Row(at - start, prompt, output, keys, tokens) for at, prompt, output, keys, tokens in rows]
    return Trace(path, format, block_size, rows, broken)


def _detect(lines: Sequence[bytes]) -> str | None:
    """The format that the first lines look like."""
    for line in lines[:100]:
        if not line.strip():
            continue
        if not line.lstrip().startswith(b"{"):
            found = trace_tables.detect(line)
            if found:
                return found
            continue
        try:
            fields = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        for name, each in JSON_FORMATS.items():
            if each.needs <= fields.keys():
                return name
    return None


# -- formats of one JSON object a line


@dataclass(frozen=True, slots=True)
class _Json:
    """A format: the fields that it can be told by, and where the figures are."""

    needs: frozenset[str]
    time: tuple[str, ...]
    """Fields that may hold the time: the first one there counts."""
    per_second: tuple[float, ...]
    """For each of them how many of its units make a second."""
    prompt: str
    output: str
    keys: str = ""
    block_size: int = 0
    tokens: str = ""
    own_block_size: str = ""
    """A field that says the size of the blocks, where a line has it."""
    may_have_failed: bool = False
    """Whether there are lines of which nothing was made: they ask for nothing that is known."""


_NO_KEYS = _Json(frozenset(), (), (), "", "")

JSON_FORMATS: Mapping[str, _Json] = MappingProxyType(
    {
        # Before mooncake, which has a part of its fields. github.com/alibaba-edu/qwen-bailian-usagetraces-anon
        "bailian": _Json(
            frozenset({"chat_id", "timestamp", "input_length", "output_length"}),
            ("timestamp",), (1.0,), "input_length", "output_length", "hash_ids", 16,
        ),
        # github.com/kvcache-ai/Mooncake, FAST25-release/traces
        "mooncake": _Json(
            frozenset({"timestamp", "input_length", "output_length"}),
            ("timestamp",), (1e3,), "input_length", "output_length", "hash_ids", 512,
        ),
        # github.com/casys-kaist/LLMServingSim: its inputs, and the records of its measured runs
        "llmservingsim": _Json(
            frozenset({"input_toks", "output_toks"}),
            ("arrival_time_ns", "arrival_time"), (1e9, 1.0), "input_toks", "output_toks", tokens="input_tok_ids",
        ),
        # Our own: the fields of core.events.SequenceEnded; a server that was started again goes on in epoch seconds only
        "journal": _Json(
            frozenset({"arrived", "prompt", "completion"}),
            ("unix", "arrived"), (1.0, 1.0), "prompt", "completion", "blocks", 16,
            own_block_size="block_size", may_have_failed=True,
        ),
    }
)  # fmt: skip

FORMATS = (*JSON_FORMATS, *trace_tables.TABLES)


def _read_json(lines: Sequence[bytes], format: _Json) -> tuple[list[Row], list[tuple[int, str]]]:
    rows: list[Row] = []
    broken: list[tuple[int, str]] = []
    take = _taker(format)
    add = rows.append
    loads = orjson.loads
    for number, line in enumerate(lines, 1):
        try:
            add(take(loads(line)))
        except _Nothing:
            continue
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            if line.strip():
                broken.append((number, _reason(error)))
    return rows, broken


class _Nothing(Exception):  # a state, not a mistake
    """A line that asks for nothing."""


def _told_block_size(lines: Sequence[bytes], format: _Json) -> int:
    """Tokens of a block as the first line says that has any; else the format's usual."""
    for line in lines if format.own_block_size else ():
        if format.keys.encode() not in line:
            continue
        try:
            size = orjson.loads(line).get(format.own_block_size)
        except (ValueError, AttributeError):
            continue
        if type(size) is int and size > 0:
            return size
    return format.block_size


def _reason(error: Exception) -> str:
    """In words for who wrote the file."""
    match error:
        case orjson.JSONDecodeError():
            return f"not JSON: {error.msg}"
        case KeyError():
            return f"{error.args[0]} is missing"
        case ValueError():
            return str(error)
    return "not an object with the format's fields"


def _taker(format: _Json) -> Any:
    """A function of a line's object that makes its Row, or raises what `_reason` knows. Any: JSON."""
    prompt_name, output_name, keys_name, tokens_name = format.prompt, format.output, format.keys, format.tokens
    times = tuple(zip(format.time, format.per_second, strict=True))
    first_time, first_unit = times[0]
    may_have_failed = format.may_have_failed

    def take(fields: dict[str, Any]) -> Row:
        at, unit, time = fields.get(first_time), first_unit, first_time
        if at is None:
            at, unit, time = _other_time(fields, times)
        if type(at) not in _NUMBERS or not 0 <= at <= MAX_SECONDS * unit:
            raise ValueError(f"{time} must be a number from 0 on, not {_brief(at)}")
        prompt, output = fields[prompt_name], fields[output_name]
        if output == 0 and may_have_failed:
            raise _Nothing
        if type(prompt) is not int or not 1 <= prompt <= trace_tables.MAX_TOKENS:
            raise ValueError(
                f"{prompt_name} must be a whole number from 1 to {trace_tables.MAX_TOKENS}, not {_brief(prompt)}"
            )
        if type(output) is not int or not 1 <= output <= trace_tables.MAX_TOKENS:
            raise ValueError(
                f"{output_name} must be a whole number from 1 to {trace_tables.MAX_TOKENS}, not {_brief(output)}"
            )
        keys = _whole_numbers(fields, keys_name) if keys_name in fields else ()
        return Row(
            at / unit, prompt, output, keys, _whole_numbers(fields, tokens_name) if tokens_name in fields else ()
        )

    return take


def _other_time(fields: dict[str, Any], times: Sequence[tuple[str, float]]) -> tuple[Any, float, str]:
    """The time under one of its further names. Any: JSON."""
    for name, unit in times[1:]:
        if name in fields:
            return fields[name], unit, name
    raise KeyError(" or ".join(name for name, _ in times))


def _whole_numbers(fields: dict[str, Any], name: str) -> Sequence[int]:
    values = fields[name]
    if values is None:
        return ()
    if type(values) is not list or not set(map(type, values)) <= _INTS:
        raise ValueError(f"{name} must be a list of whole numbers")
    return values


def _brief(value: object) -> str:
    told = repr(value)
    return told if len(told) <= 40 else told[:39] + "…"


_NUMBERS = frozenset({int, float})
_INTS = frozenset({int})


def keys_of(row: Row, trace_block: int, block_size: int) -> Sequence[int]:
    """Keys of the row's full blocks of `block_size` tokens.

    Where the engine's blocks are smaller than the trace's, each is named by the trace's block and its place therein;
    where they are larger, by the last of the trace's blocks in it, which stands for all before. Of tokens, by their
    hash. ValueError when neither size is a multiple of the other.
    """
    full = row.prompt // block_size
    if row.tokens:
        return list(_chain(row.tokens, block_size, min(full, len(row.tokens) // block_size)))
    if not row.keys or block_size == trace_block:
        return row.keys if len(row.keys) <= full else row.keys[:full]
    finer, rest = divmod(trace_block, block_size)
    if rest == 0:
        parts = (range(key * finer, key * finer + finer) for key in row.keys)
        return list(islice(chain.from_iterable(parts), full))
    coarser, rest = divmod(block_size, trace_block)
    if rest == 0:
        return row.keys[coarser - 1 : full * coarser : coarser]
    raise ValueError(
        f"the trace's blocks have {trace_block} tokens: blocks of {block_size} are neither a part nor a multiple of them"
    )


def _chain(tokens: Sequence[int], block_size: int, blocks: int) -> Iterator[int]:
    key = 0
    for start in range(0, blocks * block_size, block_size):
        key = hash((key, *tokens[start : start + block_size]))
        yield key
