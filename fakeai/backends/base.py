"""What a backend can do besides generating text (`core.generation.Generates`): one method a protocol.

A class implements the protocols of what it can; services ask for the one they need.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from fakeai.content.moderation import Verdict
from fakeai.core.catalog import ModelCard
from fakeai.core.generation import Timing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Vectors(NamedTuple):
    """One row a text, of unit length."""

    rows: "NDArray[np.float32]"
    tokens: int | None = None
    """Tokens of all texts together, from a model that counts them itself."""


class Embeds(Protocol):
    """A backend that turns texts into vectors."""

    async def embed(
        self, model: ModelCard, texts: Sequence[str | tuple[int, ...]], dimensions: int, timing: Timing
    ) -> Vectors:
        """Vectors of `texts`; only a model of its own tokens is given texts as tokens.

        Raises ValueError for a latency spec that cannot be read.
        """


class Sample(NamedTuple):
    """Something to be judged as one: text, and a number of images with it."""

    text: str
    images: int = 0


class Moderates(Protocol):
    """A backend that judges whether something may be said."""

    async def moderate(self, model: ModelCard, samples: Sequence[Sample], timing: Timing) -> list[Verdict]:
        """One verdict a sample; a model that does not tell which input types counted leaves them empty.

        Raises ValueError for a latency spec that cannot be read.
        """
