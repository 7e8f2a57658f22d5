"""Text → phrases that are said in one go, as it comes."""

import re

_WORDS = 4
"""Of a phrase, unless it ends before."""
_PHRASE = re.compile(
    rf"\s*(?:\S+\s+){{0,{_WORDS - 1}}}?\S*[.!?;:,\u3002\uff01\uff1f](?=\s)\s*|\s*(?:\S+\s+){{{_WORDS}}}"
)
_LONGEST = 200
"""Characters of a phrase: scripts without blanks have no words."""


class Phrases:
    """Cuts one text."""

    def __init__(self) -> None:
        self._rest = ""

    def add(self, text: str) -> list[str]:
        """The phrases that are whole by now."""
        self._rest += text
        found = []
        while match := _PHRASE.match(self._rest[: 4 * _LONGEST]):
            found.append(match[0])
            self._rest = self._rest[match.end() :]
        while len(self._rest) > _LONGEST:
            found.append(self._rest[:_LONGEST])
            self._rest = self._rest[_LONGEST:]
        return found

    def end(self) -> list[str]:
        """What is left."""
        rest, self._rest = self._rest, ""
        return [rest] if rest.strip() else []


def phrases(text: str) -> list[str]:
    """All of a text."""
    cutter = Phrases()
    return [*cutter.add(text), *cutter.end()]
