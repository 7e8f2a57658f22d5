"""Deltas → text completion chunks, and deltas → the whole text completion: the two shapes of one legacy answer.

Choices of several prompts are numbered through. With `best_of` there are more candidates than choices: the whole keeps
the likeliest, a stream has no candidates to choose from.
"""

from collections.abc import Sequence
from functools import partial
from operator import add
from typing import Any, NamedTuple

import orjson

from fakeai.core.feed import Feed
from fakeai.core.generation import Burst, Delta, Finish, Stop, Text, TokenLogprob, Usage
from fakeai.core.merge import merge
from fakeai.services.chunks import Shape

_dumps = orjson.dumps


class Layout(NamedTuple):
    """What is asked of each prompt, and how it is told."""

    prompts: tuple[int, ...]
    """The prompts' lengths in characters."""
    n: int = 1
    """Choices given back for each prompt."""
    candidates: int = 1
    """Choices made for each prompt, at least `n`."""
    echo: bool = False
    logprobs: bool = False
    numbers: bool = False
    """Whether even the first token of an echo has a log probability: OpenAI's is null, which its document does not allow."""

    def listing(self, choice: int) -> "_Listing":
        """The log probabilities of a candidate, from its beginning."""
        return _Listing(
            0 if self.echo else self.prompts[choice // self.candidates], begins=self.echo and not self.numbers
        )


class _Listing:
    """The `logprobs` object of one choice, token by token. Offsets count from the beginning of the prompt."""

    __slots__ = ("_at", "_begins")

    def __init__(self, at: int, *, begins: bool) -> None:
        self._at = at
        self._begins = begins
        """Whether the next token is the first of all, which nothing makes likely."""

    def of(self, tokens: Sequence[TokenLogprob]) -> dict[str, Any]:
        """The object for the next tokens."""
        offsets: list[int] = []
        for token in tokens:
            offsets.append(self._at)
            self._at += len(token.token)
        chances: list[float | None] = [token.logprob for token in tokens]
        tops: list[dict[str, float] | None] = [dict(token.top) for token in tokens]
        if self._begins and tokens:
            self._begins = False
            chances[0] = tops[0] = None
        return {
            "tokens": [token.token for token in tokens],
            "token_logprobs": chances,
            "top_logprobs": tops if any(token.top for token in tokens) else None,
            "text_offset": offsets,
        }


class TextChunks:
    """Bursts of deltas → bursts of chunks (JSON documents)."""

    __slots__ = ("_layout", "_listings", "_shape", "_start", "_tail", "usage")

    def __init__(self, shape: Shape, layout: Layout) -> None:
        assert layout.candidates == layout.n, "which candidates are the best is known at the end only"
        self._shape = shape
        self._layout = layout
        self._listings: dict[int, _Listing] = {}
        head = _dumps(_head(shape))
        self._start = head[:-1] + b',"choices":['
        self._tail = b'],"usage":null}' if shape.include_usage else b"]}"
        self.usage: Usage | None = None
        """Known once the Finish delta has passed."""

    def encode(self, burst: Burst) -> list[bytes]:
        """One chunk a token, the finish reason last, then usage if it was asked for."""
        out: list[bytes] = []
        for delta in burst:
            match delta:
                case Text():
                    self._text(delta, out)
                case Stop(choice, reason):
                    out.append(self._chunk(choice, "", finish_reason=reason))
                case Finish(used):
                    self.usage = used
                    if self._shape.include_usage:
                        out.append(self._start + b'],"usage":' + _dumps(_usage(used)) + b"}")
        return out

    def _text(self, delta: Text, out: list[bytes]) -> None:
        choice, pieces, tokens = delta
        if tokens is None:
            start = b'%b{"index":%d,"text":' % (self._start, choice)
            end = b',"logprobs":null,"finish_reason":null}' + self._tail
            out += [b"%b%b%b" % (start, _dumps(piece), end) for piece in pieces if piece]
            return
        listing = self._listings.get(choice)
        if listing is None:
            listing = self._listings[choice] = self._layout.listing(choice)
        for piece, token in zip(pieces, tokens, strict=True):
            out.append(self._chunk(choice, piece, listing.of([token])))

    def _chunk(self, choice: int, text: str, logprobs: Any = None, finish_reason: str | None = None) -> bytes:
        item = {"index": choice, "text": text, "logprobs": logprobs, "finish_reason": finish_reason}
        return self._start + _dumps(item) + self._tail


class TextWhole:
    """Bursts of deltas → the text completion."""

    __slots__ = ("_choices", "_layout", "_shape", "usage")

    def __init__(self, shape: Shape, layout: Layout) -> None:
        self._shape = shape
        self._layout = layout
        self._choices = [_Choice() for _ in range(len(layout.prompts) * layout.candidates)]
        self.usage: Usage | None = None

    def take(self, burst: Burst) -> None:
        """Add a burst."""
        for delta in burst:
            match delta:
                case Text(choice, pieces, tokens):
                    self._choices[choice].text += pieces
                    self._choices[choice].tokens += tokens or ()
                case Stop(choice, reason):
                    self._choices[choice].reason = reason
                case Finish(used):
                    self.usage = used

    def completion(self) -> dict[str, Any]:
        """The text completion; only after the Finish delta."""
        assert self.usage is not None, "every feed ends with a Finish"
        choices = [self._choice(index, number) for index, number in enumerate(self._chosen())]
        return {**_head(self._shape), "choices": choices, "usage": _usage(self.usage)}

    def _chosen(self) -> list[int]:
        """The candidates to give back: of each prompt the `n` whose tokens are likeliest on average, best first."""
        prompts, n, candidates = self._layout[:3]
        if n == candidates:
            return list(range(len(self._choices)))
        chosen: list[int] = []
        for prompt in range(len(prompts)):
            numbers = range(prompt * candidates, (prompt + 1) * candidates)
            chosen += sorted(numbers, key=lambda number: self._choices[number].unlikelihood())[:n]
        return chosen

    def _choice(self, index: int, number: int) -> dict[str, Any]:
        choice = self._choices[number]
        return {
            "index": index,
            "text": "".join(choice.text),
            "logprobs": self._layout.listing(number).of(choice.tokens) if self._layout.logprobs else None,
            "finish_reason": choice.reason,
        }


class _Choice:
    """One candidate."""

    __slots__ = ("reason", "text", "tokens")

    def __init__(self) -> None:
        self.text: list[str] = []
        self.tokens: list[TokenLogprob] = []
        self.reason = "stop"

    def unlikelihood(self) -> float:
        """The mean of its tokens' log probabilities, negated."""
        return -sum(token.logprob for token in self.tokens) / max(1, len(self.tokens))


def joined(feeds: Sequence[Feed[Burst]], candidates: int) -> Feed[Burst]:
    """The answers to all prompts as one, its choices numbered through, with one Finish."""
    if len(feeds) == 1:
        return feeds[0]
    numbered = [feed.map(partial(_renumbered, number * candidates)) for number, feed in enumerate(feeds)]
    return merge(numbered).map(_Total(len(feeds)).add)


def _renumbered(first: int, burst: Burst) -> Burst:
    """A burst of the answer whose choices begin at `first`."""
    return [delta if isinstance(delta, Finish) else delta._replace(choice=first + delta.choice) for delta in burst]


class _Total:
    """Adds up the usage of several answers, in the order in which they are told."""

    __slots__ = ("_left", "_usage")

    def __init__(self, answers: int) -> None:
        self._left = answers
        self._usage = Usage(0, 0)

    def add(self, burst: Burst) -> Burst:
        """A burst of any of them: every Finish but the last is left out, and that one tells the sum."""
        told: list[Delta] = []
        for delta in burst:
            if not isinstance(delta, Finish):
                told.append(delta)
                continue
            self._left -= 1
            self._usage = Usage(*map(add, self._usage, delta.usage))
            if not self._left:
                told.append(Finish(self._usage))
        return told


def _head(shape: Shape) -> dict[str, Any]:
    return {
        "id": shape.id,
        "object": "text_completion",
        "created": shape.created,
        "model": shape.model,
        "system_fingerprint": shape.fingerprint,
    }


def _usage(used: Usage) -> dict[str, int]:
    """The `usage` object; legacy ones have no details."""
    return {
        "prompt_tokens": used.prompt,
        "completion_tokens": used.completion,
        "total_tokens": used.prompt + used.completion,
    }
