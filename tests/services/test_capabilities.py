"""What a model cannot do is refused in OpenAI's words; what it can do passes, as does anything of an unknown model."""

from typing import Any

import orjson
import pytest

from fakeai.core import catalog
from fakeai.core.catalog import ModelCard
from fakeai.core.errors import BadRequest, ContextLengthExceeded, NotFound, UnsupportedParameter
from fakeai.services.capabilities import check_chat, check_window, room
from fakeai.wire.base import parse
from fakeai.wire.chat import ChatRequest

CARDS = catalog.load()
SPOKEN = {"voice": "alloy", "format": "wav"}
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
SOUND = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}


def check(model: str, content: Any = "Hello", **body: Any) -> None:
    request = {"model": model, "messages": [{"role": "user", "content": content}], **body}
    card = CARDS.get(model) or CARDS.accept(model)
    check_chat(parse(ChatRequest, orjson.dumps(request)), card)


@pytest.mark.parametrize(
    ("model", "instead"),
    [
        ("gpt-3.5-turbo-instruct", "v1/completions"),
        ("text-embedding-3-small", "v1/embeddings"),
        ("omni-moderation-latest", "v1/moderations"),
        ("whisper-1", "v1/audio"),
        ("gpt-image-1", "v1/images"),
        ("gpt-realtime", "v1/realtime"),
        ("sora-2", "v1/videos"),
    ],
)
def test_models_of_other_endpoints_name_theirs(model: str, instead: str) -> None:
    with pytest.raises(NotFound) as caught:
        check(model)
    assert caught.value.message == (
        "This is not a chat model and thus not supported in the v1/chat/completions endpoint. "
        f"Did you mean to use {instead}?"
    )
    assert (caught.value.status, caught.value.param) == (404, "model")


@pytest.mark.parametrize("model", sorted(CARDS.cards))
def test_a_plain_request_is_refused_by_no_chat_model(model: str) -> None:
    if CARDS.cards[model].family == "chat":
        check(model)
    else:
        with pytest.raises(NotFound):
            check(model)


# -- reasoning models


@pytest.mark.parametrize("model", ["o1", "o3-mini", "gpt-5", "o4-mini-2025-04-16"])
def test_reasoning_models_take_max_completion_tokens_only(model: str) -> None:
    check(model, max_completion_tokens=5)
    with pytest.raises(UnsupportedParameter) as caught:
        check(model, max_tokens=5)
    assert (caught.value.param, caught.value.code) == ("max_tokens", "unsupported_parameter")
    assert "Use 'max_completion_tokens' instead" in caught.value.message


@pytest.mark.parametrize(
    ("name", "value", "default"),
    [
        ("temperature", 0.5, 1),
        ("temperature", 0, 1),
        ("top_p", 0.1, 1),
        ("presence_penalty", 2, 0),
        ("frequency_penalty", -1, 0),
    ],
)
def test_reasoning_models_take_default_sampling_only(name: str, value: float, default: int) -> None:
    check("o3", **{name: default})
    check("o3", **{name: None})
    check("gpt-4o", **{name: value})
    with pytest.raises(UnsupportedParameter) as caught:
        check("o3", **{name: value})
    assert caught.value.message == (
        f"Unsupported value: '{name}' does not support {value:g} with this model. "
        f"Only the default ({default}) value is supported."
    )
    assert (caught.value.param, caught.value.code) == (name, "unsupported_value")


def test_reasoning_models_list_no_log_probabilities() -> None:
    check("o3", logprobs=False)
    with pytest.raises(BadRequest, match="You are not allowed to request logprobs from this model"):
        check("o3", logprobs=True)


def test_without_reasoning_they_sample_like_any_model() -> None:
    check("gpt-5.1", temperature=0.2, logprobs=True, reasoning_effort="none")
    with pytest.raises(UnsupportedParameter):
        check("gpt-5.1", max_tokens=5, reasoning_effort="none")


@pytest.mark.parametrize("model", ["deepseek-reasoner", "openai/gpt-oss-20b", "gpt-oss-20b", "my-own-o3"])
def test_reasoning_models_of_others_take_everything(model: str) -> None:
    check(model, max_tokens=5, temperature=0.2)


