"""Whether to call tools, which, and with what: the part of a model that decides between words and deeds.

The policy suits clients under test: an offered tool is called once when a user speaks (a screen is seen, and then acted
on), and words follow its result, so that agent loops end. Which tool and which arguments follow from the words of the
prompt. Knows nothing of ids or tokens.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import Any, Final, Literal, NamedTuple

from fakeai.content import clues, deeds, grammar, jsonschema, plausible
from fakeai.content.clues import Fact, Facts
from fakeai.core.chance import Chance
from fakeai.core.generation import GenerateRequest, Message, Tool

MAX_CALLS: Final = 4

_READ: Final = 4_000
_DESCRIBED: Final = 600
_WORD: Final = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+(?![a-z])|\d+")
_GREETINGS: Final = re.compile(
    r"\W*(?:(?:hi|hello|hey|howdy|thanks?|thank you|thx|cheers|good (?:morning|afternoon|evening|night)|bye|goodbye|ok(?:ay)?|great"
    r"|perfect|you're welcome|nice to meet you|how are you(?: doing)?|hallo|danke|bonjour|merci|hola|gracias|ciao|grazie"
    r"|there|again|so much|very much|everyone|all|today)\W*){1,6}",
    re.IGNORECASE,
)
_GENERIC_WORDS: Final = """
get set fetch find do run call use make my the a an of to for in on by and or with from is are it this that new all
current tool function api given what how i you me please can could would should be return
"""
_GENERIC: Final = frozenset(_GENERIC_WORDS.split())
_CODE: Final = frozenset({"code", "python", "exec", "execute", "interpreter", "script", "shell", "bash"})


class PlannedCall(NamedTuple):
    """One call: a tool's name, its kind, and its JSON arguments or custom input."""

    name: str
    kind: Literal["function", "custom"]
    text: str


class _Aim(NamedTuple):
    """A tool to call, and the texts its input is drawn from, the most telling one last."""

    tool: Tool
    hints: tuple[str, ...]


def plan(request: GenerateRequest, chance: Chance) -> list[PlannedCall]:
    """The calls of one choice; none means to answer with text.

    SchemaError or GrammarError when a call is required and the tool's definition admits no input.
    """
    choice = request.tool_choice
    offered = [tool for tool in request.tools if choice.names is None or tool.name in choice.names]
    if not offered or choice.mode == "none":
        return []
    prompt = _prompt(request)
    required = choice.mode == "required"
    moves = _moves(request, offered)
    if not required and moves:
        return moves
    if not required and not _calls_for_tools(request, prompt, offered):
        return []
    if required:
        offered = _untried(request, offered)
    aims = _aims(offered, prompt, several=request.parallel_tool_calls and not _named(request))
    calls = _planned(aims, chance)
    if not calls:
        others = [_Aim(tool, (prompt,)) for tool in _ranked(offered, prompt)]
        calls = next((found for aim in others if (found := _planned([aim], chance))), [])
    if required and not calls:
        return [_call(aims[0], chance)]
    return calls


def _moves(request: GenerateRequest, offered: list[Tool]) -> list[PlannedCall]:
    """The next move on a screen that has been seen, if there is one."""
    screen = next((tool for tool in offered if tool.takes == "screen"), None)
    if screen is None or request.messages[-1].role != "tool":
        return []
    made = [use for message in _since_user(request) for use in message.tool_calls if use.name == screen.name]
    text = deeds.move(_prompt(request), len(made)) if made else None
    return [] if text is None else [PlannedCall(screen.name, screen.kind, text)]


def _since_user(request: GenerateRequest) -> Iterator[Message]:
    """What came after the user spoke last, the newest first."""
    return takewhile(lambda message: message.role != "user", reversed(request.messages))


def _untried(request: GenerateRequest, offered: list[Tool]) -> list[Tool]:
    """The tools not called since the user spoke, or all: a loop that must end with a call of its own comes to it."""
    called = {use.name for message in _since_user(request) for use in message.tool_calls}
    return [tool for tool in offered if tool.name not in called] or offered


def _prompt(request: GenerateRequest) -> str:
    """What the user said last."""
    spoken = next((message.text for message in reversed(request.messages) if message.role == "user"), None)
    return (spoken if spoken is not None else request.messages[-1].text)[:_READ]


def _named(request: GenerateRequest) -> bool:
    names = request.tool_choice.names
    return request.tool_choice.mode == "required" and names is not None and len(names) == 1


def _calls_for_tools(request: GenerateRequest, prompt: str, offered: Sequence[Tool]) -> bool:
    """Under `auto`: after a user's turn, unless it is mere politeness."""
    if request.messages[-1].role in ("tool", "function", "assistant"):
        return False
    polite = len(prompt) < 100 and _GREETINGS.fullmatch(prompt) is not None
    return not polite or any(_mention(tool, prompt) >= 0 for tool in offered)


def _planned(aims: Sequence[_Aim], chance: Chance) -> list[PlannedCall]:
    calls = []
    for aim in aims:
        try:
            calls.append(_call(aim, chance))
        except (jsonschema.SchemaError, grammar.GrammarError):
            continue
    return calls


def _call(aim: _Aim, chance: Chance) -> PlannedCall:
    tool = aim.tool
    if tool.takes:
        return PlannedCall(tool.name, tool.kind, deeds.WRITERS[tool.takes](aim.hints[-1], tool.description))
    text = _arguments(tool, chance, aim.hints) if tool.kind == "function" else _input(tool, chance, aim.hints)
    return PlannedCall(tool.name, tool.kind, text)


