"""Decisions: typed questions about an input, answered with probabilities."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from fakeai.backends.base import Decides
from fakeai.content.decisions import Option, Question
from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.catalog import ModelCard
from fakeai.core.errors import BadRequest, NotFound
from fakeai.core.generation import Media, Message, Timing, Usage
from fakeai.services import capabilities
from fakeai.services.base import lenient, timing
from fakeai.services.directory import ModelDirectory
from fakeai.services.inputs import read
from fakeai.services.turns import prompt_tokens
from fakeai.wire import decisions as wire

MODEL = "gpt-6-luna"
"""The one model of OpenAI's that decides."""

_MOST_JSON_BYTES = 256 * 1024
_MOST_JSON_VALUES = 10_000
_MOST_JSON_LEVELS = 32
_OUTPUTS: Mapping[str, str] = MappingProxyType(
    {"function_call_output": "function_call", "custom_tool_call_output": "custom_tool_call"}
)
"""Outputs, and the calls that they answer."""


class Decided(NamedTuple):
    """The reply, and what it has used."""

    decision: wire.Decision
    usage: Usage


class Decisions:
    """`POST /decisions`; Live sessions ask it too."""

    ENDPOINTS = (
        Endpoint(
            "POST",
            "/decisions",
            "create",
            "Answer questions about an input",
            body=wire.DecisionRequest,
            tag="Decisions",
            usage="decisions",
        ),
    )

    def __init__(self, decider: Decides, directory: ModelDirectory, *, lenient: bool) -> None:
        self._decider = decider
        self._directory = directory
        self._lenient = lenient

    async def create(self, call: Call) -> Reply:
        """The answers, in the order of the questions. Raises BadRequest, NotFound, ContextLengthExceeded."""
        body: wire.DecisionRequest = call.body
        easy = lenient(call, self._lenient)
        card = self.card(body.model, easy=easy)
        call.model = card.id
        messages = (Message("user", body.input),) if isinstance(body.input, str) else read_items(body.input)
        decided = await self.decide(card, messages, body.questions, timing(call), "questions")
        return Reply(decided.decision, usage=decided.usage)

    def card(self, model: str, *, easy: bool = False) -> ModelCard:
        """The card of a model that decides. Raises ModelNotFound, and NotFound for a known one that does not."""
        card = self._directory.card(model)
        if card.known and card.id != MODEL and not easy:
            raise NotFound(f"The model `{card.id}` is not supported in the v1/decisions endpoint.", param="model")
        return card

    async def decide(
        self, card: ModelCard, messages: tuple[Message, ...], asked: Sequence[Any], wanted: Timing, param: str
    ) -> Decided:
        """Answers about a conversation. Raises BadRequest, ContextLengthExceeded. Any: questions of the wire."""
        questions = [_question(one, f"{param}[{at}]") for at, one in enumerate(asked)]
        counted = await prompt_tokens(messages, (), card, None)
        words = [text for question in questions for text in _words(question)]
        tokens = counted.total + sum([text.tokens for text in await read(words, card.encoding, param)])
        capabilities.check_window(card, tokens, None, easy=True, param="input")
        try:
            text = "\n".join([_said(message) for message in messages])
            found = await self._decider.decide(card, text, questions, wanted)
        except ValueError as error:
            raise BadRequest(str(error), code="invalid_value") from error
        answers = [_reply(one, shares) for one, shares in zip(asked, found, strict=True)]
        usage = Usage(tokens, len(answers))
        return Decided({"model": card.id, "answers": answers, "usage": _used(usage)}, usage)


def read_items(items: Sequence[Any], param: str = "input") -> tuple[Message, ...]:
    """The neutral words of items. Raises BadRequest for an output without a call, an image or JSON that cannot be read.

    Any: a union of wire types.
    """
    called: dict[str, set[str]] = {kind: set() for kind in _OUTPUTS.values()}
    messages = []
    for at, item in enumerate(items):
        kind = getattr(item, "type", None) or ""
        if kind in called:
            called[kind].add(item.call_id)
        elif kind in _OUTPUTS and item.call_id not in called[_OUTPUTS[kind]]:
            what = _OUTPUTS[kind].replace("_", " ")
            raise BadRequest(f"No tool call found for {what} output with call_id {item.call_id}.", param=param)
        messages.append(read_item(item, f"{param}[{at}]"))
    return tuple(messages)


