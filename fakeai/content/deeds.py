"""What a simulated model writes for tools that do things: programs, commands, changes to files, moves on a screen.

Follows the words of the prompt as far as they go. Runs nothing: what programs and commands would give is in `doings`.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from types import MappingProxyType

from fakeai.content import arithmetic, clues, file_programs
from fakeai.core.generation import JsonObject

_SUM = re.compile(r"[\d(][\d\s.,()*/+^x×÷%·−-]*[\d)]")
_SIGN = re.compile(r"\d\s*[*/+^x×÷%·−-]\s*[\d(]")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_PATH = re.compile(r"[\w./-]+\.(?:py|js|ts|md|txt|json|yaml|yml|toml|html|css|go|rs|java|c|cpp|sh|csv)\b")
_CHART = re.compile(r"\b(?:plot|chart|graph|histogram|diagram|visuali[sz]e|draw)\w*", re.IGNORECASE)
_TABLE = re.compile(r"\b(?:csv|spreadsheet|table|export)\b", re.IGNORECASE)
_SIGNS = str.maketrans("×·÷−xX", "**/-**")
_SCROLL = re.compile(r"\bscroll", re.IGNORECASE)
_LONGEST_SUM = 100
_MOST_NUMBERS = 50
_READ = 4_000

_COMMANDS: Sequence[tuple[str, str]] = (
    (r"\b(?:python|interpreter) version\b", "python3 --version"),
    (r"\bdisk\b", "df -h ."),
    (r"\bmemory\b", "free -m"),
    (r"\b(?:who am i|user)\b", "whoami"),
    (r"\b(?:where|working directory|current (?:folder|directory))\b", "pwd"),
    (r"\b(?:search|grep|find)\b", "grep -rn TODO ."),
    (r"\b(?:test|tests)\b", "pytest -q"),
    (r"\bgit\b", "git status --short"),
)


def python(prompt: str, told: str = "") -> str:
    """A Python program for a prompt, and for the files that the tool is `told` to have."""
    prompt = prompt[:_READ]
    found = _sum(prompt)
    reads = None if found is not None else file_programs.program(prompt, told)
    if reads is not None:
        return reads
    numbers = _NUMBER.findall(prompt)[:_MOST_NUMBERS]
    if _CHART.search(prompt):
        return _chart(numbers)
    if _TABLE.search(prompt):
        return _table(numbers)
    formula = file_programs.formula(prompt)
    if formula and len(numbers) > 1:
        return f"numbers = [{', '.join(numbers)}]\nprint({formula})"
    if found is not None:
        return f"result = {found}\nprint(result)"
    quoted = clues.read((prompt,)).quotes
    if quoted:
        return f"text = {quoted[0].text!r}\nprint(len(text))"
    return f"steps = {max(1, len(prompt.split()))}\nprint(steps)"


def shell(prompt: str, told: str = "") -> str:
    """Arguments of a shell: commands for a prompt."""
    prompt = prompt[:_READ]
    code = re.search(r"`([^`\n]{1,400})`", prompt)
    if code is not None:
        return _json({"commands": [code[1]]})
    path = _PATH.search(prompt)
    lower = prompt.lower()
    for pattern, command in _COMMANDS:
        if re.search(pattern, lower):
            return _json({"commands": [command]})
    return _json({"commands": [f"cat {path[0]}" if path is not None else "ls -la"]})


def local_shell(prompt: str, told: str = "") -> str:
    """Arguments of a shell as it was first offered: one command, in words."""
    command = json.loads(shell(prompt))["commands"][0]
    return _json({"command": ["bash", "-lc", command]})


def patch(prompt: str, told: str = "") -> str:
    """Arguments of a change to a file."""
    prompt = prompt[:_READ]
    found = _PATH.search(prompt)
    path = found[0].lstrip("/") if found is not None else "main.py"
    lower = prompt.lower()
    if re.search(r"\b(?:delete|remove) (?:the )?file\b", lower):
        return _json({"type": "delete_file", "path": path})
    line = " ".join(prompt.split())[:80] or "changed"
    if re.search(r"\b(?:create|add|new|write)\b", lower):
        return _json({"type": "create_file", "path": path, "diff": f"+# {line}\n"})
    return _json({"type": "update_file", "path": path, "diff": f"@@\n-# before\n+# {line}\n"})


def screen(prompt: str, told: str = "") -> str:
    """Arguments of a move on a screen: it has to be seen first."""
    return _json({"type": "screenshot"})


def move(prompt: str, number: int) -> str | None:
    """Arguments of the move that follows `number` others, the first of which was to look; None if all is done."""
    place = blake2b(prompt.encode("utf-8", "surrogatepass"), digest_size=2).digest()
    at = {"x": 100 + 3 * place[0], "y": 80 + 2 * place[1]}
    moves: list[JsonObject] = [{"type": "click", "button": "left", **at}]
    quotes = clues.read((prompt,)).quotes
    if quotes:
        moves += [{"type": "type", "text": quotes[0].text}, {"type": "keypress", "keys": ["ENTER"]}]
    if _SCROLL.search(prompt):
        moves.append({"type": "scroll", **at, "scroll_x": 0, "scroll_y": 400})
    return _json(moves[number - 1]) if number <= len(moves) else None


WRITERS: Mapping[str, Callable[[str, str], str]] = MappingProxyType(
    {"python": python, "shell": shell, "local_shell": local_shell, "patch": patch, "screen": screen}
)
"""By what a tool takes (`core.generation.Tool.takes`); given the prompt, and what the tool's description tells."""


def _sum(prompt: str) -> str | None:
    """The longest sum in a prompt that has a value, as Python writes it."""
    best = None
    for found in _SUM.finditer(prompt):
        text = found[0].strip(" .,")
        if len(text) > _LONGEST_SUM or not _SIGN.search(text) or arithmetic.evaluate(text) is None:
            continue
        if best is None or len(text) > len(best):
            best = text
    if best is None:
        return None
    return best.translate(_SIGNS).replace("^", "**").replace(",", "")


def _chart(numbers: Sequence[str]) -> str:
    values = ", ".join(numbers) or "3, 5, 2, 8"
    return (
        "import matplotlib.pyplot as plt\n\n"
        f"values = [{values}]\nplt.bar(range(len(values)), values)\nplt.savefig('/mnt/data/chart.png')\n"
        "print('saved chart.png')"
    )


def _table(numbers: Sequence[str]) -> str:
    values = ", ".join(numbers) or "1, 2, 3"
    return (
        f"values = [{values}]\n"
        "with open('/mnt/data/table.csv', 'w') as file:\n"
        "    file.write('value\\n' + '\\n'.join(str(value) for value in values))\n"
        "print('saved table.csv')"
    )


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