# -- parts and sound


def test_pictures_are_for_models_that_see() -> None:
    check("gpt-4o", [IMAGE])
    with pytest.raises(BadRequest) as caught:
        check("gpt-3.5-turbo", [{"type": "text", "text": "What is it?"}, IMAGE])
    assert caught.value.message == "Invalid content type. image_url is only supported by certain models."
    assert caught.value.param == "messages.[0].content.[1].type"


def test_sound_is_for_models_that_hear() -> None:
    check("gpt-4o-audio-preview", [SOUND])
    with pytest.raises(BadRequest, match="input_audio is only supported by certain models"):
        check("gpt-4o", [IMAGE, SOUND])


def test_spoken_answers_are_for_models_that_speak() -> None:
    asked: dict[str, Any] = {"modalities": ["text", "audio"], "audio": SPOKEN}
    check("gpt-4o-audio-preview", **asked)
    with pytest.raises(BadRequest) as caught:
        check("gpt-4o", **asked)
    assert (caught.value.param, caught.value.code) == ("modalities", "unsupported_value")
    check("gpt-4o", modalities=["text"])


def test_streamed_sound_is_pcm16() -> None:
    asked: dict[str, Any] = {"modalities": ["text", "audio"], "stream": True}
    check("gpt-4o-audio-preview", **asked, audio={**SPOKEN, "format": "pcm16"})
    with pytest.raises(BadRequest) as caught:
        check("gpt-4o-audio-preview", **asked, audio=SPOKEN)
    assert caught.value.message == (
        "Unsupported value: 'audio.format' does not support 'wav' when stream=true. Supported values are: 'pcm16'."
    )


def test_an_unknown_model_is_taken_to_do_everything() -> None:
    check("my-own-model", [IMAGE, SOUND], max_tokens=5, temperature=0.1, logprobs=True)
    check("text-embedding-of-my-own")


# -- windows

CARD = ModelCard("m", context_window=100, max_output=40)


@pytest.mark.parametrize(("prompt", "tokens"), [(10, 40), (60, 40), (61, 39), (99, 1), (100, 1), (500, 1)])
def test_room_is_what_the_window_and_the_output_limit_leave(prompt: int, tokens: int) -> None:
    assert room(CARD, prompt) == tokens


def test_without_an_output_limit_the_window_is_all_there_is() -> None:
    assert room(ModelCard("m", context_window=100, max_output=0), 30) == 70


@pytest.mark.parametrize("easy", [True, False])
def test_a_prompt_that_fills_the_window_is_too_long(easy: bool) -> None:
    check_window(CARD, 99, None, easy=easy)
    with pytest.raises(ContextLengthExceeded) as caught:
        check_window(CARD, 100, None, easy=easy, param="prompt")
    assert caught.value.message == (
        "This model's maximum context length is 100 tokens. However, your prompt resulted in 100 tokens. "
        "Please reduce the length of the prompt."
    )
    assert (caught.value.param, caught.value.code) == ("prompt", "context_length_exceeded")


def test_output_asked_for_must_fit_too_unless_easy() -> None:
    check_window(CARD, 60, 40, easy=False)
    with pytest.raises(ContextLengthExceeded) as caught:
        check_window(CARD, 61, 40, easy=False)
    assert "you requested 101 tokens (61 in the messages, 40 in the completion)" in caught.value.message
    check_window(CARD, 61, 40, easy=True)
    check_window(ModelCard("m", context_window=100, max_output=40, known=False), 61, 40, easy=False)


def test_no_more_may_be_asked_for_than_the_model_ever_gives() -> None:
    with pytest.raises(BadRequest) as caught:
        check_window(CARD, 10, 41, easy=False)
    assert caught.value.message == (
        "max_tokens is too large: 41. This model supports at most 40 completion tokens, whereas you provided 41."
    )
    assert (caught.value.param, caught.value.code) == ("max_tokens", "invalid_value")
    check_window(CARD, 10, 41, easy=True)
