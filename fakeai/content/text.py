"""The answer a simulated model gives: text about the prompt, as token pieces whose number is exact.

Decides which form an answer takes; what is written in each is up to `forms` and `results`, the sentences to `writer`.
"""

from types import MappingProxyType

from fakeai.content import forms, results, viewing
from fakeai.content.intents import intent
from fakeai.content.tokens import Encoding
from fakeai.content.topics import Subject, subject
from fakeai.content.writer import Writer, steps
from fakeai.core.chance import Chance
from fakeai.core.generation import GenerateRequest, Message

_LOOKED_AT = 2_000
"""Characters at each end of a prompt that decide what it is about."""
_LOOKED_BACK = 12
"""Messages looked back at for a subject, where the last one has none."""

_SHAPES = MappingProxyType(
    {
        "low": (
            steps("opening explanation"),
            steps("opening example"),
            steps("opening closing"),
            steps("opening explanation closing"),
        ),
        "medium": (
            steps("opening explanation example", "advice closing"),
            steps("opening explanation", "contrast closing"),
            steps("opening example", "explanation advice"),
            steps("opening explanation contrast", "advice closing"),
            steps("opening explanation example closing"),
            steps("opening explanation", "example contrast", "closing"),
        ),
        "high": (
            steps("opening explanation explanation example", "contrast example advice", "advice closing"),
            steps("opening explanation example", "explanation contrast example", "advice contrast closing"),
            steps("opening explanation contrast", "explanation example advice", "contrast advice closing"),
        ),
    }
)
_SIGHT = (steps("image image", "image image"), steps("image image image"), steps("image image", "image"))
_LOOKING = frozenset(("image", "picture", "photo", "photograph", "screenshot", "see", "describe", "this", "video"))
_ONWARD = (
    steps("onward explanation example", "advice"),
    steps("onward explanation contrast closing"),
    steps("onward example", "explanation closing"),
)
_ONWARD_BRIEFLY = steps("onward")
_ENDINGS = frozenset(("", ".", "!", "?", ":", ";", '"', "”", ")", "。"))
_FRAMING = frozenset(("system", "developer"))
_FRAMED = frozenset(("title", "json"))
"""What a system message may ask for on behalf of every prompt."""
_SEEN = frozenset(("prose", "long", "list", "story"))
"""What a question about a film may seem to ask for."""
_ANSWERED = frozenset(
    (
        "capital",
        "sum",
        "echo",
        "code",
        "list",
        "poem",
        "haiku",
        "joke",
        "story",
        "greeting",
        "count",
        "names",
        "translation",
        "long",
    )
)
"""What a text to be continued may ask for."""
_WHOLE = 1_000_000
"""A limit for parts that are put together before they are cut."""


def answer(request: GenerateRequest, chance: Chance, enc: Encoding, limit: int) -> list[str]:
    """What the model says, at most its first `limit` tokens: one piece per token, at least one."""
    messages = request.messages
    last = messages[-1]
    writer = Writer(about(messages), chance, enc, limit)
    if last.role in results.ROLES:
        return _results(request, writer)[:limit]
    prompt = ends(last.text)
    asked = intent(prompt)
    if asked.kind == "prose" and messages[0].role in _FRAMING:
        framed = intent(ends(messages[0].text))
        asked = framed if framed.kind in _FRAMED else asked
    seen = viewing.film(last) if last.media and writer.language == "en" else None
    if seen is not None and asked.kind in _SEEN and viewing.asks(prompt, subject(prompt).words):
        return viewing.answer(prompt, seen, writer, limit)
    if asked.kind == "identity":
        return _identity(request, writer)[:limit]
    if asked.kind != "prose" and (said := forms.write(asked, prompt, writer)):
        return said[:limit]
    shapes = _SIGHT if last.media and _sees(last, writer) else _SHAPES[request.verbosity]
    return writer.write(chance.pick(shapes))


def continuation(prompt: str, suffix: str | None, chance: Chance, enc: Encoding, limit: int) -> list[str]:
    """Text that goes on where `prompt` ends, short where `suffix` is to follow it."""
    prompt = ends(prompt)
    asked = intent(prompt)
    topic = subject(prompt)
    writer = Writer(topic, chance, enc, limit)
    fresh = not prompt or prompt[-1].isspace()
    if asked.kind in _ANSWERED and (said := forms.write(asked, prompt, writer)):
        return (said if fresh else enc.pieces("\n\n" + "".join(said)))[:limit]
    plan = _ONWARD_BRIEFLY if suffix else chance.pick(_ONWARD)
    if topic.language != "en" or prompt.rstrip()[-1:] in _ENDINGS:
        plan = (plan[0]._replace(role="opening"), *plan[1:])
    if not fresh and topic.language not in ("zh", "ja"):
        plan = (plan[0]._replace(lead=" "), *plan[1:])
    return writer.write(plan)


def about(messages: tuple[Message, ...]) -> Subject:
    """What the last message is about, or one before it where that names nothing or is a tool's result."""
    last = messages[-1]
    found = subject(ends(last.text))
    if len(messages) > 1 and (not found.topics or last.role in results.ROLES):
        for message in reversed(messages[-_LOOKED_BACK:-1]):
            if message.role == "user" and (earlier := subject(ends(message.text))).topics:
                language = earlier.language if last.role in results.ROLES else found.language
                return found._replace(language=language, topics=earlier.topics)
    return found


def ends(text: str) -> str:
    """The part of a prompt that is looked at: the first and last characters of a long text; a short one whole."""
    return text if len(text) <= 2 * _LOOKED_AT else f"{text[:_LOOKED_AT]}\n{text[-_LOOKED_AT:]}"


def _sees(message: Message, writer: Writer) -> bool:
    """Whether the message is a question about a picture in it, in English."""
    if writer.language != "en" or all(part.kind not in ("image", "video") for part in message.media):
        return False
    return not message.text or not subject(ends(message.text)).words.isdisjoint(_LOOKING)


def _results(request: GenerateRequest, writer: Writer) -> list[str]:
    """What the tools returned, with a word before and after it."""
    writer.limit = _WHOLE
    writer.say("tool_intro", trail="\n\n")
    before = "".join(writer.pieces)
    writer.pieces = []
    writer.say("tool_note")
    return writer.enc.pieces(f"{before}{results.quoted(request.messages)}\n\n{''.join(writer.pieces)}")


def _identity(request: GenerateRequest, writer: Writer) -> list[str]:
    """Who answers. Cut as a whole, since a model's id may end in anything."""
    writer.limit = _WHOLE
    writer.words["m"] = request.model.id
    writer.say("identity")
    return writer.enc.pieces("".join(writer.pieces))
