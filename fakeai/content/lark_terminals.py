"""How costly the terminals of a Lark grammar are, told from its text before any engine sees it.

A terminal is one regular expression, however many others it is made of; those with many optional or repeated parts take
engines by derivatives cubic time. Counts such parts with the terminals spelled out; knows nothing else of Lark.
"""

import re
from typing import Final, NamedTuple

from fakeai.content.regex_syntax import MAX_LOOSE, RegexError, loose, parse

MAX_TERMINALS: Final = 500

_DEFINITION: Final = re.compile(
    r"^[ \t]*([?!]*_?[A-Za-z][A-Za-z0-9_]*)(?:\[[^\]\n]*\])?(?:\.-?\d+)?[ \t]*:", re.MULTILINE
)
_TOKEN: Final = re.compile(
    r"//[^\n]*|\"(?:\\.|[^\"\\\n])*\"i?"
    r"|/((?:\\.|[^/\\\n])+)/[imslux]*"
    r"|([A-Za-z_]\w*)"
    r"|(?:~|\{)[ \t]*(\d+)?(?:[ \t]*(?:\.\.|,)[ \t]*(\d+))?"
    r"|[+?*\[]|\|(?=[ \t]*\))|\((?=[ \t]*\|)"
)
_MANY: Final = 1_000_000


class _Terminal(NamedTuple):
    own: int
    uses: tuple[str, ...]
    times: int


def refusal(definition: str) -> str | None:
    """Why a grammar's terminals are too costly, or None."""
    try:
        terminals = _terminals(definition)
    except RegexError as error:
        return error.message
    if len(terminals) > MAX_TERMINALS:
        return f"more than {MAX_TERMINALS} terminals and rules"
    counts: dict[str, int] = {}
    for name in terminals:
        if _count(name, terminals, counts) > MAX_LOOSE and name.lstrip("_").isupper():
            return f"terminal {name[:40]} has too many optional or repeated parts"
    return None


def _terminals(definition: str) -> dict[str, _Terminal]:
    starts = list(_DEFINITION.finditer(definition))
    if not starts:
        return {}
    ends = [*(found.start() for found in starts[1:]), len(definition)]
    return {
        found[1].lstrip("?!"): _read(definition[found.end() : end]) for found, end in zip(starts, ends, strict=True)
    }


def _read(body: str) -> _Terminal:
    own, times, uses = 0, 1, []
    for token in _TOKEN.finditer(body):
        pattern, name, low, high = token.groups()
        if pattern is not None:
            found = loose(parse(pattern.replace("\\/", "/")))
            own += found.cost + 2 * found.empty
        elif name is not None:
            uses.append(name)
        elif token[0][0] in "~{":
            times = min(_MANY, times * max(1, int((high or low or "1")[:7])))
        elif token[0][0] in "+?*[|(":
            own += 1 if token[0] == "+" else 3
    return _Terminal(own, tuple(uses), times)


def _count(name: str, terminals: dict[str, _Terminal], counts: dict[str, int]) -> int:
    """Optional and repeated parts of `name`, with those of the terminals it is made of; circles count once."""
    stack = [name]
    while stack:
        current = stack[-1]
        terminal = terminals[current]
        open_uses = [
            use for use in terminal.uses if use in terminals and use not in counts and use.lstrip("_").isupper()
        ]
        if open_uses and current not in counts:
            counts[current] = 0
            stack.extend(open_uses)
            continue
        total = terminal.own + sum(counts.get(use, 0) for use in terminal.uses if use.lstrip("_").isupper())
        counts[current] = min(_MANY, total * terminal.times)
        stack.pop()
    return counts[name]
