"""Loading: types, devices, what ends an answer."""

from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'transformers'")
pytest.importorskip("transformers", reason="needs the extra 'transformers'")

from fakeai.backends.local import Spec  # noqa: E402
from fakeai.backends.weights import load_encoder, load_text, load_tokenizer, pick_device  # noqa: E402


def test_a_model_comes_with_its_vocabulary_and_its_ends(tiny_chat):
    model, tokenizer, ends = load_text(Spec("tiny", "transformers", str(tiny_chat), device="cpu"))
    assert next(model.parameters()).dtype == torch.float32
    assert not model.training
    assert ends == [tokenizer.eos_token_id]


def test_weights_are_of_the_type_asked_for(tiny_chat, tiny_encoder):
    model, _, _ = load_text(Spec("tiny", "transformers", str(tiny_chat), device="cpu", dtype="bfloat16"))
    assert next(model.parameters()).dtype == torch.bfloat16
    encoder, _ = load_encoder(Spec("tiny", "transformers", str(tiny_encoder), device="cpu", dtype="float16"))
    assert next(encoder.parameters()).dtype == torch.float16


def test_auto_is_a_gpu_where_there_is_one(monkeypatch):
    spec = Spec("tiny", "transformers", "x")
    monkeypatch.setattr(torch, "cuda", SimpleNamespace(is_available=lambda: True))
    assert pick_device(spec) == "cuda"
    monkeypatch.setattr(torch, "cuda", SimpleNamespace(is_available=lambda: False))
    assert pick_device(spec) == "cpu"
    assert pick_device(spec._replace(device="cuda:1")) == "cuda:1"


def test_a_model_without_a_fast_tokenizer_is_refused(tiny_chat, monkeypatch):
    import transformers

    monkeypatch.setattr(transformers, "AutoTokenizer", SimpleNamespace(from_pretrained=lambda path: SimpleNamespace()))
    with pytest.raises(ValueError, match="no fast tokenizer"):
        load_tokenizer(Spec("tiny", "transformers", str(tiny_chat)))
