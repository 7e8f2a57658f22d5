"""Sequences of a Hugging Face model that are decoded together: one forward pass a step, whoever they belong to.

Keys and values of all rows lie in one cache, padded on the left to the longest; rows join after their prompt was read
and leave when they end, between steps. Any: tensors and models are torch's and transformers', loaded late.
"""

from collections.abc import Sequence
from inspect import signature
from typing import Any


class Unsupported(Exception):
    """A model whose state is not the keys and values of its tokens."""


class Forward:
    """A causal language model as a function of tokens and a cache."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.device = model.device
        takes = signature(model.forward).parameters
        self._positions = "position_ids" in takes
        self._keeps = "logits_to_keep" in takes
        self._cache = "cache" if "cache" in takes else "past_key_values"  # its name to and since transformers 5
        self.passes = 0
        """Forward passes so far."""

    def cache(self) -> Any:
        """An empty one that keeps all that is put into it."""
        from transformers import DynamicCache

        return DynamicCache()

    def read(self, ids: Sequence[int], cache: Any, *, all_logits: bool = False) -> Any:
        """Put the next tokens of one sequence into `cache`; the logits after the last of them (or all), float32."""
        import torch

        tokens = torch.tensor([ids], device=self.device)
        start = cache.get_seq_length()
        positions = torch.arange(start, start + len(ids), device=self.device)[None]
        logits = self._run(tokens, cache, None, positions, all_logits)
        return logits[0] if all_logits else logits[0, -1]

    def step(self, tokens: Sequence[int], cache: Any, mask: Any, lengths: Sequence[int]) -> Any:
        """One token for each row; the logits after it by row, float32."""
        import torch

        tokens = torch.tensor(tokens, device=self.device)[:, None]
        return self._run(tokens, cache, mask, torch.tensor(lengths, device=self.device)[:, None], False)[:, -1]

    def _run(self, tokens: Any, cache: Any, mask: Any, positions: Any, all_logits: bool) -> Any:
        import torch

        more: dict[str, Any] = {self._cache: cache}
        if self._positions:
            more["position_ids"] = positions
        if self._keeps and not all_logits:
            more["logits_to_keep"] = 1
        self.passes += 1
        with torch.inference_mode():
            out = self._model(input_ids=tokens, attention_mask=mask, use_cache=True, **more)
            return out.logits.float()

    def check(self) -> None:
        """Raise Unsupported for a model that cannot be batched so, after a try on two tokens."""
        cache = self.cache()
        try:
            self.read([0, 0], cache)
        except Exception as error:  # whatever a model does with a cache that is not its own
            raise Unsupported(f"it cannot be run on keys and values alone: {error}") from error
        if cache.get_seq_length() != 2 or not all(getattr(layer, "keys", None) is not None for layer in cache.layers):
            raise Unsupported("it keeps more, or something else, than the keys and values of its tokens")


class Batch:
    """The rows' cache. Rows are numbered in the order they joined; those after one that leaves move up."""

    def __init__(self, forward: Forward) -> None:
        self._forward = forward
        self._cache: Any = None
        self._mask: Any = None
        self.lengths: list[int] = []
        """Tokens of each row that are in the cache."""

    def join(self, cache: Any) -> None:
        """A row whose prompt is in `cache`, which is not changed."""
        import torch

        length = cache.get_seq_length()
        mask = torch.ones((1, length), dtype=torch.long, device=self._forward.device)
        if self._cache is None:
            self._cache = self._forward.cache()
            for number, layer in enumerate(cache.layers):
                self._cache.update(layer.keys, layer.values, number)
            self._mask = mask
        else:
            width = self._mask.shape[1]
            most = max(width, length)
            for ours, theirs in zip(self._cache.layers, cache.layers, strict=True):
                ours.keys = torch.cat([_padded(ours.keys, most), _padded(theirs.keys, most)])
                ours.values = torch.cat([_padded(ours.values, most), _padded(theirs.values, most)])
            pad = torch.nn.functional.pad
            self._mask = torch.cat([pad(self._mask, (most - width, 0)), pad(mask, (most - length, 0))])
        self.lengths.append(length)

    def keep(self, rows: Sequence[int]) -> None:
        """Only these rows go on; the cache shrinks to what they need."""
        import torch

        if len(rows) == len(self.lengths):
            return
        self.lengths = [self.lengths[row] for row in rows]
        if not rows:
            self._cache = self._mask = None
            return
        chosen = torch.tensor(rows, device=self._forward.device)
        spare = self._mask.shape[1] - max(self.lengths)
        for layer in self._cache.layers:
            layer.keys = layer.keys[chosen, :, spare:]
            layer.values = layer.values[chosen, :, spare:]
        self._mask = self._mask[chosen, spare:]

    def step(self, tokens: Sequence[int]) -> Any:
        """One more token for each row; the logits after it by row."""
        import torch

        self._mask = torch.nn.functional.pad(self._mask, (0, 1), value=1)
        logits = self._forward.step(tokens, self._cache, self._mask, self.lengths)
        self.lengths = [length + 1 for length in self.lengths]
        return logits


def _padded(states: Any, width: int) -> Any:
    """Keys or values [rows, heads, tokens, size] with zeros before them."""
    import torch

    return torch.nn.functional.pad(states, (0, 0, width - states.shape[2], 0))