def _arguments(tool: Tool, chance: Chance, hints: Sequence[str]) -> str:
    if not tool.schema:
        return "{}"
    schema = tool.schema if "type" in tool.schema else {"type": "object", **tool.schema}
    return jsonschema.instance_text(schema, chance, hints)


def _input(tool: Tool, chance: Chance, hints: Sequence[str]) -> str:
    if tool.grammar is not None:
        return grammar.sample(*tool.grammar, chance)
    facts = clues.read(hints)
    if facts.quotes:
        return facts.quotes[0].text
    if not _CODE.isdisjoint(_known_words(f"{tool.name} {tool.description}"[:_DESCRIBED])):
        return plausible.made(plausible.field("code"), chance)
    return hints[-1].strip() or plausible.made(plausible.field(tool.name, tool.description), chance)


# -- which tools


def _aims(offered: Sequence[Tool], prompt: str, *, several: bool) -> list[_Aim]:
    """What to call, in the order of the prompt."""
    mentioned = sorted((at, number) for number, tool in enumerate(offered) if (at := _mention(tool, prompt)) >= 0)
    if several and len(mentioned) > 1:
        starts = [0, *(at for at, _ in mentioned[1:])]
        ends = [*starts[1:], len(prompt)]
        clauses = [prompt[start:end] for start, end in zip(starts, ends, strict=True)]
        return [
            _Aim(offered[number], (prompt, clause)) for (_, number), clause in zip(mentioned, clauses, strict=True)
        ][:MAX_CALLS]
    tool = offered[mentioned[0][1]] if len(mentioned) == 1 else _ranked(offered, prompt)[0]
    if several and tool.kind == "function" and tool.schema:
        return [_Aim(tool, (text,)) for text in _one_each(tool.schema, prompt)[:MAX_CALLS]]
    return [_Aim(tool, (prompt,))]


def _mention(tool: Tool, prompt: str) -> int:
    """Where the prompt names a tool, by its name or by all the telling words of it; -1 if it does not."""
    lower = prompt.lower()
    at = lower.find(tool.name.lower())
    if at >= 0:
        return at
    own = tool.name.rpartition(".")[2]  # its name space is that of others, too
    telling = [word for word in _words(own[:_DESCRIBED]) if word not in _GENERIC]
    if not telling:
        return -1
    places = [_word_at(lower, word) for word in telling]
    return min(places) if min(places) >= 0 else -1


def _word_at(text: str, word: str) -> int:
    at = text.find(word)
    while at > 0 and text[at - 1].isalnum():
        at = text.find(word, at + 1)
    return at


def _ranked(offered: Sequence[Tool], prompt: str) -> list[Tool]:
    """The tools, those that share most words with the prompt first."""
    said = set(_words(prompt)) - _GENERIC
    lower = prompt.lower()
    scores = [_score(tool, said) + 10 * (tool.name.lower() in lower) for tool in offered]
    return [tool for _, tool in sorted(zip(scores, offered, strict=True), key=lambda pair: -pair[0])]


def _score(tool: Tool, said: set[str]) -> int:
    properties = (tool.schema or {}).get("properties")
    names = " ".join(properties) if isinstance(properties, Mapping) else ""
    return (
        3 * len(said & _known_words(tool.name[:_DESCRIBED]))
        + len(said & _known_words(tool.description[:_DESCRIBED]))
        + len(said & _known_words(names[:_DESCRIBED]))
    )


def _words(text: str) -> tuple[str, ...]:
    """The words of a text or of an identifier, lower case, without endings."""
    return tuple(_stem(word.lower()) for word in _WORD.findall(text))


@lru_cache(maxsize=512)
def _known_words(text: str) -> frozenset[str]:
    """The words of a text that comes again with every request."""
    return frozenset(_words(text))


def _stem(word: str) -> str:
    for ending in ("ing", "ed", "es", "s"):
        if len(word) > len(ending) + 3 and word.endswith(ending) and not word.endswith("ss"):
            return word[: -len(ending)]
    return word


# -- one call for each thing listed


def _one_each(schema: Mapping[str, Any], prompt: str) -> list[str]:
    """The prompt once for each of the things it lists for a single argument; the prompt alone where it lists none."""
    facts = clues.read((prompt,))
    for listed in _lists(schema, facts):
        together = clues.runs(listed, prompt)
        items = clues.grouped(together[0], prompt)
        if len(together) == 1 and len(items) > 1:
            start, end = listed[0].at, listed[-1].at + len(listed[-1].text)
            return [prompt[:start] + item.text + prompt[end:] for item in items]
    return [prompt]


def _lists(schema: Mapping[str, Any], facts: Facts) -> list[Sequence[Fact]]:
    """The facts that belong to exactly one argument, which takes one of them."""
    properties = schema.get("properties")
    taken: dict[tuple[Fact, ...], int] = {}
    for name, node in properties.items() if isinstance(properties, Mapping) else ():
        kind = node.get("type") if isinstance(node, Mapping) else None
        found: Sequence[Fact] = ()
        if kind == "string" and "enum" not in node:
            found = plausible.facts_for(plausible.field(name, str(node.get("description", ""))), facts)
        elif kind in ("integer", "number"):
            found = facts.numbers
        elif kind == "array":
            return []
        if len(found) > 1:
            taken[tuple(found)] = taken.get(tuple(found), 0) + 1
    return [found for found, count in taken.items() if count == 1]
