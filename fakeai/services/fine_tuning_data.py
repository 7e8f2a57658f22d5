"""What the file of a fine-tuning job holds: examples of its method's format, their tokens, and what there is to learn."""

import re
from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import islice
from typing import Any, NamedTuple

import orjson

from fakeai.content.template import prompt_tokens
from fakeai.content.tokens import Encoding, encoding
from fakeai.core.catalog import ModelCard
from fakeai.core.errors import ApiError
from fakeai.core.lessons import Lessons, learn
from fakeai.services import prompt
from fakeai.wire.base import parse
from fakeai.wire.fine_tuning import Completed, Conversation, Preference
from fakeai.wire.fine_tuning_reply import JobError, MethodType

FEWEST = 10
"""Examples that a training file must have."""

_MOST_LEARNED = 2_000
_ITEM = re.compile(r"\{\{\s*item\.([A-Za-z_]\w*)")


class Read(NamedTuple):
    """A file that has been read. `tokens` are those of one epoch."""

    examples: int
    tokens: int
    lessons: Lessons


class Unusable(Exception):
    """A file that no job of this kind can use. `error` is what the job tells of it."""

    def __init__(self, error: JobError) -> None:
        super().__init__(error["message"])
        self.error = error


class _Example(NamedTuple):
    tokens: int
    question: str
    answer: str


def read(
    data: bytes, card: ModelCard, method: MethodType, param: str, grader: Any = None, fewest: int = FEWEST
) -> Read:
    """Read all of a file; takes a minute for the largest. Raises Unusable. `grader` is JSON; `param` names the file."""
    kind = param.removesuffix("_file")
    reader = _Reader(card, method, frozenset(_ITEM.findall(orjson.dumps(grader).decode())) if grader else frozenset())
    examples = tokens = 0
    learned: list[tuple[str, str]] = []
    for number, line in _lines(data):
        try:
            example = reader.example(line)
        except ApiError as error:
            told = (
                f"The job failed due to an invalid {kind} file. Invalid file format. Example {number}: {error.message}"
            )
            raise Unusable({"code": f"invalid_{param}", "message": told, "param": param}) from None
        examples += 1
        tokens += example.tokens
        if len(learned) < _MOST_LEARNED:
            learned.append((example.question, example.answer))
    if examples < fewest:
        told = f"{kind.capitalize()} file has {examples} example(s), but must have at least {fewest} examples"
        raise Unusable({"code": "invalid_n_examples", "message": told, "param": param})
    return Read(examples, tokens, learn(learned))


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Lines that are not blank, with their numbers."""
    return ((number, line) for number, line in enumerate(BytesIO(data), 1) if not line.isspace())


class _Reader:
    """Reads lines of one method. `asked` are the fields that its grader looks at."""

    def __init__(self, card: ModelCard, method: MethodType, asked: frozenset[str]) -> None:
        self._card = card
        self._enc: Encoding = encoding(card.encoding)
        self._asked = sorted(asked)
        of_text = card.family == "completion"
        self.example = self._completed if of_text else getattr(self, f"_{method}")
        """One line, read. Raises ApiError."""

    def _completed(self, line: bytes) -> _Example:
        found = parse(Completed, line)
        return _Example(
            self._enc.count(found.prompt) + self._enc.count(found.completion), found.prompt, found.completion
        )

    def _supervised(self, line: bytes) -> _Example:
        found = parse(Conversation, line)
        if found.messages[-1].role != "assistant":
            raise ApiError("the last message must be from the assistant")
        answer = prompt.messages(found.messages[-1:])[0].text
        return _Example(self._tokens(found, found.messages), _asked_in(found), answer)

    def _dpo(self, line: bytes) -> _Example:
        found = parse(Preference, line)
        for name in ("preferred_output", "non_preferred_output"):
            if any(message.role == "user" for message in getattr(found, name)):
                raise ApiError(f"'{name}' must hold messages of the assistant only")
        said = [*found.input.messages, *found.preferred_output, *found.non_preferred_output]
        answer = prompt.messages(found.preferred_output[-1:])[0].text
        return _Example(self._tokens(found.input, said), _asked_in(found.input), answer)

    def _reinforcement(self, line: bytes) -> _Example:
        found = parse(Conversation, line)
        if found.messages[-1].role != "user":
            raise ApiError("the last message must be from the user")
        given = found.model_extra or {}
        lacking = next((name for name in self._asked if name not in given), None)
        if lacking is not None:
            raise ApiError(f"the grader looks at 'item.{lacking}', which is missing")
        return _Example(self._tokens(found, found.messages), "", "")

    def _tokens(self, found: Conversation, messages: Sequence[Any]) -> int:
        """What is billed of it: no more than the model reads. Any: a union of wire types."""
        tools = prompt.declared(found.tools or ())
        counted = prompt_tokens(prompt.messages(messages), tools, self._enc, self._card)
        return min(counted.total, self._card.context_window)


def _asked_in(found: Conversation) -> str:
    asked = islice((message for message in reversed(found.messages) if message.role == "user"), 1)
    return next((message.text for message in prompt.messages(list(asked))), "")
