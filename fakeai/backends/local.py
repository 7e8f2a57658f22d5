"""Real models in this process: which there are, what they are told to be, and what an engine for one must do.

Knows engines by the names of the settings (`transformers`, `vllm`) and loads their modules when a model asks for one;
knows nothing of tensors. Apps of several threads may share the models: weights are loaded once.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from fakeai.backends.base import Vectors
from fakeai.core.catalog import ModelCard
from fakeai.core.chance import Chance
from fakeai.core.generation import Burst, GenerateRequest
from fakeai.core.registry import Registry

if TYPE_CHECKING:
    from typing_extensions import TypeIs


class Spec(NamedTuple):
    """One model as the settings describe it; the fields are those of `settings.tree.ServedModel`."""

    id: str
    backend: str
    path: str
    family: str = "chat"
    device: str = "auto"
    dtype: str = "auto"
    context_window: int | None = None
    max_batch: int = 16
    shortens: bool = False


Post = Callable[[Burst, Exception | None], object]
"""Takes an answer's next burst, or what ended it. Called from an engine's thread; not after a Finish, an error or a cancel."""


class Engine(Protocol):
    """What all engines have. Making one costs nothing and raises ValueError for what can be seen to be wrong."""

    card: ModelCard

    def load(self) -> None:
        """Begin to load the weights, aside; harmless when begun."""

    def not_ready(self) -> str | None:
        """Why requests would have to wait, or fail; None when they need not."""

    def close(self) -> None:
        """End its thread and let go of the weights; answers under way end with an error."""


class TextEngine(Engine, Protocol):
    """An engine that generates text."""

    def submit(self, request: GenerateRequest, post: Post) -> Callable[[], object]:
        """Begin an answer, whose bursts go to `post` and end with a Finish; what is returned cancels it. From any thread."""


class VectorEngine(Engine, Protocol):
    """An engine that makes vectors."""

    def embed(self, texts: Sequence[str | tuple[int, ...]], dimensions: int) -> Vectors:
        """Vectors of unit length, one row a text (or a text's tokens). Blocks; from any thread. Raises ApiError."""


class LocalModels:
    """The engines by model id. `engines` makes one of a Spec and a Chance, by the backend's name."""

    def __init__(self, specs: Iterable[Spec], engines: Registry[Any], chance: Chance) -> None:
        self._engines: dict[str, Engine] = {}
        for spec in specs:
            try:
                self._engines[spec.id] = engines.get(spec.backend)(spec, chance.stream(spec.id))
            except ValueError as error:
                raise ValueError(f"models.{spec.id}: {error}") from error

    def cards(self) -> list[ModelCard]:
        """What the models are, for the catalog."""
        return [engine.card for engine in self._engines.values()]

    def text(self, model: str) -> TextEngine:
        """The engine of a model that generates text. Raises ValueError for another."""
        engine = self._engine(model)
        if not _generates(engine):
            raise ValueError(f"the model {model!r} generates no text: it makes vectors")
        return engine

    def vectors(self, model: str) -> VectorEngine:
        """The engine of a model that makes vectors. Raises ValueError for another."""
        engine = self._engine(model)
        if _generates(engine):
            raise ValueError(f"the model {model!r} makes no vectors: it generates text")
        return engine  # type: ignore[return-value]  # an engine does one or the other

    def _engine(self, model: str) -> Engine:
        engine = self._engines.get(model)
        if engine is None:
            raise ValueError(f"the model {model!r} has no engine of its own")
        return engine

    def load(self) -> None:
        """Begin to load all of them."""
        for engine in self._engines.values():
            engine.load()

    def not_ready(self) -> str | None:
        """The first reason why one is not ready."""
        reasons = (engine.not_ready() for engine in self._engines.values())
        return next((reason for reason in reasons if reason is not None), None)

    def close(self) -> None:
        """End all of them."""
        for engine in self._engines.values():
            engine.close()


def _generates(engine: Engine) -> "TypeIs[TextEngine]":
    return engine.card.family != "embedding"
