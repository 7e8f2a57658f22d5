"""Character classes of regular expressions: `\\d`, `\\w`, `\\s`, Unicode properties, and sets of code point ranges."""

from collections.abc import Sequence
from typing import Final, TypeAlias

Range: TypeAlias = tuple[int, int]

LAST: Final = 0x10FFFF

DIGIT: Final[tuple[Range, ...]] = ((48, 57),)
WORD: Final[tuple[Range, ...]] = ((48, 57), (65, 90), (95, 95), (97, 122))
SPACE: Final[tuple[Range, ...]] = ((32, 32), (9, 13), (0xA0, 0xA0))
_LOWER: Final[tuple[Range, ...]] = ((97, 122), (0xDF, 0xF6), (0xF8, 0xFF), (0x3B1, 0x3C9), (0x430, 0x44F))
_UPPER: Final[tuple[Range, ...]] = ((65, 90), (0xC0, 0xD6), (0xD8, 0xDE), (0x391, 0x3A1), (0x410, 0x42F))
_LETTER: Final[tuple[Range, ...]] = (*_LOWER, *_UPPER, (0x4E00, 0x9FA5))
_PUNCTUATION: Final[tuple[Range, ...]] = ((33, 35), (37, 42), (44, 47), (58, 59), (63, 64), (91, 93))
_SYMBOL: Final[tuple[Range, ...]] = ((36, 36), (43, 43), (60, 62), (94, 94), (0x20AC, 0x20AC))

# Ranges of Unicode properties: members that are sure, not all members; of letters and digits, ASCII's are complete.
PROPERTIES: Final[dict[str, tuple[Range, ...]]] = {
    **dict.fromkeys(("L", "Letter", "Alphabetic", "Alpha"), _LETTER),
    **dict.fromkeys(("Lu", "Uppercase_Letter", "Uppercase"), _UPPER),
    **dict.fromkeys(("Ll", "Lowercase_Letter", "Lowercase"), _LOWER),
    **dict.fromkeys(("N", "Number", "Nd", "Decimal_Number"), DIGIT),
    **dict.fromkeys(("P", "Punctuation", "punct"), _PUNCTUATION),
    **dict.fromkeys(("S", "Symbol"), _SYMBOL),
    **dict.fromkeys(("Sc", "Currency_Symbol"), ((36, 36), (0x20AC, 0x20AC))),
    **dict.fromkeys(("Z", "Separator", "Zs", "Space_Separator"), ((32, 32), (0xA0, 0xA0))),
    **dict.fromkeys(("White_Space", "space"), SPACE),
    **dict.fromkeys(("M", "Mark", "Mn"), ((0x300, 0x30F),)),
    **dict.fromkeys(("Emoji_Presentation", "Extended_Pictographic"), ((0x1F600, 0x1F64F),)),
    "Latin": ((97, 122), (65, 90), (0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0xFF)),
    "Greek": ((0x3B1, 0x3C9), (0x391, 0x3A1)),
    "Cyrillic": ((0x430, 0x44F), (0x410, 0x42F)),
    "Han": ((0x4E00, 0x9FA5),),
    "Hiragana": ((0x3041, 0x3096),),
    "Katakana": ((0x30A1, 0x30FA),),
    "Hangul": ((0xAC00, 0xD7A3),),
    "Arabic": ((0x621, 0x63A), (0x641, 0x64A)),
    "Hebrew": ((0x5D0, 0x5EA),),
    "Thai": ((0xE01, 0xE2E),),
    "Devanagari": ((0x905, 0x939),),
}


def merge(ranges: Sequence[Range]) -> tuple[Range, ...]:
    """The same code points, in order and without overlaps."""
    merged: list[Range] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def invert(ranges: Sequence[Range]) -> tuple[Range, ...]:
    """The code points outside `ranges`, surrogates left out."""
    gaps: list[Range] = []
    at = 0
    for low, high in sorted([*ranges, (0xD800, 0xDFFF)]):
        if low > at:
            gaps.append((at, low - 1))
        at = max(at, high + 1)
    if at <= LAST:
        gaps.append((at, LAST))
    return tuple(gaps)


def common(ranges: Sequence[Range], wanted: Sequence[Range]) -> tuple[Range, ...]:
    """The code points in both."""
    return tuple(
        (max(low, first), min(high, last))
        for low, high in ranges
        for first, last in wanted
        if low <= last and high >= first
    )


def ascii_part(ranges: Sequence[Range]) -> tuple[Range, ...]:
    """The code points up to `~`, controls included; above, an inverted property may hold its own members."""
    return common(ranges, ((0, 126),))
