"""What programs and commands give, without any being run: small sums are worked out, the rest is made up or left empty.

Knows a few commands; programs are worked out in `python_machine`. Nothing here can take long or reach anything.
"""

import ast
import csv
import re
import shlex
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from fakeai.content.python_functions import Unknown
from fakeai.content.python_machine import DATA, Machine

_LONGEST = 20_000
_MOST_WRITTEN = 20_000
_MOST_FILES = 5
_FILE = re.compile(r"['\"]/mnt/data/([\w.-]{1,80})['\"]")


class Ran(NamedTuple):
    """What a program has printed, the names of the files that it has made, and what is in those as far as that is known."""

    output: str
    files: tuple[str, ...] = ()
    written: Mapping[str, str] = MappingProxyType({})


def run_python(code: str, given: Mapping[str, bytes] = MappingProxyType({})) -> Ran:
    """What a program prints, as far as it is worked out; and the files that it makes under `/mnt/data`.

    `given` are files that it can read, by their whole paths.
    """
    named = [name for name in dict.fromkeys(_FILE.findall(code[:_LONGEST])) if DATA + name not in given]
    if len(code) > _LONGEST:
        return Ran("", tuple(named[:_MOST_FILES]))
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError) as error:
        told = error.msg if isinstance(error, SyntaxError) else str(error)
        return Ran(f"SyntaxError: {told}\n")
    except (RecursionError, MemoryError):
        return Ran("", tuple(named[:_MOST_FILES]))
    machine = Machine(given)
    for statement in tree.body:
        try:
            machine.do(statement)
        except (Unknown, RecursionError):
            continue
        except (ArithmeticError, LookupError, OSError, TypeError, ValueError, csv.Error) as error:
            machine.printed.append(f"{type(error).__name__}: {error}\n")
            break
    made = [name for name in dict.fromkeys([*named, *machine.made]) if name not in machine.missing][:_MOST_FILES]
    written = {name: "".join(file.pieces or ()) for name, file in machine.made.items() if name in made}
    return Ran("".join(machine.printed)[:_MOST_WRITTEN], tuple(made), written)


# -- commands

_LISTING = (
    "total 8\n-rw-r--r-- 1 user user  214 Jan  1 00:00 README.md\n-rw-r--r-- 1 user user 1024 Jan  1 00:00 main.py\n"
)
_ANSWERS: Mapping[str, str] = MappingProxyType(
    {
        "pwd": "/mnt/data\n",
        "whoami": "user\n",
        "hostname": "container\n",
        "uname": "Linux\n",
        "date": "Thu Jan  1 00:00:00 UTC 2026\n",
        "df": "Filesystem      Size  Used Avail Use% Mounted on\noverlay          20G  2.1G   18G  11% /\n",
        "free": "               total        used        free\nMem:            1024         212         812\n",
    }
)


class Shelled(NamedTuple):
    """What a command has given."""

    stdout: str
    stderr: str = ""
    code: int = 0


def run_command(command: str) -> Shelled:
    """What a command line gives, made up."""
    try:
        words = shlex.split(command[:_LONGEST])
    except ValueError as error:
        return Shelled("", f"bash: syntax error: {error}\n", 2)
    if not words:
        return Shelled("")
    name, *rest = words
    name = name.rsplit("/", 1)[-1]
    if name in _ANSWERS:
        return Shelled(_ANSWERS[name])
    return _worked_out(name, rest)


def _worked_out(name: str, rest: Sequence[str]) -> Shelled:
    match name:
        case "echo":
            return Shelled(" ".join(rest) + "\n")
        case "ls":
            return Shelled(
                _LISTING if any(word.startswith("-") and "l" in word for word in rest) else "README.md\nmain.py\n"
            )
        case "cat" | "head" | "tail":
            path = next((word for word in rest if not word.startswith("-")), "")
            return Shelled(f"# {path}\n") if path else Shelled("")
        case "python" | "python3":
            if rest[:1] == ["--version"]:
                return Shelled("Python 3.11.9\n")
            return Shelled(run_python(rest[1]).output) if rest[:1] == ["-c"] and len(rest) > 1 else Shelled("")
        case "pytest":
            return Shelled("3 passed in 0.12s\n")
        case "false":
            return Shelled("", "", 1)
        case "true" | "cd" | "mkdir" | "touch" | "git" | "pip" | "grep" | "find" | "export" | "bash" | "sh":
            return Shelled("")
    return Shelled("", f"bash: {name[:80]}: command not found\n", 127)
