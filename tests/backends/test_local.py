"""Engines by model id, whoever makes them."""

import pytest

from fakeai.backends.local import LocalModels, Spec
from fakeai.core.catalog import ModelCard
from fakeai.core.chance import Chance
from fakeai.core.registry import Registry


class Engine:
    def __init__(self, spec, chance):
        if spec.path == "bad":
            raise ValueError("no such weights")
        self.card = ModelCard(spec.id, spec.family, own_tokens=True)
        self.reason = f"loading {spec.id}"
        self.drawn = chance.bits()

    def load(self):
        self.reason = None

    def not_ready(self):
        return self.reason

    def close(self):
        self.reason = "closed"


def models(*specs):
    engines = Registry("engine")
    engines.add("fake", Engine)
    return LocalModels(specs, engines, Chance(1))


CHAT, VECTORS = Spec("a", "fake", "x"), Spec("b", "fake", "y", "embedding")


def test_each_model_has_its_engine_and_card():
    local = models(CHAT, VECTORS)
    assert [card.id for card in local.cards()] == ["a", "b"]
    assert local.text("a").card.id == "a"
    assert local.vectors("b").card.id == "b"
    assert local.text("a").drawn != local.vectors("b").drawn


def test_an_engine_is_asked_only_for_what_it_makes():
    local = models(CHAT, VECTORS)
    with pytest.raises(ValueError, match="'b' generates no text"):
        local.text("b")
    with pytest.raises(ValueError, match="'a' makes no vectors"):
        local.vectors("a")
    with pytest.raises(ValueError, match="'c' has no engine"):
        local.text("c")


def test_they_are_ready_when_all_are():
    local = models(CHAT, VECTORS)
    assert local.not_ready() == "loading a"
    local.text("a").load()
    assert local.not_ready() == "loading b"
    local.load()
    assert local.not_ready() is None
    local.close()
    assert local.not_ready() == "closed"


def test_what_is_wrong_with_a_model_is_told_under_its_name():
    with pytest.raises(ValueError, match=r"models\.c: no such weights"):
        models(CHAT, Spec("c", "fake", "bad"))


def test_without_models_there_is_nothing_to_wait_for():
    assert models().not_ready() is None
    assert models().cards() == []
