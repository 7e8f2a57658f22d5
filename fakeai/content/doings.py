"""What programs and commands give, without any being run: small sums are worked out, the rest is made up or left empty.

Knows a little Python (numbers, lists, names, `print`) and a few commands. Nothing here can take long or reach anything.
"""

import ast
import operator
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

_LONGEST = 20_000
_MOST_STEPS = 10_000
_MOST_BITS = 4_096
_MOST_ITEMS = 10_000
_MOST_WRITTEN = 20_000
_FILE = re.compile(r"['\"]/mnt/data/([\w.-]{1,80})['\"]")


class Ran(NamedTuple):
    """What a program has written, and the names of the files that it has made."""

    output: str
    files: tuple[str, ...] = ()


class _Unknown(Exception):
    """Something that is not worked out here."""


def run_python(code: str) -> Ran:
    """What a program prints, as far as it is worked out; and the files that it makes under `/mnt/data`."""
    files = tuple(dict.fromkeys(_FILE.findall(code[:_LONGEST])))[:5]
    if len(code) > _LONGEST:
        return Ran("", files)
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError) as error:
        told = error.msg if isinstance(error, SyntaxError) else str(error)
        return Ran(f"SyntaxError: {told}\n")
    except (RecursionError, MemoryError):
        return Ran("", files)
    machine = _Machine()
    for statement in tree.body:
        try:
            machine.do(statement)
        except (_Unknown, RecursionError):
            continue
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            machine.written.append(f"{type(error).__name__}: {error}\n")
            break
    return Ran("".join(machine.written)[:_MOST_WRITTEN], files)


_BINARY: Mapping[type, Callable[[Any, Any], Any]] = MappingProxyType(
    {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.Div: operator.truediv,
        ast.FloorDiv: operator.floordiv,
        ast.Mod: operator.mod,
        ast.Pow: operator.pow,
    }
)
_FUNCTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {"sum": sum, "len": len, "max": max, "min": min, "sorted": sorted, "round": round, "abs": abs, "str": str}
)


class _Machine:
    """Knows names and their values, and what was printed. Any: whatever values a program has."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}
        self.written: list[str] = []
        self._steps = 0

    def do(self, statement: ast.stmt) -> None:
        """One statement of the program's own level."""
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self.names.pop(name, None)
                self.names[name] = self.value(value)
            case ast.Expr(value=ast.Call(func=ast.Name(id="print"), args=args)):
                self.written.append(" ".join(str(self.value(one)) for one in args) + "\n")
            case ast.Expr(value=value) if not isinstance(value, ast.Call):
                self.written.append(f"{self.value(value)!r}\n")
            case _:
                raise _Unknown

    def value(self, node: ast.expr) -> Any:
        """What an expression comes to. Raises _Unknown."""
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise _Unknown
        match node:
            case ast.Constant(value=value) if isinstance(value, int | float | str):
                return value
            case ast.Name(id=name) if name in self.names:
                return self.names[name]
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return [self.value(item) for item in items]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self.value(operand)
            case ast.BinOp(left=left, op=op, right=right):
                return self._binary(type(op), self.value(left), self.value(right))
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS:
                return _FUNCTIONS[name](*[self.value(arg) for arg in args])
            case ast.JoinedStr(values=parts):
                return "".join(str(self._part(part)) for part in parts)
        raise _Unknown

    def _part(self, part: ast.expr) -> Any:
        if isinstance(part, ast.FormattedValue) and part.format_spec is None:
            return self.value(part.value)
        return self.value(part)

    def _binary(self, kind: type, left: Any, right: Any) -> Any:
        if kind not in _BINARY or not isinstance(left, int | float) or not isinstance(right, int | float):
            if kind is ast.Add and isinstance(left, str) and isinstance(right, str):
                return (left + right)[:_MOST_WRITTEN]
            raise _Unknown
        size = max(_bits(left), 1)
        if (kind is ast.Pow and abs(right) * size > _MOST_BITS) or size + _bits(right) > _MOST_BITS:
            raise _Unknown
        return _BINARY[kind](left, right)


def _bits(number: float) -> int:
    return number.bit_length() if isinstance(number, int) else 64


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
