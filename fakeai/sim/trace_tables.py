"""Traces that are tables: comma-separated values whose first line names the columns.

Knows columns and how each format writes a time; the columns may come in any order, and further ones are not read.
"""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar

R = TypeVar("R")

MAX_TOKENS = 1 << 24
"""Tokens of a prompt or an answer beyond which a line is taken for a mistake."""


def stamp(text: str) -> float:
    """Seconds of a date and time such as `2023-11-16 18:17:03.9799600`; of the zone only differences matter."""
    when = datetime.fromisoformat(text)
    return (when - datetime(1970, 1, 1, tzinfo=when.tzinfo)).total_seconds()


@dataclass(frozen=True, slots=True)
class Table:
    """A format: its columns in lower case, and how the time is written."""

    time: str
    prompt: str
    output: str
    seconds: Callable[[str], float]


TABLES: Mapping[str, Table] = MappingProxyType(
    {
        # github.com/Azure/AzurePublicDataset, AzureLLMInferenceTrace_*.csv
        "azure": Table("timestamp", "contexttokens", "generatedtokens", stamp),
        # github.com/HPMLL/BurstGPT; some of its files have no log type
        "burstgpt": Table("timestamp", "request tokens", "response tokens", float),
        # github.com/Mutinifni/splitwise-sim
        "splitwise": Table("arrival_timestamp", "prompt_size", "token_size", float),
    }
)


def detect(head: bytes) -> str | None:
    """The format that a first line names the columns of."""
    columns = set(_columns(head))
    for name, table in TABLES.items():
        if {table.time, table.prompt, table.output} <= columns:
            return name
    return None


def read(
    lines: Sequence[bytes], format: str, row: Callable[[float, int, int], R]
) -> tuple[list[R], list[tuple[int, str]]]:
    """The rows, made by `row` of time, prompt and output; and (line, reason) of those that are broken."""
    table = TABLES[format]
    columns = {name: place for place, name in enumerate(_columns(lines[0]))}
    missing = [name for name in (table.time, table.prompt, table.output) if name not in columns]
    if missing:
        return [], [(1, f"has no column {', '.join(missing)}")]
    time, prompt, output = columns[table.time], columns[table.prompt], columns[table.output]
    rows: list[R] = []
    broken: list[tuple[int, str]] = []
    for number, line in enumerate(lines[1:], 2):
        if not line.strip():
            continue
        try:
            cells = _cells(line)
            rows.append(row(_time(cells[time], table), _tokens(cells[prompt]), _tokens(cells[output])))
        except IndexError:
            broken.append((number, f"has {len(cells)} cells, not {1 + max(time, prompt, output)}"))
        except ValueError as error:
            broken.append((number, str(error)))
    return rows, broken


def _cells(line: bytes) -> list[str]:
    """The cells of one line; a quote ends with it."""
    text = line.decode("utf-8", "replace").rstrip("\r")
    return text.split(",") if '"' not in text else next(csv.reader([text], skipinitialspace=True))


def _columns(head: bytes) -> list[str]:
    return [name.strip().lower() for name in _cells(head)]


def _time(text: str, table: Table) -> float:
    try:
        seconds = table.seconds(text)
    except ValueError:
        raise ValueError(f"{table.time} is {text[:40]!r}, no time") from None
    if not 0 <= seconds < 1e11:
        raise ValueError(f"{table.time} is {text[:40]!r}, no time from 0 on")
    return seconds


def _tokens(text: str) -> int:
    try:
        count = int(text)
    except ValueError:
        raise ValueError(f"{text[:40]!r} is no number of tokens") from None
    if not 1 <= count <= MAX_TOKENS:
        raise ValueError(f"{count} tokens, where 1 to {MAX_TOKENS} can be")
    return count
