"""A Hugging Face encoder in this process: vectors of texts, pooled as the model's files say, of unit length.

One request at a time has the model; its texts go through it in batches of equal padding. torch and transformers are
imported when the weights are loaded.
"""

import logging
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from fakeai.backends.base import Vectors
from fakeai.backends.local import Spec
from fakeai.backends.model_files import ModelFiles, card
from fakeai.backends.weights import load_encoder
from fakeai.core.errors import ApiError, BadRequest, Unavailable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_log = logging.getLogger("fakeai.transformers")

_GONE = "The model {!r} is not there: it was closed, or could not be loaded."
_BATCH_TOKENS = 8_192
"""Of one forward pass, padding included."""


class TransformersEmbedding:
    """Implements `VectorEngine`."""

    def __init__(self, spec: Spec, files: ModelFiles) -> None:
        self.card = card(spec, files)
        self._spec = spec
        self._pooling = files.pooling
        self._lock = threading.Lock()
        self._loaded: tuple[Any, Any] | None = None
        self._state: str | None = f"loading the model {spec.id!r}"
        self._thread: threading.Thread | None = None

    def load(self) -> None:
        """Load in a thread of its own."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._load_aside, name=f"fakeai-{self._spec.id}", daemon=True)
            self._thread.start()

    def not_ready(self) -> str | None:
        """What is the matter, or None."""
        return self._state

    def embed(self, texts: Sequence[str | tuple[int, ...]], dimensions: int) -> Vectors:
        """Vectors, their first `dimensions` numbers made unit length again; tokens as the model's own vocabulary has them."""
        with self._lock:
            model, tokenizer = self._model()
            read = [self._ids(tokenizer, text) for text in texts]
            rows = _vectors(model, tokenizer, read, self._pooling)
        rows = rows[:, :dimensions]
        norms = (rows**2).sum(1, keepdims=True) ** 0.5
        return Vectors(rows / norms.clip(1e-12), sum(map(len, read)))

    def close(self) -> None:
        """Let go of the weights."""
        if self._thread is not None:
            self._thread.join()
        with self._lock:
            self._loaded = None
            self._state = f"the model {self._spec.id!r} is closed"

    def _load_aside(self) -> None:
        with self._lock:
            try:
                self._model()
            except ApiError:
                return  # said in `not_ready`, and to whoever asks

    def _model(self) -> tuple[Any, Any]:
        if self._loaded is None:
            if self._state is not None and not self._state.startswith("loading"):
                raise Unavailable(_GONE.format(self._spec.id))
            try:
                self._loaded = load_encoder(self._spec)
            except Exception as error:
                self._state = f"the model {self._spec.id!r} could not be loaded: {error}"
                _log.exception("the model %r could not be loaded", self._spec.id)
                raise Unavailable(_GONE.format(self._spec.id)) from error
            self._state = None
        return self._loaded

    def _ids(self, tokenizer: Any, text: str | tuple[int, ...]) -> list[int]:
        window = self.card.context_window
        if isinstance(text, str):
            ids = list(tokenizer(text)["input_ids"])
        elif all(0 <= token < len(tokenizer) for token in text):
            ids = list(text)
        else:
            raise BadRequest(
                f"Invalid 'input': there is a token id outside the model's vocabulary (0 to {len(tokenizer) - 1}).",
                param="input",
                code="invalid_value",
            )
        if len(ids) > window:
            raise BadRequest(
                f"This model's maximum context length is {window} tokens, however you requested {len(ids)} tokens "
                f"({len(ids)} in your prompt; 0 for the completion). Please reduce your prompt; or completion length."
            )
        return ids or [tokenizer.eos_token_id or 0]


def batches(lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """The numbers of the texts in groups of like length, longest first, each of at most `most` tokens padding included."""
    group: list[int] = []
    for number in sorted(range(len(lengths)), key=lambda at: -lengths[at]):
        if group and (len(group) + 1) * lengths[group[0]] > most:
            yield group
            group = []
        group.append(number)
    if group:
        yield group


def _vectors(model: Any, tokenizer: Any, read: Sequence[list[int]], pooling: str) -> "NDArray[np.float32]":
    """One vector a text, as the model has it. Any: torch's and transformers' objects."""
    import numpy as np
    import torch

    rows: list[Any] = [None] * len(read)
    fill = tokenizer.pad_token_id or 0
    for group in batches([len(ids) for ids in read], _BATCH_TOKENS):
        width = len(read[group[0]])
        ids = torch.tensor([read[at] + [fill] * (width - len(read[at])) for at in group], device=model.device)
        mask = torch.tensor([[1] * len(read[at]) + [0] * (width - len(read[at])) for at in group], device=model.device)
        with torch.inference_mode():
            states = model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
            found = pooled(states, mask, pooling).cpu().numpy()
        for at, vector in zip(group, found, strict=True):
            rows[at] = vector
    return np.stack(rows).astype(np.float32)


def pooled(states: Any, mask: Any, pooling: str) -> Any:
    """States [texts, tokens, size] as one vector a text; tokens that are padding do not count. Any: tensors."""
    import torch

    if pooling == "cls":
        return states[:, 0]
    if pooling == "last":
        return states[torch.arange(len(mask), device=mask.device), mask.sum(1) - 1]
    weights = mask[:, :, None].float()
    return (states * weights).sum(1) / weights.sum(1)
