"""Answers with a form: lists, tables, verse, stories, several paragraphs, long texts with headings.

Knows the forms; the lines come from the writer's bank.
"""

from typing import Final

from fakeai.content.writer import Writer, steps

_BODIES: Final = (
    "explanation example contrast",
    "explanation explanation example",
    "example explanation advice",
    "contrast explanation contrast",
    "explanation contrast advice",
    "explanation example explanation contrast",
)
_INTRODUCTION: Final = steps("opening explanation explanation", after="\n\n")
_CONCLUSION: Final = steps("closing advice closing")
_CLOSING_TOKENS: Final = 70


def bullets(writer: Writer, numbered: bool, wanted: int) -> list[str]:
    """A list of `wanted` points (a few, where 0) after a line that introduces it."""
    wanted = wanted or writer.chance.between(4, 6)
    writer.say("list_intro", trail="\n\n")
    for number in range(1, wanted + 1):
        if writer.full:
            break
        if number % 8 == 0:
            writer.turn()
        if numbered:
            writer.pieces.append(str(number))
        writer.say("item", ". " if numbered else "- ", "\n" if number < wanted else "")
    return writer.pieces


def table(writer: Writer) -> list[str]:
    """A Markdown table with three columns."""
    writer.say("table_intro", trail="\n\n")
    writer.say("table_head", trail="\n")
    writer.add("| --- | --- | --- |\n")
    rows = min(len(writer.voice.roles["row"]), writer.chance.between(4, 6))
    for number in range(1, rows + 1):
        writer.say("row", trail="\n" if number < rows else "")
    return writer.pieces


def paragraphs(writer: Writer, wanted: int) -> list[str]:
    """Exactly `wanted` paragraphs."""
    middle = [writer.chance.pick(_BODIES) for _ in range(wanted - 2)]
    last = ["contrast advice closing"] if wanted > 1 else []
    return writer.write(steps("opening explanation example", *middle, *last))


def sentences(writer: Writer, wanted: int) -> list[str]:
    """Exactly `wanted` sentences, in one paragraph."""
    middle = [writer.chance.pick(("explanation", "example", "contrast", "advice")) for _ in range(wanted - 2)]
    last = ["closing"] if wanted > 1 else []
    return writer.write(steps(" ".join(("opening", *middle, *last))))


def essay(writer: Writer, tokens: int) -> list[str]:
    """A text of about `tokens` tokens in sections with headings, each on another side of the subject."""
    writer.say("title", "# ", "\n\n")
    writer.write(_INTRODUCTION)
    while len(writer.pieces) < min(tokens - _CLOSING_TOKENS, writer.limit):
        writer.turn()
        writer.say("heading", "## ", "\n\n")
        bodies = [writer.chance.pick(_BODIES) for _ in range(writer.chance.between(1, 3))]
        writer.write(steps(*bodies, after="\n\n"))
    writer.say("last_heading", "## ", "\n\n")
    return writer.write(_CONCLUSION)


def poem(writer: Writer) -> list[str]:
    """A stanza, and in English a second one."""
    second = writer.language == "en"
    count = len(writer.voice.roles["poem"])
    for at in range(count):
        writer.line("poem", at, trail="\n" if at < count - 1 else "\n\n" if second else "")
    if second:
        first = writer.chance.below(2) * 4
        for at in range(first, first + 4):
            writer.line("poem_lines", at, trail="\n" if at < first + 3 else "")
    return writer.pieces


def haiku(writer: Writer) -> list[str]:
    """Three lines."""
    for at in range(3):
        writer.line("haiku", at, trail="\n" if at < 2 else "")
    return writer.pieces


def story(writer: Writer) -> list[str]:
    """A short tale, told in order."""
    count = len(writer.voice.roles["story"])
    for at in range(count):
        last = at % 3 == 2 or at == count - 1
        writer.line("story", at, "" if at % 3 == 0 else " ", "\n\n" if last and at < count - 1 else "")
    return writer.pieces
