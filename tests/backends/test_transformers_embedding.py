"""Vectors of a real encoder, against states pooled by hand."""

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'transformers'")
transformers = pytest.importorskip("transformers", reason="needs the extra 'transformers'")

from fakeai.backends.local import Spec  # noqa: E402
from fakeai.backends.transformers import open_model  # noqa: E402
from fakeai.backends.transformers_embedding import batches, pooled  # noqa: E402
from fakeai.core.chance import Chance  # noqa: E402
from fakeai.core.errors import BadRequest, Unavailable  # noqa: E402

TEXTS = ["The sea is blue.", "Sky", "Tell me about the sea, the sky and the sun, and then about the moon."]


@pytest.fixture(scope="module")
def spec(tiny_encoder):
    return Spec("tiny", "transformers", str(tiny_encoder), "embedding", device="cpu")


@pytest.fixture(scope="module")
def engine(spec):
    made = open_model(spec, Chance(1))
    made.load()
    yield made
    made.close()


@pytest.fixture(scope="module")
def states(tiny_encoder):
    """Each text's token states, one text at a time."""
    model = transformers.AutoModel.from_pretrained(tiny_encoder).eval()
    words = transformers.AutoTokenizer.from_pretrained(tiny_encoder)
    with torch.inference_mode():
        return [model(torch.tensor([words(text)["input_ids"]])).last_hidden_state[0].numpy() for text in TEXTS]


def unit(vector):
    return vector / np.linalg.norm(vector)


def test_a_vector_is_the_mean_of_its_tokens_states_whoever_was_with_it(engine, states):
    rows, tokens = engine.embed(TEXTS, 64)
    assert rows.dtype == np.float32
    for row, own in zip(rows, states, strict=True):
        assert row == pytest.approx(unit(own.mean(0)), abs=1e-5)
    assert tokens == sum(len(own) for own in states)


def test_fewer_dimensions_are_the_first_ones_made_unit_length(engine, states):
    [row], _ = engine.embed(TEXTS[:1], 10)
    assert row == pytest.approx(unit(states[0].mean(0)[:10]), abs=1e-5)


@pytest.mark.parametrize(("mode", "pick"), [("cls_token", 0), ("lasttoken", -1)])
def test_a_model_that_pools_in_another_way_says_so_in_its_files(tiny_encoder, tmp_path, states, mode, pick):
    for file in tiny_encoder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "1_Pooling").mkdir()
    said = {"word_embedding_dimension": 64, "pooling_mode_mean_tokens": False, f"pooling_mode_{mode}": True}
    (tmp_path / "1_Pooling/config.json").write_text(json.dumps(said))
    engine = open_model(Spec("tiny", "transformers", str(tmp_path), "embedding", device="cpu"), Chance(1))
    rows, _ = engine.embed(TEXTS, 64)
    for row, own in zip(rows, states, strict=True):
        assert row == pytest.approx(unit(own[pick]), abs=1e-5)


def test_texts_may_be_tokens_of_the_models_own_vocabulary(engine):
    words = transformers.AutoTokenizer.from_pretrained(engine.card.source)
    ids = tuple(words(TEXTS[0])["input_ids"])
    assert engine.embed([ids], 64).rows == pytest.approx(engine.embed(TEXTS[:1], 64).rows, abs=1e-6)
    with pytest.raises(BadRequest, match="outside the model's vocabulary"):
        engine.embed([(10**6,)], 64)


def test_a_text_beyond_the_window_is_refused(engine):
    with pytest.raises(BadRequest, match="maximum context length is 128 tokens"):
        engine.embed(["sea " * 300], 64)


def test_texts_go_together_by_length_and_within_bounds():
    assert list(batches([3, 9, 1, 9, 4], 18)) == [[1, 3], [4, 0, 2]]
    assert list(batches([50], 18)) == [[0]]
    assert list(batches([], 18)) == []


def test_padding_does_not_count():
    states = torch.tensor([[[2.0], [4.0], [90.0]]])
    mask = torch.tensor([[1, 1, 0]])
    assert [float(pooled(states, mask, how)) for how in ("mean", "cls", "last")] == [3.0, 2.0, 4.0]


def test_a_closed_engine_says_so(spec):
    engine = open_model(spec, Chance(1))
    engine.close()
    with pytest.raises(Unavailable):
        engine.embed(["x"], 64)
    assert "closed" in engine.not_ready()


def test_weights_that_cannot_be_read_are_told_without_where_they_are(tiny_encoder, tmp_path, caplog):
    for file in tiny_encoder.iterdir():
        (tmp_path / file.name).write_bytes(b"spoilt" if file.suffix == ".safetensors" else file.read_bytes())
    engine = open_model(Spec("tiny", "transformers", str(tmp_path), "embedding", device="cpu"), Chance(1))
    engine.load()
    with pytest.raises(Unavailable) as caught:
        engine.embed(["x"], 64)
    assert str(tmp_path) not in caught.value.message
    assert "could not be loaded" in engine.not_ready()
    engine.close()
