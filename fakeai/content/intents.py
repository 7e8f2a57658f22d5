"""What a prompt asks for: a greeting, code, a list, a sum, a long text, or just an answer.

Decides by words and patterns of the prompt alone; writes nothing. Rules are tried in the order of `_RULES`, each only
where the words of the prompt hint at it.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

from fakeai.content import hints, phrasing
from fakeai.content.arithmetic import evaluate
from fakeai.content.phrasing import Words
from fakeai.content.programs import wanted_program
from fakeai.content.topics import subject

Kind = Literal[
    "prose", "brief", "paragraphs", "long", "greeting", "thanks", "identity", "echo", "sum", "count", "rating", "title",
    "summary", "verdict", "mood", "word", "json", "capital", "translation", "names", "list", "table", "code", "poem",
    "haiku", "joke", "story",
]  # fmt: skip


class Intent(NamedTuple):
    """What is wanted, in which words, how much of it, and whether with nothing around it."""

    kind: Kind = "prose"
    text: str = ""
    amount: int = 0
    bare: bool = False


PROSE = Intent()
_Rule: TypeAlias = Callable[[str, Words], Intent | None]

_NUMERAL = re.compile(r"\d(?<!\w.)")
"""A digit that begins a word."""
_JOINT = re.compile(r"\d[^\W\d]")
"""A digit with a letter after it: 300words."""
_UNSPACED = frozenset({"zh", "ja", "ko", "ru"})
"""Languages whose words carry endings or stand together: every rule looks at them."""


@lru_cache(maxsize=64)
def intent(text: str) -> Intent:
    """What `text` asks for; `text` has at most a few thousand characters."""
    about = subject(text)
    words = about.words
    for rule in _rules(_EVERY_HINT if about.language in _UNSPACED else _told(text, about.hints)):
        if (found := rule(text, words)) is not None:
            return found
    return PROSE


def _told(text: str, told: int) -> int:
    """The hints `told`, but a letter after a digit is none where it stands before the first numeral."""
    if told & hints.JOINT and (numeral := _NUMERAL.search(text)) and not _JOINT.search(text, numeral.start()):
        return told & ~hints.JOINT
    return told


@lru_cache(maxsize=512)
def _rules(told: int) -> tuple[_Rule, ...]:
    """The rules that the hints `told` make worth trying and that could find something, in order."""
    due = told
    if told & hints.NUMERAL:
        due |= hints.SUM
        if told & (hints.DASH | hints.JOINT):
            due |= _JOINED
    return tuple(rule for signal, needs, rule in _RULES if due & signal and all(told & need for need in needs))


def _counted(text: str, words: Words) -> bool:
    """Whether there may be a number in `text`, in digits or as a word."""
    return not words.isdisjoint(phrasing.NUMBER_NAMES) or "-" in text or _NUMERAL.search(text) is not None


def _number(word: str) -> int:
    return phrasing.NUMBERS.get(word) or int(word.replace(",", "") if word[0].isdigit() else 0)


def _greeting(text: str, words: Words) -> Intent | None:
    return Intent("greeting") if words <= phrasing.HELLO | phrasing.SMALL_TALK else None


def _thanks(text: str, words: Words) -> Intent | None:
    return Intent("thanks") if words <= phrasing.THANKS | phrasing.SMALL_TALK else None


def _identity(text: str, words: Words) -> Intent | None:
    return Intent("identity") if len(text) < 160 and re.search(phrasing.IDENTITY, text.lower()) else None


def _translation(text: str, words: Words) -> Intent | None:
    found = re.search(phrasing.TRANSLATION, text)
    if found is None:
        return None
    phrase, language = (found[2], found[1]) if found[1] else (found[3], found[4])
    return Intent("translation", f"{language.lower()}:{phrase.strip().rstrip('.!?')}")


def _echo(text: str, words: Words) -> Intent | None:
    said = re.match(phrasing.SAY, text)
    if said is None or re.match(phrasing.NOT_SAID, said[1]):
        return None
    quoted = re.match(phrasing.QUOTED, said[1])
    return Intent("echo", quoted[1] if quoted else said[1].strip())


def _reply(text: str, words: Words) -> Intent | None:
    reply = re.search(phrasing.REPLY, text[-400:])
    return Intent("echo", reply[1] or reply[2]) if reply else None


def _sum(text: str, words: Words) -> Intent | None:
    plain = text[:200].lower()
    if words.isdisjoint(phrasing.SIGN_WORDS) and "percent" not in plain and not re.search(phrasing.SIGN, plain):
        return None
    bare = bool(re.search(phrasing.BARE, plain))
    if percent := re.search(phrasing.PERCENT, plain):
        value = evaluate(f"{percent[1]}*{percent[2]}/100")
        return (value and Intent("sum", f"{percent[1]}% of {percent[2]}={value}", bare=bare)) or None
    for word, sign in phrasing.WORD_SIGNS:
        plain = plain.replace(word, f" {sign} ")
    if not words.isdisjoint(phrasing.NUMBER_NAMES):
        plain = " ".join(str(phrasing.NUMBERS.get(word, word)) for word in plain.replace("?", " ?").split(" "))
    head = re.search(phrasing.SUM_HEAD, plain)
    plain = plain[head.end() :] if head else plain.lstrip()
    found = re.match(phrasing.SUM, plain)
    if found is None or (head is None and plain[found.end() :].strip(" =?.!\n")):
        return None
    terms = found[0].strip(" .,")
    value = evaluate(terms)
    return Intent("sum", f"{' '.join(terms.split())}={value}", bare=bare) if value else None


def _count(text: str, words: Words) -> Intent | None:
    found = re.search(phrasing.COUNT, text.lower())
    if found is None:
        return None
    low, high = _number(found[1]) if found[1] else 1, _number(found[2])
    return Intent("count", str(low), high) if low <= high <= low + 999 else None


def _rating(text: str, words: Words) -> Intent | None:
    plain = text.lower()
    found = re.search(phrasing.RATING, plain)
    if found is None or int(found[1]) >= int(found[2]):
        return None
    return Intent("rating", found[1], int(found[2]), bool(re.search(phrasing.BARE, plain)))


def _verdict(text: str, words: Words) -> Intent | None:
    plain = text.lower()
    found = re.search(phrasing.VERDICT, plain)
    if found is None:
        return None
    return Intent("verdict", "true" if found[3] or found[4] else "yes", bare=bool(re.search(phrasing.BARE, plain)))


def _mood(text: str, words: Words) -> Intent | None:
    return Intent("mood") if len(words & {"positive", "negative"}) == 2 else None


def _word(text: str, words: Words) -> Intent | None:
    return Intent("word") if re.search(phrasing.ONE_WORD, text.lower()) else None


def _json(text: str, words: Words) -> Intent | None:
    return Intent("json") if re.search(phrasing.JSON, text.lower()) and not wanted_program(text, words) else None


def _title(text: str, words: Words) -> Intent | None:
    plain = text.lower()
    if re.search(phrasing.TITLE, plain) is None or not words.isdisjoint(
        ("poem", "story", "essay", "code", "html", "function")
    ):
        return None
    wanted = re.search(phrasing.LENGTH, plain)
    return Intent("title", amount=_number(wanted[1]) if wanted and wanted[2][0] == "w" else 6)


def _capital(text: str, words: Words) -> Intent | None:
    found = re.search(phrasing.CAPITAL, text.lower())
    return Intent("capital", found[1]) if found else None


def _code(text: str, words: Words) -> Intent | None:
    program = wanted_program(text, words)
    return Intent("code", program.language, bare=program.bare) if program else None


def _verse(text: str, words: Words) -> Intent | None:
    for kind, signals, signs in phrasing.VERSES:
        if not words.isdisjoint(signals) or any(sign in text for sign in signs):
            length = re.search(phrasing.LENGTH, text.lower()) if kind == "story" else None
            return None if length and _tokens(length) > 500 else Intent(kind)
    return None


def _names(text: str, words: Words) -> Intent | None:
    found = re.search(phrasing.NAMES, text.lower()) if _counted(text, words) else None
    return Intent("names", found[2], min(_number(found[1]), 30)) if found else None


def _table(text: str, words: Words) -> Intent | None:
    return Intent("table") if re.search(phrasing.TABLE, text.lower()) else None


def _items(text: str, words: Words) -> Intent | None:
    found = re.search(phrasing.ITEMS, text.lower()) if _counted(text, words) else None
    return Intent("list", "numbered", min(_number(found[1]) or 3, 30)) if found else None


def _bullets(text: str, words: Words) -> Intent | None:
    if words.isdisjoint(phrasing.BULLETS) and not any(sign in text for sign in phrasing.LIST_SIGNS):
        return None
    return Intent("list", "numbered" if not words.isdisjoint(("steps", "numbered", "top", "step-by-step")) else "", 0)


def _summary(text: str, words: Words) -> Intent | None:
    return Intent("summary") if not words.isdisjoint(phrasing.SUMMARY) and len(text) > 120 else None


def _length(text: str, words: Words) -> Intent | None:
    found = re.search(phrasing.LENGTH, text.lower()) if _counted(text, words) else None
    if found is None:
        return None
    count, unit = _number(found[1]), found[2]
    if unit.startswith("sentence"):
        return Intent("brief", amount=max(1, min(count, 40)))
    if unit.startswith("paragraph"):
        return Intent("paragraphs", amount=max(1, min(count, 40)))
    tokens = _tokens(found)
    return Intent("long", amount=tokens) if tokens >= 260 else Intent("brief", amount=max(1, tokens // 22))


def _brief(text: str, words: Words) -> Intent | None:
    if re.search(phrasing.BRIEF, text.lower()) is None:
        return None
    return Intent("brief", amount=1 if "sentence" in words or "line" in words else 2)


def _long(text: str, words: Words) -> Intent | None:
    wanted = not words.isdisjoint(phrasing.LONG_WORDS) or re.search(phrasing.LONG, text.lower())
    return Intent("long", amount=900) if wanted else None


def _tokens(length: re.Match[str]) -> int:
    """A length in words, pages or tokens as tokens, at most 24,000."""
    per_unit = {"w": 1.12, "p": 1.12, "m": 1.4, "t": 1.0}
    unit = length[2]
    return int(min(24_000, _number(length[1]) * (500 if unit.startswith("page") else per_unit.get(unit[0], 1.12))))


_RULES: tuple[tuple[int, tuple[int, ...], _Rule], ...] = (
    (hints.GREETING, (), _greeting),
    (hints.THANKS, (), _thanks),
    (hints.IDENTITY, (), _identity),
    (hints.TRANSLATION, (), _translation),
    (hints.RATING, (hints.RATE, hints.NUMERAL), _rating),
    (hints.VERDICT, (), _verdict),
    (hints.MOOD, (), _mood),
    (hints.WORD, (), _word),
    (hints.JSON, (), _json),
    (hints.TITLE, (), _title),
    (hints.ECHO, (hints.OPENS_ECHO,), _echo),
    (hints.ECHO, (hints.REPLY,), _reply),
    (hints.SUM, (hints.SIGN, hints.SUM_HEAD | hints.PERCENT | hints.OPENS_SUM), _sum),
    (hints.COUNT, (), _count),
    (hints.CAPITAL, (), _capital),
    (hints.CODE, (), _code),
    (hints.VERSE, (), _verse),
    (hints.NAMES, (hints.NUMBER,), _names),
    (hints.TABLE, (), _table),
    (hints.LIST, (hints.NUMBER, hints.ITEM), _items),
    (hints.LIST, (hints.BULLET,), _bullets),
    (hints.SUMMARY, (), _summary),
    (hints.LENGTH, (hints.NUMBER, hints.UNIT), _length),
    (hints.LENGTH, (hints.BRIEF,), _brief),
    (hints.LENGTH, (hints.LONG,), _long),
)
"""Rules in the order in which they are tried: a hint that makes each worth trying, hints without which it finds nothing."""
_JOINED = hints.LIST | hints.RATING | hints.LENGTH
"""Where a rule's word may be part of a longer one: a 500-word essay."""
_EVERY_HINT = -1
