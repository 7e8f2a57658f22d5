"""What a model's files say before it is loaded, and what stops the start."""

import json

import pytest

from fakeai.backends.local import Spec
from fakeai.backends.model_files import ModelFiles, card, look, need


@pytest.fixture
def folder(tmp_path):
    def made(pooling=None, **config):
        (tmp_path / "config.json").write_text(json.dumps(config))
        if pooling is not None:
            (tmp_path / "1_Pooling").mkdir(exist_ok=True)
            (tmp_path / "1_Pooling/config.json").write_text(json.dumps(pooling))
        return Spec("m", "transformers", str(tmp_path))

    return made


@pytest.mark.parametrize(
    ("config", "window"),
    [
        ({"max_position_embeddings": 4096}, 4096),
        ({"n_positions": 1024}, 1024),
        ({"text_config": {"max_position_embeddings": 8192}}, 8192),
        ({}, 2048),
    ],
)
def test_the_window_is_the_models_own(folder, config, window):
    assert look(folder(architectures=["XForCausalLM"], **config)).window == window


def test_a_narrower_window_can_be_set_and_no_wider_one(folder):
    spec = folder(max_position_embeddings=4096)
    assert look(spec._replace(context_window=1000)).window == 1000
    with pytest.raises(ValueError, match="context_window 5000 is more than the 4096 tokens"):
        look(spec._replace(context_window=5000))


def test_a_model_that_generates_no_text_is_no_chat_model(folder):
    with pytest.raises(ValueError, match="is a BertModel, which generates no text; is its family 'embedding'"):
        look(folder(architectures=["BertModel"]))


def test_vectors_have_the_size_of_the_states_and_are_pooled_as_the_files_say(folder):
    spec = folder(hidden_size=384)._replace(family="embedding")
    assert look(spec) == ModelFiles(2048, 384, "mean")
    folder({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, hidden_size=384)
    assert look(spec).pooling == "cls"
    folder({"pooling_mode_max_tokens": True}, hidden_size=384)
    with pytest.raises(ValueError, match="pools by pooling_mode_max_tokens; known are pooling_mode_cls_token"):
        look(spec)
    with pytest.raises(ValueError, match="does not say how large its vectors are"):
        look(folder(n=3)._replace(family="embedding"))


@pytest.mark.parametrize("content", ["", "{", "[]"])
def test_files_that_cannot_be_read_are_named(folder, tmp_path, content):
    spec = folder()
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(ValueError, match=r"config\.json of the model"):
        look(spec)


@pytest.mark.parametrize("path", ["/no/such/directory", "./none", "~/none-such", "a/b/c", "none-such"])
def test_a_directory_that_is_not_there_is_no_name_on_the_hub(path):
    with pytest.raises(ValueError, match="there is no directory"):
        look(Spec("m", "transformers", path))


def test_a_name_on_the_hub_that_cannot_be_had_is_told(monkeypatch):
    hub = pytest.importorskip("transformers.utils", reason="needs the extra 'transformers'")

    def offline(model, name):
        raise OSError(f"no {name} of {model} in the cache")

    monkeypatch.setattr(hub, "cached_file", offline)
    with pytest.raises(ValueError, match=r"no config\.json of org/name in the cache"):
        look(Spec("m", "transformers", "org/name"))


def test_a_missing_package_is_told_with_what_to_install():
    with pytest.raises(ValueError, match=r"needs the package 'no_such_package': pip install 'fakeai\[vllm\]'"):
        need("no_such_package", "vllm")
    need("json", "transformers")


def test_cards_say_what_the_model_can_do(folder):
    spec = folder(max_position_embeddings=100, hidden_size=8)
    chat = card(spec, look(spec))
    assert (chat.family, chat.context_window, chat.max_output, chat.known, chat.own_tokens) == (
        "chat",
        100,
        100,
        True,
        True,
    )
    assert chat.can("tools")
    assert not chat.can("vision")
    spec = spec._replace(family="embedding", shortens=True)
    vectors = card(spec, look(spec))
    assert (vectors.family, vectors.dimensions, vectors.shortens) == ("embedding", 8, True)
