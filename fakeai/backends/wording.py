"""Tokens of a real model → deltas: characters put together from their bytes, stop strings cut, calls and thoughts found.

One `Wording` an answer's choice. Knows no tensors; what it is given are token ids and their log probabilities.
"""

import json
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from fakeai.core.chance import Ids
from fakeai.core.generation import Delta, FinishReason, Reasoning, Stop, Text, TokenLogprob, ToolInput, ToolStart

_LOOK_BACK = 5
"""Tokens of the prompt that a first token is decoded behind: some vocabularies write a word's space or not by what is before."""

CALL, CALL_END = "<tool_call>", "</tool_call>"
"""How models of the Hermes and Qwen families write a call: one JSON object with `name` and `arguments` between these."""
THINK, THINK_END = "<think>", "</think>"


class Token(NamedTuple):
    """The characters a token completed, and its log probability where asked for."""

    text: str
    logprob: TokenLogprob | None = None


class Detokenizer:
    """Text of tokens one at a time: nothing while a character's bytes are incomplete, all of it with the last of them."""

    def __init__(self, tokenizer: Any, prompt: Sequence[int]) -> None:
        self._tokenizer = tokenizer
        special = {token: tokenizer.convert_tokens_to_ids(token) for token in tokenizer.all_special_tokens}
        self._tags = {special[tag]: tag for tag in (CALL, CALL_END, THINK, THINK_END) if tag in special}
        """Tags that are tokens of their own, and special: told all the same, since they mean something here."""
        self._ids = list(prompt[-_LOOK_BACK:])
        self._start = 0
        self._read = len(self._ids)

    def add(self, token: int) -> str:
        """The characters that `token` completes."""
        self._ids.append(token)
        if token in self._tags:
            self._start = self._read = len(self._ids)
            return self._tags[token]
        before = self._decode(self._ids[self._start : self._read])
        after = self._decode(self._ids[self._start :])
        if after.endswith("\ufffd") or len(after) < len(before):
            return ""
        self._start, self._read = self._read, len(self._ids)
        return after[len(before) :]

    def _decode(self, ids: Sequence[int]) -> str:
        text: str = self._tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text


class _Held:
    """Tokens whose text is not yet to be told."""

    def __init__(self) -> None:
        self.tokens: list[Token] = []
        self.text = ""

    def add(self, token: Token) -> None:
        self.tokens.append(token)
        self.text += token.text

    def release(self, size: int, *, cut: bool = False) -> list[Token]:
        """The tokens within the first `size` characters; with `cut`, of the one that reaches beyond the part within."""
        told: list[Token] = []
        done = 0
        while self.tokens:
            text = self.tokens[0].text
            if done + len(text) > size:
                if cut and size > done:
                    told.append(self.tokens[0]._replace(text=text[: size - done]))
                    self.tokens[0] = Token(text[size - done :])
                    done = size
                break
            told.append(self.tokens.pop(0))
            done += len(text)
        self.text = self.text[done:]
        return told


def open_end(text: str, marks: Sequence[str]) -> int:
    """Where in `text` a mark may have begun that is not complete: what is before is certain. Its length if nowhere."""
    longest = max((len(mark) for mark in marks), default=1) - 1
    for at in range(max(0, len(text) - longest), len(text)):
        if any(mark.startswith(text[at:]) for mark in marks):
            return at
    return len(text)


class Wording:
    """One choice's deltas. After `add` has set `stopped`, or after the last token, `end` gives the rest."""

    def __init__(
        self,
        choice: int,
        tokenizer: Any,
        prompt: Sequence[int],
        stops: Sequence[str] = (),
        tags: "Tags | None" = None,
    ) -> None:
        self.stopped = False
        self.reasoned = 0
        """Tokens of reasoning told, once it has ended."""
        self._choice = choice
        self._characters = Detokenizer(tokenizer, prompt)
        self._stops = tuple(stops)
        self._held = _Held()
        self._tags = tags

    def add(self, token: int, logprob: TokenLogprob | None = None) -> list[Delta]:
        """The deltas that a token completes."""
        self._held.add(Token(self._characters.add(token), logprob))
        if not self._stops:
            return self._tell(self._held.release(len(self._held.text)))
        text = self._held.text
        found = [(at + len(stop), at) for stop in self._stops if (at := text.find(stop)) >= 0]
        if found:  # the one that is complete first, however its characters came
            self.stopped = True
            return self._tell(self._held.release(min(found)[1], cut=True))
        return self._tell(self._held.release(open_end(text, self._stops)))

    def end(self, reason: FinishReason) -> list[Delta]:
        """What was held back, and the end."""
        rest = [] if self.stopped else self._tell(self._held.release(len(self._held.text)))
        if self._tags is not None:
            rest += self._tags.rest()
            self.reasoned = self._tags.reasoned
            if self._tags.calls_told and reason == "stop":
                reason = "tool_calls"
        return [*rest, Stop(self._choice, reason)]

    def _tell(self, tokens: list[Token]) -> list[Delta]:
        if self._tags is None:
            return [_text(self._choice, tokens)] if tokens else []
        deltas = [delta for token in tokens for delta in self._tags.add(token)]
        self.stopped = self.stopped or self._tags.enough
        return deltas


