"""Programs a simulated model writes: which language a prompt wants, and an example of it named after the prompt.

The programs are in `data/prose/code`, one file per language, each after a line of four dashes and perhaps the task it is
for. Knows no prose around them.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import NamedTuple

from fakeai.content.inflection import stem


def _by_word(*rows: str) -> Mapping[str, str]:
    """Rows of a name and the words for it, as words and their names."""
    return MappingProxyType({word: row.split(":")[0] for row in rows for word in row.split(":")[1].split()})


_LANGUAGES = _by_word(
    "python: python py pandas django flask fastapi numpy",
    "typescript: typescript ts angular",
    "javascript: javascript js node nodejs react",
    "rust: rust",
    "go: golang",
    "java: java",
    "cpp: cpp",
    "csharp: csharp",
    "bash: bash shell zsh",
    "sql: sql sqlite postgresql mysql",
    "html: html",
    "css: css",
    "yaml: yaml",
    "json: json",
    "regex: regex regexp",
)
_SIGNED = (("c++", "cpp"), ("c#", "csharp"))
_SHORT = (
    r"\b(?:in|using|a|an|my|this|write|the|en|auf) (C|Go)\b|\b(C|Go) (?:code|function|program|snippet|script|struct)\b"
)
_VERB_WORDS = (
    "write create implement generate give show make build code need want fix refactor debug optimize optimise provide "
    "develop complete convert port "
    "schreib schreibe zeig zeige erstelle écris écrivez crée montre escribe escriba crea muestra scrivi mostra "
    "escreva escreve cria crie implementa "
    "напиши напишите создай покажи hello"
)
_VERBS = frozenset(_VERB_WORDS.split())
_NOUN = (
    r"(?i)\b(?:codes?|functions?|script|program|snippet|algorithm|class|method|regexp?|(?:sql )?query|app|api"
    r"|endpoint|component|decorator|unit tests?"
    r"|one-liner|loop|fonction|funktion|programm|función|programa|funzione|programma|função|código|codice|код"
    r"|функци\w*|программ\w*)\b"
)
_HELLO_WORLD = r"(?i)\bhello[, ]+world\b"
_UNSPACED = "(?:写|编写).{0,20}(?:代码|函数|程序)|コード|関数を|プログラムを|코드|함수를|프로그램을"
_OTHER_WORK = (
    "essay article poem story blog joke jokes song haiku letter compare comparison difference differences history why "
    "summarize summary headline "
    "versus tips ideas reasons libraries frameworks books facts advantages benefits pros"
)
_OTHERS = frozenset(_OTHER_WORK.split())
_BARE = (
    r"(?i)\b(?:only|just) (?:the |with )?(?:\w+ )?code\b|\bcode only\b|\b(?:no|without)(?: "
    r"any)? (?:explanations?|prose|comments?|text)\b"
)
_TASKS = _by_word(
    "fibonacci: fibonacci",
    "factorial: factorial",
    "prime: prime primes",
    "palindrome: palindrome palindromes",
    "reverse: reverse reverses reversed",
    "sort: sort sorts sorting quicksort mergesort",
    "hello: hello",
    "fizzbuzz: fizzbuzz",
    "sum: sum sums add adds",
    "search: search",
    "email: email emails e-mail",
    "date: date dates",
    "url: url urls",
    "phone: phone",
)
_THAT_DOES = r"\b(?:that|which) ([a-z]{3,16}s)\b"
_WORD = r"[a-z][a-z0-9]{1,15}"
_UNNAMED_WORDS = (
    "the an and or of to in on at by for from with without as into that this which where when it its is are be can "
    "could would should you me my "
    "your we us please write create implement generate give show make build code need want fix refactor debug "
    "optimize provide develop complete "
    "convert function functions script program snippet algorithm class method query app api endpoint component python "
    "py javascript js node react "
    "typescript ts rust go golang java cpp bash shell sql html css yaml json regex short simple small example one two "
    "three some any how do does "
    "using use uses that returns return given takes take only just explanation explain works work no hello world if "
    "not all let const var new def "
    "fn int long float double char void static public private struct enum import package select else while try catch "
    "break continue none true "
    "false null type async await yield lambda pass raise del global assert except finally match case default mut ref "
    "self super sentences"
)
_UNNAMED = frozenset(_UNNAMED_WORDS.split())
_LONGEST_NAME = 40


class Wish(NamedTuple):
    """A wanted program: its language, and whether nothing should stand around it."""

    language: str
    bare: bool


class Names(NamedTuple):
    """One name in the three spellings that programs use."""

    snake: str
    camel: str
    pascal: str


def wanted_program(text: str, words: frozenset[str]) -> Wish | None:
    """The program that `text`, whose words are `words`, asks for; None where it asks for none."""
    if words.isdisjoint(_VERBS):
        return (
            Wish(_named(text, words) or "python", False) if not text.isascii() and re.search(_UNSPACED, text) else None
        )
    if not words.isdisjoint(_OTHERS):
        return None
    named = _named(text, words)
    if (
        named in (None, "json", "yaml")
        and "```" not in text
        and not re.search(_NOUN, text)
        and not re.search(_HELLO_WORLD, text)
    ):
        return None
    if words.isdisjoint(_VERBS - {"hello"}) and not re.search(_HELLO_WORLD, text):
        return None
    if named is None:
        named = "sql" if "query" in words else "html" if "page" in words or "website" in words else "python"
    return Wish(named, bool(re.search(_BARE, text)))


def _named(text: str, words: frozenset[str]) -> str | None:
    """The programming language that a prompt names."""
    named = next((_LANGUAGES[word] for word in _LANGUAGES if word in words), None)
    if named is not None and named not in ("json", "regex"):
        return named
    signed = next((language for sign, language in _SIGNED if sign in text.lower()), None)
    short = re.search(_SHORT, text)
    return signed or (short and (short[1] or short[2]).lower()) or named


@lru_cache(maxsize=256)
def names(text: str) -> Names:
    """What to call a function for `text`: up to three of its words, `process_items` where it has none of use."""
    plain = re.sub(_THAT_DOES, lambda found: stem(found[1]), text.lower()[:400])
    words = list(dict.fromkeys(word for word in re.findall(_WORD, plain) if word not in _UNNAMED))[:3]
    while len("_".join(words)) > _LONGEST_NAME:
        words.pop()
    words = words if len(words) > 1 else [*words, "items"] if words else ["process", "items"]
    pascal = "".join(word.capitalize() for word in words)
    return Names("_".join(words), pascal[0].lower() + pascal[1:], pascal)


@lru_cache(maxsize=64)
def programs(language: str, task: str, trail: str) -> tuple[str, ...]:
    """Templates of `language` for `task`, or general ones where there is none, in a Markdown fence and with `trail`."""
    found = _programs(language)
    fence = "" if language == "regex" else language
    return tuple(f"```{fence}\n{body}\n```{trail}" for body in found.get(task) or found[""])


def names_code(phrase: str) -> bool:
    """Whether a topic names code or its language, rather than what the code is for."""
    return re.search(_NOUN, phrase) is not None or any(word in _LANGUAGES for word in phrase.lower().split())


def task(words: frozenset[str]) -> str:
    """The well-known task that `words` name, or ""."""
    return next((_TASKS[word] for word in _TASKS if word in words), "")


@lru_cache(maxsize=32)
def _programs(language: str) -> dict[str, list[str]]:
    text = files("fakeai").joinpath(f"data/prose/code/{language}.txt").read_text("utf-8")
    found: dict[str, list[str]] = {}
    for part in f"\n{text}".split("\n----")[1:]:
        title, _, body = part.partition("\n")
        found.setdefault(title.strip(), []).append(body.rstrip("\n"))
    return found
