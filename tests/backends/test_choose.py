"""The simulation answers, unless the card says that a real model does."""

import numpy as np
import pytest

from backends.asking import CARD, ask
from fakeai.backends.base import Vectors
from fakeai.backends.choose import ChosenEmbedding, ChosenModel
from fakeai.core.catalog import ModelCard
from fakeai.core.clock import WallClock
from fakeai.core.events import Bus
from fakeai.core.feed import Feed
from fakeai.core.generation import Finish, Stop, Timing, Usage

LAST = [Stop(0, "stop"), Finish(Usage(1, 1))]


class Local:
    def text(self, model):
        if model != "tiny":
            raise ValueError(f"{model} generates no text")
        return self

    def vectors(self, model):
        return self

    def submit(self, request, post):
        post(LAST, None)
        return lambda: None

    def embed(self, texts, dimensions):
        return Vectors(np.ones((len(texts), dimensions), np.float32), 7)


class Simulated:
    def generate(self, request):
        return Feed(self)

    def begin(self, feed):
        feed.push("simulated")
        feed.finish()

    async def embed(self, model, texts, dimensions, timing):
        return Vectors(np.zeros((len(texts), dimensions), np.float32))


async def first(feed):
    found = []
    await feed.drain(found.append)
    return found[0]


async def test_a_model_of_its_own_tokens_is_answered_by_its_engine_and_all_others_by_the_simulation():
    chosen = ChosenModel(Simulated(), Local(), WallClock(), Bus())
    assert await first(chosen.generate(ask())) == LAST
    assert await first(chosen.generate(ask(model=ModelCard("gpt-4o")))) == "simulated"
    with pytest.raises(ValueError, match="generates no text"):
        chosen.generate(ask(model=ModelCard("vectors", own_tokens=True)))


async def test_vectors_too():
    chosen = ChosenEmbedding(Simulated(), Local())
    real = await chosen.embed(CARD, ["a", (1, 2)], 3, Timing())
    assert (real.rows.shape, real.tokens) == ((2, 3), 7)
    simulated = await chosen.embed(ModelCard("text-embedding-3-small"), ["a"], 3, Timing())
    assert (float(simulated.rows.sum()), simulated.tokens) == (0.0, None)
