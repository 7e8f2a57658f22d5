"""The engine with its thread: loading, answering, failing, closing."""

import logging

import pytest

pytest.importorskip("torch", reason="needs the extra 'transformers'")
pytest.importorskip("transformers", reason="needs the extra 'transformers'")

from backends.asking import Posted, ask
from fakeai.backends.local import Spec
from fakeai.backends.transformers import open_model
from fakeai.backends.transformers_embedding import TransformersEmbedding
from fakeai.core.chance import Chance
from fakeai.core.errors import Unavailable


@pytest.fixture
def engine(tiny_chat):
    made = open_model(Spec("tiny", "transformers", str(tiny_chat), device="cpu"), Chance(1))
    yield made
    made.close()


def test_making_an_engine_loads_nothing(engine):
    assert engine.forward is None
    assert engine.not_ready() == "loading the model 'tiny'"
    assert (engine.card.context_window, engine.card.own_tokens) == (512, True)


def test_the_first_request_loads_the_model_and_is_answered(engine):
    posted = Posted()
    engine.submit(ask(), posted)
    assert posted.wait().error is None
    assert posted.usage.completion > 0
    assert engine.not_ready() is None


def test_many_at_once_share_the_passes(engine):
    many = [Posted() for _ in range(6)]
    for posted in many:
        engine.submit(ask(sampling={"max_tokens": 40, "logit_bias": {2: -100.0}}), posted)
    assert all(posted.wait().finished for posted in many)
    assert engine.forward.passes < 2 * (40 + 6)  # alone they would take 240


def test_work_stops_when_nobody_is_left(engine):
    first = Posted()
    cancel = engine.submit(ask(sampling={"max_tokens": 450, "logit_bias": {2: -100.0}}), first)
    cancel()
    after = Posted()
    engine.submit(ask(sampling={"max_tokens": 3}), after)
    assert after.wait().finished
    assert not first.finished
    assert engine.forward.passes < 100


def test_closing_ends_what_is_under_way_and_what_comes_after(engine):
    under_way = Posted()
    engine.submit(ask(sampling={"max_tokens": 480, "logit_bias": {2: -100.0}}), under_way)
    engine.close()
    assert isinstance(under_way.wait().error, Unavailable)
    late = Posted()
    engine.submit(ask(), late)
    assert isinstance(late.wait().error, Unavailable)
    assert "closed" in engine.not_ready()


def test_weights_that_cannot_be_read_are_told_to_who_asks_and_in_detail_to_who_operates(tiny_chat, tmp_path, caplog):
    for file in tiny_chat.iterdir():
        (tmp_path / file.name).write_bytes(b"spoilt" if file.suffix == ".safetensors" else file.read_bytes())
    engine = open_model(Spec("tiny", "transformers", str(tmp_path), device="cpu"), Chance(1))
    with caplog.at_level(logging.CRITICAL):
        posted = Posted()
        engine.submit(ask(), posted)
        assert isinstance(posted.wait().error, Unavailable)
    assert str(tmp_path) not in posted.error.message
    assert engine.not_ready().startswith("the model 'tiny' could not be loaded: ")
    engine.close()


def test_a_family_of_vectors_gets_an_engine_of_vectors(tiny_encoder):
    spec = Spec("tiny", "transformers", str(tiny_encoder), "embedding")
    assert isinstance(open_model(spec, Chance(1)), TransformersEmbedding)


def test_a_gpu_that_is_not_there_stops_the_start(tiny_chat, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match="no GPU that torch can use; take 'cpu' or 'auto'"):
        open_model(Spec("tiny", "transformers", str(tiny_chat), device="cuda"), Chance(1))