def read_item(item: Any, where: str) -> Message:
    """One item in neutral words. Raises BadRequest. Any: a union of wire types."""
    match getattr(item, "type", None):
        case "function_call":
            return Message("assistant", f"{item.name} {item.arguments}")
        case "custom_tool_call":
            return Message("assistant", f"{item.name} {item.input}")
        case "function_call_output" | "custom_tool_call_output":
            return Message("tool", *_content(item.output, f"{where}.output"), tool_call_id=item.call_id)
    return Message(item.role, *_content(item.content, f"{where}.content"))


def _content(content: Any, where: str) -> tuple[str, tuple[Media, ...]]:
    """Text and images of a string or of parts. Any: as above."""
    from fakeai.content import media

    if isinstance(content, str):
        return content, ()
    texts, images = [], []
    for at, part in enumerate(content):
        match part.type:
            case "input_image":
                detail = part.detail or "auto"
                images.append(media.from_url(part.image_url, "image", param=f"{where}[{at}].image_url", detail=detail))
            case "input_json":
                texts.append(_json(part.data, f"{where}[{at}].data"))
            case "refusal":
                texts.append(part.refusal)
            case _:
                texts.append(part.text)
    return "\n".join(texts), tuple(images)


def _json(data: Any, where: str) -> str:
    """JSON as text. Raises BadRequest for more of it than is read. Any: JSON."""
    levels, values = _measured(data)
    text = orjson.dumps(data)
    if levels > _MOST_JSON_LEVELS or values > _MOST_JSON_VALUES or len(text) > _MOST_JSON_BYTES:
        raise BadRequest(
            f"Invalid '{where}': at most {_MOST_JSON_LEVELS} levels, {_MOST_JSON_VALUES} values and "
            f"{_MOST_JSON_BYTES // 1024} KiB of JSON are supported.",
            param=where,
            code="invalid_value",
        )
    return text.decode()


def _measured(data: Any) -> tuple[int, int]:
    """How deep JSON is, and how many values it has. Any: JSON."""
    deepest, count, rest = 0, 0, [(data, 1)]
    while rest:
        value, level = rest.pop()
        count += 1
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
        if inner is not None:
            deepest = max(deepest, level)
            rest += [(one, level + 1) for one in inner]
    return deepest, count


def _question(asked: Any, where: str) -> Question:
    """A question in neutral words. Raises BadRequest. Any: a question of the wire."""
    text, _ = _content(asked.instructions, f"{where}.instructions")
    match asked.type:
        case "choice":
            values = [(type(one.value), one.value) for one in asked.choices]
            if len(set(values)) < len(values):
                raise BadRequest(
                    f"Invalid '{where}.choices': each choice must be unique.",
                    param=f"{where}.choices",
                    code="invalid_value",
                )
            options = [Option(one.value, one.description or "") for one in asked.choices]
            return Question("choice", text, tuple(options))
        case "score":
            return Question("score", text, tuple([Option(one.label, one.description or "") for one in asked.levels]))
    return Question("predicate", text)


def _words(question: Question) -> list[str]:
    options = [f"{one.value} {one.description}" for one in question.options]
    return [question.text, *options]


def _said(message: Message) -> str:
    return "" if message.role in ("system", "developer") else message.text


def _reply(asked: Any, shares: Sequence[float] | None) -> wire.Answer:
    """An answer as the wire has it. Any: a question of the wire."""
    name = asked.name
    if shares is None:
        return {"type": "refusal", "name": name}
    match asked.type:
        case "predicate":
            return {"type": "predicate", "name": name, "probability": shares[0]}
        case "choice":
            values = [one.value for one in asked.choices]
            likely: list[wire.ChoiceProbability] = [
                {"value": value, "probability": share} for value, share in zip(values, shares, strict=True)
            ]
            top = max(shares)
            best = values[list(shares).index(top)]
            return {"type": "choice", "name": name, "choice": best, "confidence": top, "probabilities": likely}
    levels: list[wire.LevelProbability] = [
        {"value": at, "label": level.label, "probability": share}
        for at, (level, share) in enumerate(zip(asked.levels, shares, strict=True))
    ]
    score = round(sum([at * share for at, share in enumerate(shares)]), 4)
    return {"type": "score", "name": name, "score": score, "confidence": max(shares), "probabilities": levels}


def _used(usage: Usage) -> wire.DecisionUsage:
    return {
        "input_tokens": usage.prompt,
        "input_tokens_details": {"cached_tokens": usage.cached, "cache_write_tokens": 0},
        "output_tokens": usage.completion,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.prompt + usage.completion,
    }