class Tags:
    """Finds calls and thoughts in one choice's text. What may be the beginning of a tag is held until it is certain.

    `begun`: what the first token is already inside of. Without `parallel`, one call is enough.
    """

    def __init__(
        self, choice: int, ids: Ids, *, calls: bool, begun: Literal["", "thought", "call"] = "", parallel: bool = True
    ) -> None:
        self._choice = choice
        self._ids = ids
        self._calls = calls
        self._parallel = parallel
        self._held = _Held()
        self._inside: Literal["", "thought", "call"] = begun
        self._fresh = True
        """Whether no text was told since the beginning or the last tag: blanks there belong to the tag."""
        self.calls_told = 0
        self.reasoned = 0
        self.enough = False

    def add(self, token: Token) -> list[Delta]:
        """The deltas that are certain with this token."""
        self._held.add(token)
        deltas: list[Delta] = []
        while (told := self._step()) is not None:
            deltas += told
        return deltas

    def rest(self) -> list[Delta]:
        """All that is held, as what it is so far: a call whose end is missing, or text if it is none."""
        text = self._held.text
        if self._inside == "call" and read_call(text) is not None:
            return self._call(text)
        tokens = self._held.release(len(text))
        if self._inside == "thought":
            return self._thought(tokens)
        if self._inside == "call":
            tokens = [Token(CALL), *tokens]
        if not text.strip() and self._inside != "call" and (self.calls_told or not tokens):
            return []
        return [_text(self._choice, tokens)]

    def _step(self) -> list[Delta] | None:
        """One thing that is certain; None when more text has to come first."""
        text = self._held.text
        if self._inside:
            end = CALL_END if self._inside == "call" else THINK_END
            at = text.find(end)
            if at >= 0:
                return self._leave(at, end)
            if self._inside == "call":
                return None
            told = self._thought(self._held.release(open_end(text, [end])))
            return told or None
        if self._fresh and self._skip_blanks():
            return []
        text = self._held.text
        marks = ([CALL] if self._calls else []) + ([THINK] if self._fresh and not self.calls_told else [])
        found = [(at, mark) for mark in marks if (at := text.find(mark)) >= 0 and (mark is CALL or at == 0)]
        if found:
            at, mark = min(found)
            told = self._plain(self._held.release(at, cut=True))
            self._held.release(len(mark), cut=True)
            self._inside = "call" if mark is CALL else "thought"
            return told
        sure = open_end(text, marks)
        if self._fresh and not text[:sure].strip():
            return None
        return self._plain(self._held.release(sure)) or None

    def _skip_blanks(self) -> bool:
        """Drop the blanks before a tag, or after one; they are told where text follows the beginning."""
        text = self._held.text
        blanks = len(text) - len(text.lstrip())
        begins_tag = text.lstrip().startswith((CALL, THINK))
        if blanks and (self.calls_told or self.reasoned or begins_tag):
            self._held.release(blanks, cut=True)
            return True
        return False

    def _leave(self, at: int, end: str) -> list[Delta]:
        inner = self._held.release(at, cut=True)
        self._held.release(len(end), cut=True)
        inside, self._inside = self._inside, ""
        self._fresh = True
        if inside == "thought":
            return self._thought(inner)
        return self._call("".join(token.text for token in inner))

    def _call(self, text: str) -> list[Delta]:
        read = read_call(text)
        if read is None:
            return self._plain([Token(f"{CALL}{text}{CALL_END}")])
        number = self.calls_told
        self.calls_told += 1
        self.enough = not self._parallel
        name, arguments = read
        start = ToolStart(self._choice, number, self._ids.make("call_"), name, "function")
        return [start, ToolInput(self._choice, number, (arguments,))]

    def _thought(self, tokens: Sequence[Token]) -> list[Delta]:
        self.reasoned += len(tokens)
        return [Reasoning(self._choice, [token.text for token in tokens])] if tokens else []

    def _plain(self, tokens: Sequence[Token]) -> list[Delta]:
        if not tokens:
            return []
        self._fresh = False
        return [_text(self._choice, tokens)]


def read_call(text: str) -> tuple[str, str] | None:
    """Name and arguments (JSON) of a call as Hermes models write it; None for anything else."""
    try:
        said = json.loads(text)
    except ValueError:
        return None
    if not isinstance(said, dict) or not isinstance(said.get("name"), str):
        return None
    arguments = said.get("arguments", said.get("parameters", {}))
    return said["name"], arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def _text(choice: int, tokens: Sequence[Token]) -> Text:
    pieces = [token.text for token in tokens]
    listed = [token.logprob for token in tokens if token.logprob is not None]
    return Text(choice, pieces, listed if listed and len(listed) == len(pieces) else None)
