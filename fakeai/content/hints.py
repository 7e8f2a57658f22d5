"""What a single word of a prompt hints at, as bits: which rules of `intents` may find something where it stands.

A bit of `SIGNALS` says that the word itself makes a rule worth trying; each other, that the word may be part of what
a pattern of `phrasing` finds. Where a pattern finds something, there are words with the bits that its rule needs.
Knows words one by one, not what stands beside them.
"""

import re
from functools import lru_cache
from types import MappingProxyType

from fakeai.content import phrasing
from fakeai.content.phrasing import LANGUAGE_NAMES, TONGUES, Words, word_set

(
    GREETING, THANKS, IDENTITY, TRANSLATION, RATING, VERDICT, MOOD, WORD, JSON, TITLE, ECHO, SUM, COUNT, CAPITAL, CODE,
    VERSE, NAMES, TABLE, LIST, SUMMARY, LENGTH, TONGUE,
) = (1 << place for place in range(22))  # fmt: skip
SIGNALS = (1 << 22) - 1
"""Bits that belong to a word as it stands; all others to a part of it, too."""
(
    NUMERAL, JOINT, DASH, NUMBER, SIGN, SUM_HEAD, PERCENT, ITEM, BULLET, RATE, UNIT, BRIEF, LONG, REPLY, OPENS_SUM,
    OPENS_ECHO,
) = (1 << place for place in range(22, 38))  # fmt: skip
OPENS = OPENS_SUM | OPENS_ECHO
"""Bits that count only for the first word of a text."""

_SIGNAL_WORDS: tuple[tuple[int, Words], ...] = (
    (GREETING, phrasing.HELLO),
    (THANKS, phrasing.THANKS),
    (IDENTITY, word_set("who name model chatgpt ai bot robot human real")),
    (TRANSLATION, frozenset(LANGUAGE_NAMES.split("|"))),
    (RATING, word_set("rate rating score scores grade")),
    (VERDICT, word_set("yes true")),
    (MOOD, word_set("sentiment classify positive negative")),
    (WORD, word_set("word one-word")),
    (JSON, phrasing.JSON_WORDS),
    (TITLE, phrasing.TITLE_WORDS),
    (ECHO, phrasing.SAY_WORDS),
    (SUM | SIGN, phrasing.SIGN_WORDS),
    (COUNT, word_set("count")),
    (CAPITAL, word_set("capital")),
    (CODE, phrasing.CODE_WORDS),
    (VERSE, frozenset().union(*(signals for _, signals, _ in phrasing.VERSES))),
    (NAMES, word_set("list name give")),
    (TABLE, word_set("table tabelle tableau tabla tabella tabela")),
    (LIST, phrasing.LIST),
    (SUMMARY, phrasing.SUMMARY),
    (LENGTH, phrasing.LENGTH_WORDS),
    (TONGUE, frozenset(TONGUES)),
    (BULLET, phrasing.BULLETS),
    (OPENS_SUM, phrasing.NUMBER_NAMES),
    (OPENS_ECHO, word_set("please now just only simply can could say repeat echo")),
)
_BY_WORD = MappingProxyType(
    {
        word: sum(bit for bit, words in _SIGNAL_WORDS if word in words)
        for word in frozenset().union(*(words for _, words in _SIGNAL_WORDS))
    }
)
_PARTS: tuple[tuple[int, str], ...] = (
    (NUMBER, rf"\b(?:\d{{1,6}}(?!\d)|{'|'.join(phrasing.NUMBERS)})"),
    (SIGN, rf"{phrasing.SIGN}|percent"),
    (SUM_HEAD, "(?:what|calculate|compute|evaluate|solve|much|ist|font|cuánto|quanto|будет)$"),
    (PERCENT, "%|percent"),
    (ITEM, rf"\b(?:{phrasing.ITEM_NAMES})\b"),
    (BULLET, "|".join(phrasing.LIST_SIGNS)),
    (RATE, r"\b(?:rate|rating|scores?|grade)\b"),
    (UNIT, rf"(?:{phrasing.UNIT_NAMES})\b"),
    (
        BRIEF,
        r"\b(?:briefly|brief|short|sentence|line|concise|concisely|tl|tldr|kurz|brièvement|brevemente)\b",
    ),
    (
        LONG,
        r"\b(?:essay|article|blog|report|chapter|white|whitepaper|long|detailed|detail|in-depth|depth|comprehensive"
        r"|thorough|lengthy|extensive|aufsatz|ausführlich|détaillée?|ensayo|detallad[oa]|saggio|dettagliat[oa]|ensaio"
        r"|detalhad[oa]|эссе|подробно)|文章|详细|作文|詳しく|자세히",
    ),
)  # fmt: skip
_NUMERAL = re.compile(r"\d(?<!\w.)")
_JOINT = re.compile(r"\d[^\W\d]")


def hints(word: str) -> int:
    """The bits of `word`, which is a run of letters, digits and hyphens, or one other character that is no blank."""
    if word.isdecimal():
        return NUMERAL | OPENS_SUM | (NUMBER if len(word) <= 6 else 0)
    low = word.lower()
    found = _BY_WORD.get(low, 0)
    if _any_part().search(low):
        for bit, pattern in _PARTS:
            if re.search(pattern, low):
                found |= bit
    if "-" in word:
        found |= DASH
    if word[0] in "(-":
        found |= OPENS_SUM
    if _NUMERAL.search(word):
        found |= NUMERAL
        found |= OPENS_SUM
    if _JOINT.search(word):
        found |= JOINT
    if not word.isascii() or low.endswith(("reply", "respond", "answer")):
        found |= REPLY
    return found if word.isascii() else found | OPENS_ECHO


@lru_cache(maxsize=1)
def _any_part() -> re.Pattern[str]:
    return re.compile("|".join(pattern for _, pattern in _PARTS))
