"""What is written for each kind of request: one function per form, and the table that names them.

Knows how the parts of an answer are put together; the parts come from `documents`, `programs` and `sayings`.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TypeAlias

from fakeai.content import documents, programs, sayings
from fakeai.content.intents import Intent, Kind
from fakeai.content.prose import Line, cut
from fakeai.content.tokens import Encoding
from fakeai.content.topics import Subject, subject
from fakeai.content.writer import Writer, steps
from fakeai.core.chance import Chance

_Form: TypeAlias = Callable[[Intent, str, Writer], list[str]]
_Saying: TypeAlias = Callable[[Intent, Subject, Chance], str | None]

_SENTENCE_LIMIT = 10_000
_SUMMARY = steps("summary summary summary")
_REMARK = steps("code_note")


def write(asked: Intent, prompt: str, writer: Writer) -> list[str] | None:
    """The answer to `prompt`, which asks for `asked`; None where nothing but plain prose will do."""
    form = _FORMS.get(asked.kind)
    if form is not None:
        return form(asked, prompt, writer)
    saying = _SAYINGS.get(asked.kind)
    said = saying(asked, subject(prompt), writer.chance) if saying else None
    return writer.enc.pieces(said) if said else None


def _greeting(asked: Intent, prompt: str, writer: Writer) -> list[str]:
    writer.say(asked.kind)
    return writer.pieces


def _code(asked: Intent, prompt: str, writer: Writer) -> list[str]:
    """A program, introduced and followed by a remark unless it is wanted alone."""
    name = programs.names(prompt)
    topic = next((topic for topic in writer.topics if not programs.names_code(topic)), name.snake.replace("_", " "))
    writer.words = {"t": topic, "f": name.snake, "c": name.camel, "F": name.pascal}
    if not asked.bare:
        writer.say("code_intro", trail="\n\n")
    task = programs.task(subject(prompt).words)
    known = programs.programs(asked.text, task, "" if asked.bare else "\n\n")
    writer.fill(_program(writer.chance.pick(known), writer.enc))
    if not asked.bare:
        writer.write(_REMARK)
    return writer.pieces


@lru_cache(maxsize=256)
def _program(template: str, enc: Encoding) -> Line:
    return cut(template, enc)


def _verdict(asked: Intent, prompt: str, writer: Writer) -> list[str]:
    agreed = writer.chance.below(2)
    if asked.bare or asked.text == "true":
        word = ("False", "True")[agreed] if asked.text == "true" else ("No", "Yes")[agreed]
        return writer.enc.pieces(word if asked.bare else word + ".")
    writer.say("yes" if agreed else "no")
    return writer.pieces


def _rating(asked: Intent, prompt: str, writer: Writer) -> list[str]:
    number = sayings.rating(asked, writer.chance)
    if asked.bare:
        return writer.enc.pieces(number)
    writer.add(f"Score: {number}\n\n")
    writer.say("rating")
    return writer.pieces


def _json(asked: Intent, prompt: str, writer: Writer) -> list[str]:
    from fakeai.content import asked_object

    writer.limit = _SENTENCE_LIMIT
    sentence = "".join(documents.sentences(writer, 1))
    return writer.enc.pieces(asked_object.written(prompt, subject(prompt), sentence, writer.chance))


def _names(asked: Intent, prompt: str, writer: Writer) -> list[str]:
    known = sayings.named(asked, writer.chance)
    return writer.enc.pieces(known) if known else documents.bullets(writer, True, asked.amount)


def _tale(asked: Intent, prompt: str, writer: Writer) -> list[str]:
    """Stories, haikus and jokes are told in English; other languages have verse and paragraphs."""
    if asked.kind == "haiku":
        return documents.haiku(writer) if writer.language == "en" else documents.poem(writer)
    if writer.language != "en":
        return documents.paragraphs(writer, 2)
    if asked.kind == "story":
        return documents.story(writer)
    writer.say("joke" if writer.topics else "plain_joke")
    return writer.pieces


_FORMS: Mapping[Kind, _Form] = MappingProxyType(
    {
        "greeting": _greeting,
        "thanks": _greeting,
        "code": _code,
        "verdict": _verdict,
        "rating": _rating,
        "json": _json,
        "names": _names,
        "haiku": _tale,
        "joke": _tale,
        "story": _tale,
        "poem": lambda asked, prompt, writer: documents.poem(writer),
        "list": lambda asked, prompt, writer: documents.bullets(writer, asked.text == "numbered", asked.amount),
        "table": lambda asked, prompt, writer: documents.table(writer),
        "long": lambda asked, prompt, writer: documents.essay(writer, asked.amount),
        "paragraphs": lambda asked, prompt, writer: documents.paragraphs(writer, asked.amount),
        "brief": lambda asked, prompt, writer: documents.sentences(writer, asked.amount),
        "summary": lambda asked, prompt, writer: writer.write(_SUMMARY),
    }
)
_SAYINGS: Mapping[Kind, _Saying] = MappingProxyType(
    {
        "echo": lambda asked, about, chance: asked.text,
        "sum": lambda asked, about, chance: sayings.total(asked, chance),
        "count": lambda asked, about, chance: sayings.counted(asked),
        "capital": lambda asked, about, chance: sayings.capital_city(asked, chance),
        "translation": lambda asked, about, chance: sayings.translated(asked),
        "mood": lambda asked, about, chance: sayings.mood(about.words),
        "word": lambda asked, about, chance: sayings.one_word(about),
        "title": lambda asked, about, chance: sayings.title(about, asked.amount, chance),
    }
)
