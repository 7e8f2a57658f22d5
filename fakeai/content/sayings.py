"""Short answers that follow from the prompt: sums, echoes, titles, capitals, labels, JSON.

Each function gives the whole text; cutting it into tokens is up to the caller.
"""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from fakeai.content.intents import Intent
from fakeai.content.topics import Subject
from fakeai.content.writer import capital
from fakeai.core.chance import Chance

_SMALL = frozenset({"of", "the", "a", "an", "and", "in", "on", "for", "to", "de", "del", "di", "da", "do", "du"})
_TITLES = ("{T}", "Understanding {T}", "{T} Explained", "A Guide to {T}", "Notes on {T}")
_PAIRING = frozenset(("and", "vs", "versus", "compare", "und", "et", "y", "e"))
_GOOD_WORDS = (
    "good great love loved loves excellent amazing wonderful happy fantastic best awesome nice enjoyed enjoy perfect "
    "brilliant delightful pleased "
    "recommend beautiful superb glad fun"
)
_BAD_WORDS = (
    "bad terrible hate hated hates awful horrible worst poor disappointing disappointed broken boring sad angry waste "
    "useless slow rude disgusting "
    "never unhappy dreadful mediocre refund"
)
_GOOD, _BAD = frozenset(_GOOD_WORDS.split()), frozenset(_BAD_WORDS.split())


def total(asked: Intent, chance: Chance) -> str:
    """The value of a sum, alone or in a few words."""
    terms, _, value = asked.text.rpartition("=")
    if asked.bare:
        return value
    return chance.pick((value, f"{terms} = {value}", f"The answer is {value}.", f"The result is {value}."))


def counted(asked: Intent) -> str:
    """The numbers from the intent's text to its count."""
    return ", ".join(map(str, range(int(asked.text), asked.amount + 1)))


def named(asked: Intent, chance: Chance) -> str | None:
    """As many names of a group as wanted; None for a group that is not known."""
    known = _names().get(asked.text) or _names().get(asked.text + "s")
    if known is None:
        return None
    start = chance.below(len(known))
    chosen = (known * 3)[start : start + min(asked.amount, len(known))]
    return "\n".join(f"{number}. {name}" for number, name in enumerate(chosen, 1))


def capital_city(asked: Intent, chance: Chance) -> str | None:
    """The capital of a country; None where it is not known."""
    words = asked.text.split()
    for length in range(len(words), 0, -1):
        country = " ".join(words[:length])
        if country in _capitals():
            name, city = _capitals()[country]
            the = "the " if name.startswith(("United", "Netherlands", "Philippines", "Czech R")) else ""
            end = "" if city.endswith(".") else "."
            return chance.pick((f"The capital of {the}{name} is {city}{end}", f"{city} is the capital of {the}{name}."))
    return None


def translated(asked: Intent) -> str | None:
    """A known phrase in the wanted language; None where it is not known."""
    language, _, phrase = asked.text.partition(":")
    word = _phrases().get(phrase.lower(), {}).get(language)
    return word and (capital(word) if phrase[:1].isupper() else word)


def mood(words: frozenset[str]) -> str:
    """The sentiment of a text by its words."""
    balance = len(words & _GOOD) - len(words & _BAD)
    return "Positive" if balance > 0 else "Negative" if balance < 0 else "Neutral"


def title(about: Subject, most_words: int, chance: Chance) -> str:
    """A title of at most `most_words` words."""
    first = _headline(about.topics[0]) if about.topics else "A Short Conversation"
    second = _headline(about.topics[1]) if len(about.topics) > 1 else ""
    forms = [form.replace("{T}", first) for form in (_TITLES if about.language == "en" else _TITLES[:1])]
    if second and not about.words.isdisjoint(_PAIRING):
        forms.append(f"{first} & {second}")
    fitting = [form for form in forms if len(form.split()) <= most_words]
    if fitting:
        return chance.pick(fitting)
    words = first.split()[: max(1, most_words)]
    while len(words) > 1 and words[-1] in _SMALL:
        words.pop()
    return " ".join(words)


def one_word(about: Subject) -> str:
    """The subject in one word."""
    return capital(about.topics[0]).split()[-1].capitalize() if about.topics else "Perhaps"


def rating(asked: Intent, chance: Chance) -> str:
    """A number of the scale, in its upper part."""
    low = int(asked.text)
    return str(chance.between(low + (asked.amount - low) // 2, asked.amount))


def _headline(phrase: str) -> str:
    words = capital(phrase).split()
    return " ".join(
        word if number and word in _SMALL else word[:1].upper() + word[1:] for number, word in enumerate(words)
    )


def _data(name: str) -> list[str]:
    return files("fakeai").joinpath(f"data/prose/{name}.txt").read_text("utf-8").splitlines()


@lru_cache(maxsize=1)
def _names() -> Mapping[str, tuple[str, ...]]:
    groups: dict[str, tuple[str, ...]] = {}
    for line in _data("names"):
        titles, _, names = line.partition(": ")
        groups |= dict.fromkeys(titles.split(), tuple(names.split(", ")))
    return MappingProxyType(groups)


@lru_cache(maxsize=1)
def _capitals() -> Mapping[str, tuple[str, str]]:
    pairs = (line.split("=") for line in _data("capitals"))
    return MappingProxyType({country.lower(): (country, city) for country, city in pairs})


@lru_cache(maxsize=1)
def _phrases() -> Mapping[str, Mapping[str, str]]:
    header, *rows = (line.split("|") for line in _data("phrases"))
    return MappingProxyType({row[0]: dict(zip(header, row, strict=True)) for row in rows})
