"""A Hugging Face causal language model in this process, on a CPU or a GPU: one thread, continuous batching.

Every turn of the thread reads a part of one waiting prompt and gives every running choice its next token, all in one
forward pass. torch and transformers are imported in that thread.
"""

import logging
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

from fakeai.backends import model_files
from fakeai.backends.answering import Answer, Reader
from fakeai.backends.batch import Forward
from fakeai.backends.local import Engine, Post, Spec
from fakeai.backends.turns import Turns
from fakeai.backends.weights import load_text
from fakeai.core.chance import Chance
from fakeai.core.errors import Unavailable
from fakeai.core.generation import GenerateRequest

_log = logging.getLogger("fakeai.transformers")


def open_model(spec: Spec, chance: Chance) -> Engine:
    """The engine of a model. Raises ValueError for one that can be seen not to work: files, packages, device."""
    for package in ("torch", "transformers"):
        model_files.need(package, "transformers")
    files = model_files.look(spec)
    if spec.device.startswith("cuda"):
        import torch

        if not torch.cuda.is_available():
            raise ValueError(
                f"device {spec.device!r}: this machine has no GPU that torch can use; take 'cpu' or 'auto'"
            )
    if spec.family == "embedding":
        from fakeai.backends.transformers_embedding import TransformersEmbedding

        return TransformersEmbedding(spec, files)
    return TransformersText(spec, files, chance)


class TransformersText:
    """Implements `TextEngine`."""

    def __init__(self, spec: Spec, files: model_files.ModelFiles, chance: Chance) -> None:
        self.card = model_files.card(spec, files)
        self.forward: Forward | None = None
        """The model, once loaded."""
        self._spec = spec
        self._chance = chance
        self._new: SimpleQueue[Answer | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._state: str | None = f"loading the model {spec.id!r}"

    def load(self) -> None:
        """Start the thread, if it is not yet there."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=f"fakeai-{self._spec.id}", daemon=True)
                self._thread.start()

    def not_ready(self) -> str | None:
        """What is the matter, or None."""
        return self._state

    def submit(self, request: GenerateRequest, post: Post) -> Callable[[], object]:
        """Put a request into the queue."""
        self.load()
        answer = Answer(request, post)
        self._new.put(answer)
        if self._thread is not None and not self._thread.is_alive():  # closed
            self._refuse(answer)
        return answer.cancel

    def close(self) -> None:
        """End the thread after its step."""
        with self._lock:
            thread = self._thread
        if thread is not None:
            self._new.put(None)
            thread.join()

    # -- in the thread

    def _run(self) -> None:
        try:
            turns: Turns | None = self._loaded()
            self._state = None
        except Exception as error:  # noqa: BLE001  # whatever files, libraries and devices can raise
            turns = None
            self._state = f"the model {self._spec.id!r} could not be loaded: {error}"
            _log.exception("the model %r could not be loaded", self._spec.id)
        self._serve(turns)
        self._state = f"the model {self._spec.id!r} is closed"
        self.forward = None
        if turns is not None:
            turns.fail_all(Unavailable(f"The model {self._spec.id!r} was closed."))
        while not self._new.empty():
            self._refuse(self._new.get())

    def _serve(self, turns: Turns | None) -> None:
        """Take what comes and go on with what there is, until closed."""
        while True:
            try:
                answer = self._new.get(block=turns is None or not turns.busy())
            except Empty:
                assert turns is not None, "without a model the queue is waited for"
                turns.turn()
                continue
            if answer is None:
                return
            if turns is None:
                self._refuse(answer)
            else:
                turns.take(answer)

    def _refuse(self, answer: Answer | None) -> None:
        if answer is not None:
            answer.fail(
                Unavailable(f"The model {self._spec.id!r} is not there: it was closed, or could not be loaded.")
            )

    def _loaded(self) -> Turns:
        model, tokenizer, ends = load_text(self._spec)
        forward = self.forward = Forward(model)
        forward.check()
        vocabulary = model.get_output_embeddings().weight.shape[0]
        reader = Reader(tokenizer, self.card.context_window, vocabulary, ends, self._chance)
        return Turns(forward, reader, self._spec.max_batch)
