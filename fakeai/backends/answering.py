"""One request to a real model on its way: its prompt, its choices, and what is posted of them.

Knows when a choice ends and what it has cost; does not run the model. All in the engine's thread but `cancel`.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

from fakeai.backends.guidance import Guide, Matcher
from fakeai.backends.local import Post
from fakeai.backends.prompting import PLAIN_STOPS, Prompter
from fakeai.backends.sampling import Drawn, Sampler, listed
from fakeai.backends.wording import THINK, Detokenizer, Tags, Wording
from fakeai.core.chance import Chance, Ids
from fakeai.core.generation import (
    Delta,
    Finish,
    FinishReason,
    GenerateRequest,
    Text,
    TokenLogprob,
    TopLogprob,
    Usage,
)

Begun: TypeAlias = Literal["", "thought", "call"]


class Reader:
    """What all requests of one model need: its vocabulary in, its vocabulary out. Any: a Hugging Face tokenizer."""

    def __init__(self, tokenizer: Any, window: int, vocabulary: int, ends: Sequence[int], chance: Chance) -> None:
        self.tokenizer = tokenizer
        self.prompter = Prompter(tokenizer, window, vocabulary)
        self.guide = Guide(tokenizer, vocabulary, ends)
        self.ends = frozenset(ends)
        self.ids = Ids(chance.stream("calls").data(32))
        self._chance = chance
        self._answers = 0
        self._thinks = THINK in (getattr(tokenizer, "chat_template", None) or "")

    def chance(self, request: GenerateRequest) -> Chance:
        """What its tokens are drawn from: its own seed, else another stream for each."""
        if request.sampling.seed is not None:
            return Chance(request.sampling.seed)
        self._answers += 1
        return self._chance.stream(f"answer {self._answers}")

    def wording(self, request: GenerateRequest, choice: int, ids: Sequence[int], begun: Begun | None = None) -> Wording:
        """For the tokens of one choice, which go on from the prompt `ids`; `begun` where that does not say inside of what."""
        stops = request.sampling.stop
        tags = None
        if not request.raw_prompt:
            if not self.prompter.has_template:
                stops = (*stops, *PLAIN_STOPS)
            calls = bool(request.tools) and request.tool_choice.mode != "none"
            if calls or self._thinks:
                begun = self._begun(ids) if begun is None else begun
                tags = Tags(choice, self.ids, calls=calls, begun=begun, parallel=request.parallel_tool_calls)
        return Wording(choice, self.tokenizer, ids, stops, tags)

    def _begun(self, ids: Sequence[int]) -> Begun:
        return (
            "thought" if self._thinks and self.tokenizer.decode(ids[-len(THINK) - 2 :]).rstrip().endswith(THINK) else ""
        )

    def logprob(self, drawn: Drawn) -> TokenLogprob | None:
        """A token's log probability in words."""
        if drawn.logprob is None:
            return None
        top = tuple([TopLogprob(self._word(token), logprob) for token, logprob in drawn.top])
        return TokenLogprob(self._word(drawn.token), drawn.logprob, top)

    def _word(self, token: int) -> str:
        text: str = self.tokenizer.decode([token], clean_up_tokenization_spaces=False)
        return text


class Answer:
    """A request's choices, and the burst that is being collected."""

    def __init__(self, request: GenerateRequest, post: Post) -> None:
        self.request = request
        self.cancelled = False
        self.ids: list[int] = []
        self.cached = 0
        """Tokens of the prompt that need not be read again."""
        self._post: Post | None = post
        self._burst: list[Delta] = []
        self._opened = False
        self._left = request.sampling.n
        self._completion = 0
        self._reasoning = 0

    def cancel(self) -> None:
        """Nobody listens any more. From any thread."""
        self.cancelled = True

    def say(self, deltas: Sequence[Delta]) -> None:
        """Add to the burst."""
        self._burst += deltas

    def ended(self, tokens: int, reasoning: int) -> None:
        """A choice is complete, of that many tokens; with the last one the answer is."""
        self._completion += tokens
        self._reasoning += reasoning
        self._left -= 1
        if not self._left:
            self._burst.append(Finish(Usage(len(self.ids), self._completion, self.cached, reasoning=self._reasoning)))

    def flush(self) -> None:
        """Post what was collected. The first of all is said by the first choice: the SDK's accumulator counts on it."""
        if not self._opened:
            if all(_later(delta) for delta in self._burst):
                return
            self._opened = True
            self._burst.sort(key=_later)
        burst, self._burst = self._burst, []
        if burst and self._post is not None and not self.cancelled:
            self._post(burst, None)

    def fail(self, error: Exception) -> None:
        """Post what ended it; nothing is posted after."""
        post, self._post = self._post, None
        if post is not None and not self.cancelled:
            post((), error)


def _later(delta: Delta) -> bool:
    """Whether a delta may not be the first of an answer."""
    return isinstance(delta, Finish) or delta.choice != 0


class Row:
    """One choice under way."""

    def __init__(self, answer: Answer, choice: int, reader: Reader, chance: Chance, matcher: Matcher | None) -> None:
        request = answer.request
        self.answer = answer
        self.last = 0
        """The token the model goes on from."""
        self._reader = reader
        self._matcher = matcher
        self._sampler = Sampler(request.sampling, chance, matcher)
        self._wording = reader.wording(request, choice, answer.ids)
        self._room = reader.prompter.room(request, len(answer.ids))
        self._made = 0

    def go_on(self, logits: Any) -> bool:
        """Draw the next token and say it; returns whether there is more to come. Any: a tensor over the vocabulary."""
        if self._made >= self._room:
            return self._end("length")
        drawn = self._sampler.draw(logits)
        token = self.last = drawn.token
        if token in self._reader.ends:
            return self._end("stop")
        self._made += 1
        self.answer.say(self._wording.add(token, self._reader.logprob(drawn)))
        complete = self._matcher.add(token) if self._matcher is not None else False
        if self._wording.stopped or complete:
            return self._end("stop")
        return self._end("length") if self._made >= self._room else True

    def _end(self, reason: FinishReason) -> bool:
        self.answer.say(self._wording.end(reason))
        self.answer.ended(self._made, self._wording.reasoned)
        return False


def rows(answer: Answer, reader: Reader) -> Callable[[int], Row]:
    """Makes the rows of an answer by choice. Raises BadRequest for a form the model cannot be held to."""
    chance = reader.chance(answer.request)
    matcher = reader.guide.matcher(answer.request)

    def row(choice: int) -> Row:
        return Row(
            answer, choice, reader, chance.stream(f"choice {choice}"), None if matcher is None else matcher.copy()
        )

    return row


def echo(answer: Answer, reader: Reader, choice: int, logits: Any) -> Text:
    """The prompt given back, token by token. `logits` after each of its tokens, where log probabilities are asked for."""
    words = Detokenizer(reader.tokenizer, ())
    pieces = [words.add(token) for token in answer.ids]
    if logits is None:
        return Text(choice, pieces)
    top = answer.request.sampling.top_logprobs
    told = [Drawn(answer.ids[0], 0.0)]  # nothing makes the first likely
    told += [listed(logits[at], token, top) for at, token in enumerate(answer.ids[1:])]
    return Text(choice, pieces, [found for drawn in told if (found := reader.logprob(drawn)) is not None])
