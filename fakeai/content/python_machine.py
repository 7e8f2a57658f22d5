"""A little Python, worked out step by step: numbers, texts, lists, dicts, loops, and the files that a program is given.

Nothing is run: what is not known here is skipped by whoever asks. Each step, and each piece of what a step looks through, is
spent from one budget, so that no program takes long; no text and no number grows without bounds.
"""

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fakeai.content.python_functions import BINARY, COMPARED, FUNCTIONS, METHODS, MODULES, File, Unknown

DATA = "/mnt/data/"
"""Where a program's files are."""

_MOST_STEPS = 50_000
_MOST_BITS = 4_096
_LONGEST = 1_000_000
_PER_STEP = 50
"""Characters that are looked through in a step."""
_SPEC = re.compile(r"[<>^]?,?(?:\.\d)?[dfe%]?")


class Machine:
    """Knows names and their values, what was printed, and files: those it was given, and those it has made.

    Any: whatever values a program has.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.printed: list[str] = []
        self.made: dict[str, File] = {}
        self.missing: set[str] = set()
        self._names: dict[str, Any] = {}
        self._functions: dict[str, str] = {}
        self._files = files
        self._left = _MOST_STEPS
        self._size = 0

    def do(self, statement: ast.stmt) -> None:
        """One statement. Raises Unknown, and what the program would raise."""
        self._spend(1)
        match statement:
            case ast.Import(names=names):
                self._functions |= {alias.asname or alias.name: alias.name for alias in names}
            case ast.ImportFrom(module=module, names=names):
                self._functions |= {alias.asname or alias.name: f"{module}.{alias.name}" for alias in names}
            case ast.Assign(targets=[target], value=value):
                self._assign(target, value)
            case ast.AugAssign(target=ast.Name(id=name), op=op, value=value) if name in self._names:
                self._names[name] = self._binary(type(op), self._names[name], self.value(value))
            case ast.Expr(value=value):
                self._expression(value)
            case ast.Pass():
                pass
            case _:
                self._nested(statement)

    def value(self, node: ast.expr) -> Any:
        """What an expression comes to. Raises Unknown."""
        self._spend(1)
        match node:
            case ast.Constant(value=value) if value is None or isinstance(value, int | float | str):
                return value
            case ast.Name(id=name) if name in self._names:
                return self._names[name]
            case ast.List(elts=items):
                return [self.value(item) for item in items]
            case ast.Tuple(elts=items):
                return tuple([self.value(item) for item in items])
            case ast.Dict(keys=keys, values=values) if None not in keys:
                return {self._key(key): self.value(one) for key, one in zip(keys, values, strict=True) if key}
            case ast.ListComp() | ast.GeneratorExp():
                return self._comprehended(node)
            case ast.Subscript(value=of, slice=key):
                return self._taken(self.value(of), self._key(key))
            case ast.Call():
                return self._call(node)
            case ast.JoinedStr(values=parts):
                return self._joined("", [self._part(part) for part in parts])
        return self._worked_out(node)

    # -- expressions

    def _worked_out(self, node: ast.expr) -> Any:
        match node:
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self.value(operand)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not self.value(operand)
            case ast.BinOp(left=left, op=op, right=right):
                return self._binary(type(op), self.value(left), self.value(right))
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in COMPARED:
                pair = self.value(left), self.value(right)
                self._look_through(pair)
                return COMPARED[type(op)](*pair)
            case ast.BoolOp(op=op, values=values):
                return self._either(values, isinstance(op, ast.And))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.value(body if self.value(test) else orelse)
        raise Unknown

    def _either(self, values: list[ast.expr], both: bool) -> Any:
        value: Any = None
        for one in values:
            value = self.value(one)
            if bool(value) is not both:
                break
        return value

    def _taken(self, of: Any, key: Any) -> Any:
        if isinstance(of, File):
            raise Unknown
        taken = of[key]
        if isinstance(key, slice):
            self._spend(len(taken) // _PER_STEP)
        return taken

    def _key(self, key: ast.expr) -> Any:
        if not isinstance(key, ast.Slice):
            found = self.value(key)
            self._look_through(found)
            return found
        return slice(*(None if one is None else self.value(one) for one in (key.lower, key.upper, key.step)))

    def _comprehended(self, node: ast.ListComp | ast.GeneratorExp) -> list[Any]:
        if len(node.generators) != 1:
            raise Unknown
        (each,) = node.generators
        made = []
        for item in self._items(each.iter):
            self._bind(each.target, item)
            if all(self.value(test) for test in each.ifs):
                made.append(self.value(node.elt))
        return made

    def _items(self, node: ast.expr) -> Iterable[Any]:
        some = self.value(node)
        if isinstance(some, File):
            return some.rest()
        if not isinstance(some, str | list | tuple | dict):
            raise Unknown
        self._spend(len(some))
        return list(some)

    def _call(self, node: ast.Call) -> Any:
        named = {
            one.arg: self.value(one.value) for one in node.keywords if one.arg in ("reverse", "newline", "encoding")
        }
        if len(named) < len(node.keywords):
            raise Unknown
        if isinstance(node.func, ast.Attribute) and not self._is_module(node.func.value):
            return self._method(node.func, [self.value(one) for one in node.args])
        name = self._called(node.func)
        given = [self.value(one) for one in node.args]
        match name, given:
            case "open", [str(path), *mode]:
                return self._open(path, str(mode[0]) if mode else "r")
            case "str", [one]:
                return self._shown(one)
            case "range", [_, *_] if all(isinstance(one, int) for one in given):
                numbers = range(*given)
                self._spend(len(numbers))
                return list(numbers)
        if name not in FUNCTIONS or (named and name != "sorted"):
            raise Unknown
        if name != "len":
            self._look_through(given)
        return FUNCTIONS[name](*given, **named)

    def _called(self, func: ast.expr) -> str:
        match func:
            case ast.Name(id=name):
                return self._functions.get(name, name)
            case ast.Attribute(value=ast.Name(id=name), attr=attr):
                return f"{self._functions[name]}.{attr}"
        raise Unknown

    def _is_module(self, of: ast.expr) -> bool:
        return isinstance(of, ast.Name) and of.id not in self._names and self._functions.get(of.id) in MODULES

    def _method(self, func: ast.Attribute, given: list[Any]) -> Any:
        of, name = self.value(func.value), func.attr
        if isinstance(of, File):
            return self._read(of, name)
        if isinstance(of, str) and name == "join" and len(given) == 1:
            return self._joined(of, list(given[0]))
        if isinstance(of, dict) and name in ("keys", "values", "items") and not given:
            self._spend(len(of))
            return list(getattr(of, name)())
        if not any(isinstance(of, kind) and name in names for kind, names in METHODS):
            raise Unknown
        self._look_through((of, given) if not isinstance(of, dict) else given)
        return getattr(of, name)(*given)

    def _joined(self, between: str, pieces: list[Any]) -> str:
        size = sum(len(piece) for piece in pieces) + len(between) * len(pieces)
        if size > _LONGEST:
            raise Unknown
        self._spend(size // _PER_STEP)
        return between.join(pieces)

    def _part(self, part: ast.expr) -> str:
        if not isinstance(part, ast.FormattedValue):
            return str(self.value(part))
        value = self.value(part.value)
        if part.format_spec is None:
            return self._shown(value)
        spec = self.value(part.format_spec)
        if not _SPEC.fullmatch(spec) or not isinstance(value, int | float):
            raise Unknown
        return format(value, spec)

    def _binary(self, kind: type, left: Any, right: Any) -> Any:
        if kind not in BINARY:
            raise Unknown
        if kind is ast.Add and isinstance(left, str) and isinstance(right, str):
            return self._joined("", [left, right])
        if kind is ast.Add and isinstance(left, list) and isinstance(right, list):
            self._spend(len(left) + len(right))
            return left + right
        if not isinstance(left, int | float) or not isinstance(right, int | float):
            raise Unknown
        size = max(_bits(left), 1)
        if (kind is ast.Pow and abs(right) * size > _MOST_BITS) or size + _bits(right) > _MOST_BITS:
            raise Unknown
        return BINARY[kind](left, right)

    # -- statements

    def _nested(self, statement: ast.stmt) -> None:
        """A statement that has others in it."""
        match statement:
            case ast.With(items=[ast.withitem(context_expr=opened, optional_vars=ast.Name(id=name))], body=body):
                self._names[name] = self.value(opened)
                self._all(body)
            case ast.For(target=target, iter=some, body=body, orelse=[]):
                for item in self._items(some):
                    self._bind(target, item)
                    self._all(body)
            case ast.If(test=test, body=body, orelse=orelse):
                self._all(body if self.value(test) else orelse)
            case _:
                raise Unknown

    def _expression(self, value: ast.expr) -> None:
        match value:
            case ast.Call(func=ast.Name(id="print"), args=args):
                self._print(" ".join(self._shown(self.value(one)) for one in args) + "\n")
            case ast.Call():
                self._effect(value)
            case _:
                self._print(f"{self._shown(self.value(value), repr)}\n")

    def _all(self, body: list[ast.stmt]) -> None:
        for statement in body:
            self.do(statement)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        try:
            found = self.value(value)
        except Unknown:
            if isinstance(target, ast.Name):
                self._names.pop(target.id, None)
            raise
        if not isinstance(target, ast.Subscript):
            self._bind(target, found)
            return
        of = self.value(target.value)
        if not isinstance(of, dict | list):
            raise Unknown
        of[self._key(target.slice)] = found

    def _bind(self, target: ast.expr, value: Any) -> None:
        match target:
            case ast.Name(id=name):
                self._names[name] = value
            case ast.Tuple(elts=targets) if isinstance(value, list | tuple):
                if len(targets) != len(value):
                    raise ValueError(f"cannot unpack {len(value)} values into {len(targets)}")
                for one, item in zip(targets, value, strict=True):
                    self._bind(one, item)
            case _:
                raise Unknown

    def _effect(self, call: ast.Call) -> None:
        """A call for what it does: to a list, or to a file."""
        if not isinstance(call.func, ast.Attribute) or len(call.args) != 1:
            raise Unknown
        of, given = self.value(call.func.value), self.value(call.args[0])
        if isinstance(of, list) and call.func.attr == "append":
            of.append(given)
        elif isinstance(of, File) and of.pieces is not None and call.func.attr == "write" and isinstance(given, str):
            self._grow(len(given))
            of.pieces.append(given)
        else:
            raise Unknown

    # -- files

    def _open(self, path: str, mode: str) -> File:
        name = path.removeprefix(DATA)
        if not path.startswith(DATA) or "/" in name:
            raise Unknown
        if "b" in mode:
            raise Unknown
        if mode[:1] in ("w", "x"):
            self.made[name] = File(None)
            return self.made[name]
        made, data = self.made.get(name), self._files.get(path)
        if made is None and data is None:
            self.missing.add(name)
            raise FileNotFoundError(f"[Errno 2] No such file or directory: {path!r}")
        text = "".join(made.pieces or ()) if made is not None else _decoded(data or b"")
        self._spend(len(text) // _PER_STEP)
        return File(text)

    def _read(self, file: File, name: str) -> Any:
        if file.pieces is not None:
            raise Unknown
        match name:
            case "read":
                return "".join(file.rest())
            case "readlines":
                return file.rest()
            case "readline":
                return file.lines.pop(0) if file.lines else ""
        raise Unknown

    # -- what it costs

    def _print(self, text: str) -> None:
        self._grow(len(text))
        self.printed.append(text)

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > _LONGEST:
            raise Unknown

    def _shown(self, value: Any, show: Callable[[Any], str] = str) -> str:
        if isinstance(value, File):
            raise Unknown
        self._look_through(value)
        return show(value)

    def _spend(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise Unknown

    def _look_through(self, value: Any) -> None:
        """Spend what it takes to look through all of a value, however its parts are shared."""
        self._spend(1)
        if isinstance(value, str):
            self._spend(len(value) // _PER_STEP)
        elif isinstance(value, dict):
            for pair in value.items():
                self._look_through(pair)
        elif isinstance(value, list | tuple):
            for one in value:
                self._look_through(one)


def _decoded(data: bytes) -> str:
    if len(data) > _LONGEST:
        raise Unknown
    return data.decode("utf-8-sig")


def _bits(number: float) -> int:
    return number.bit_length() if isinstance(number, int) else 64
