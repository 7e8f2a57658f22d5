"""Programs that read files: how a tool is told which files it has, and what is written to answer a prompt from them.

Knows names, paths and columns; opens nothing.
"""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

_STATISTICS: Mapping[str, str] = MappingProxyType(
    {
        "mean": "sum(numbers) / len(numbers)",
        "average": "sum(numbers) / len(numbers)",
        "sum": "sum(numbers)",
        "total": "sum(numbers)",
        "largest": "max(numbers)",
        "highest": "max(numbers)",
        "maximum": "max(numbers)",
        "smallest": "min(numbers)",
        "lowest": "min(numbers)",
        "minimum": "min(numbers)",
        "sort": "sorted(numbers)",
    }
)
_HEAD = "Files of the user: "
_MOST_FILES = 20
_MOST_COLUMNS = 40
_LONGEST = 80
_UNFIT = re.compile(r"[^\w .-]")
_TOLD = re.compile(r"(/mnt/data/[\w.-]+) is ([\w .-]+?)(?: with columns ([\w .,-]+?))?(?:; |\.$)")
_ABOUT_FILES = re.compile(
    r"\b(?:files?|data(?:set)?|csv|table|spreadsheet|sheet|rows?|columns?|document|attach\w*|upload\w*|json|log|it)\b",
    re.IGNORECASE,
)
_CHART = re.compile(r"\b(?:plot|chart|graph|histogram|diagram|visuali[sz]e|draw)\w*", re.IGNORECASE)
_COUNT = re.compile(r"\b(?:how many|count|number of)\b", re.IGNORECASE)
_READS = 2_000
"""Characters of a file that are shown."""


class FileTold(NamedTuple):
    """A file as a tool is told of it. `columns` are those of a table."""

    path: str
    name: str
    columns: Sequence[str] = ()


def told(files: Sequence[FileTold]) -> str:
    """What a tool's description says of the files that its programs can read; nothing if there are none."""
    parts = []
    for file in files[:_MOST_FILES]:
        columns = [_plain(column).replace(",", " ") for column in file.columns[:_MOST_COLUMNS]]
        parts.append(f"{file.path} is {_plain(file.name)}" + (f" with columns {', '.join(columns)}" if columns else ""))
    return f" {_HEAD}{'; '.join(parts)}." if parts else ""


def columns(head: bytes, name: str) -> list[str]:
    """The columns of a table that begins so; none if it does not look like one."""
    line = head.partition(b"\n")[0].decode("utf-8-sig", "replace").strip()
    found = [column.strip().strip('"') for column in line.split(",")]
    return found if name.lower().endswith(".csv") and all(found) and not all(map(_is_number, found)) else []


def program(prompt: str, description: str) -> str | None:
    """A program that answers from the files that the description tells of; None if the prompt is not about them."""
    files = _files(description)
    file = _meant(files, prompt)
    if file is None:
        return None
    opened = f"open({file.path!r})"
    if not file.columns:
        return f"print({opened}.read()[:{_READS}])"
    column = next((name for name in file.columns if _mentions(prompt, name)), None)
    rows = f"import csv\n\nwith {opened} as file:\n    rows = list(csv.DictReader(file))\n"
    wanted = formula(prompt)
    if column is not None and (wanted or _CHART.search(prompt)):
        return (
            rows + f"numbers = [float(row[{column!r}]) for row in rows if row[{column!r}]]\n" + _shown(wanted, prompt)
        )
    if _COUNT.search(prompt):
        return rows + "print(len(rows))"
    return f"print({opened}.read()[:{_READS}])"


def formula(prompt: str) -> str:
    """What of `numbers` a prompt asks for, as Python writes it; empty if nothing is known of it."""
    lower = prompt.lower()
    return next((formula for word, formula in _STATISTICS.items() if word in lower), "")


def _shown(wanted: str, prompt: str) -> str:
    if not _CHART.search(prompt):
        return f"print({wanted})"
    return (
        "import matplotlib.pyplot as plt\n"
        "plt.bar(range(len(numbers)), numbers)\nplt.savefig('/mnt/data/chart.png')\nprint('saved chart.png')"
    )


def _files(description: str) -> list[FileTold]:
    listed = description.partition(_HEAD)[2]
    return [
        FileTold(path, name, columns.split(", ") if columns else ()) for path, name, columns in _TOLD.findall(listed)
    ]


def _meant(files: Sequence[FileTold], prompt: str) -> FileTold | None:
    """The file that a prompt names, or the first one if it is about files or their columns at all."""
    for file in files:
        if _mentions(prompt, file.name) or _mentions(prompt, file.name.rpartition(".")[0]):
            return file
    for file in files:
        if any(_mentions(prompt, column) for column in file.columns):
            return file
    return files[0] if files and _ABOUT_FILES.search(prompt) else None


def _mentions(prompt: str, name: str) -> bool:
    return bool(name) and re.search(rf"(?<!\w){re.escape(name)}(?:e?s)?(?!\w)", prompt, re.IGNORECASE) is not None


def _plain(name: str) -> str:
    return _UNFIT.sub("_", name)[:_LONGEST].strip() or "_"


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()
