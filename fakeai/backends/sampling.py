"""From a model's logits to a token: temperature, top-p, penalties, biases, what a grammar allows; and log probabilities.

Draws come from a Chance, so equal seeds give equal tokens on any device. Any: tensors are torch's, loaded late.
"""

from collections import Counter
from typing import Any, NamedTuple, Protocol

from fakeai.core.chance import Chance
from fakeai.core.generation import Sampling

_GREEDY = 1e-5
"""Temperatures below are 0: dividing by them would overflow."""


class Mask(Protocol):
    """What a grammar allows next."""

    def allowed(self) -> Any:
        """A boolean tensor over the vocabulary, on the CPU; None where all is allowed."""


class Drawn(NamedTuple):
    """A token and, where asked for, its log probability and the likeliest tokens with theirs, best first."""

    token: int
    logprob: float | None = None
    top: tuple[tuple[int, float], ...] = ()


class Sampler:
    """Draws one choice's tokens. Log probabilities are the model's own, before temperature, penalties and biases."""

    def __init__(self, sampling: Sampling, chance: Chance, mask: Mask | None = None) -> None:
        self._sampling = sampling
        self._chance = chance
        self._mask = mask
        self._seen: Counter[int] = Counter()

    def draw(self, logits: Any) -> Drawn:
        """The next token. `logits` is a float32 tensor over the vocabulary; it is not changed."""
        token = self._choose(self._shaped(logits))
        self._seen[token] += 1
        return listed(logits, token, self._sampling.top_logprobs)

    def _shaped(self, logits: Any) -> Any:
        sampling = self._sampling
        penalized = bool(self._seen) and bool(sampling.presence_penalty or sampling.frequency_penalty)
        mask = self._mask.allowed() if self._mask is not None else None
        if not (penalized or sampling.logit_bias or mask is not None):
            return logits
        shaped = logits.clone()
        size = shaped.shape[0]
        for token, bias in sampling.logit_bias.items():
            if token < size:
                shaped[token] += bias
        if penalized:
            for token, times in self._seen.items():
                shaped[token] -= sampling.presence_penalty + sampling.frequency_penalty * times
        if mask is not None:
            shaped[~mask[:size].to(shaped.device)] = float("-inf")
        return shaped

    def _choose(self, logits: Any) -> int:
        sampling = self._sampling
        if sampling.temperature < _GREEDY or sampling.top_p <= 0:
            return int(logits.argmax())
        chances = (logits / sampling.temperature).softmax(-1).double()
        spin = self._chance.unit()
        if sampling.top_p >= 1:
            totals = chances.cumsum(0)
            return _at(totals, spin * float(totals[-1]))
        ranked, order = chances.sort(descending=True, stable=True)
        totals = ranked.cumsum(0)
        kept = int((totals - ranked < sampling.top_p).sum())  # the fewest that reach top_p
        return int(order[_at(totals[:kept], spin * float(totals[kept - 1]))])


def _at(totals: Any, spin: float) -> int:
    """The first place whose running total is above `spin`."""
    return min(int((totals <= spin).sum()), int(totals.shape[0]) - 1)


def listed(logits: Any, token: int, top: int | None) -> Drawn:
    """`token` with its log probability and the `top` likeliest tokens, it among them (in the last place if it is none)."""
    if top is None:
        return Drawn(token)
    logprobs = logits.log_softmax(-1)
    own = float(logprobs[token])
    if not top:
        return Drawn(token, own)
    values, ids = logprobs.topk(min(top, logprobs.shape[0]))
    best = list(zip(ids.tolist(), values.tolist(), strict=True))
    if all(other != token for other, _ in best):
        best[-1] = (token, own)
    return Drawn(token, own, tuple(best))
