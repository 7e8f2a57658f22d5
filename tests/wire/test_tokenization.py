"""Bodies of `/tokenize` and `/detokenize`: either form, and what vLLM refuses of them."""

from typing import Any

import orjson
import pytest

from fakeai.wire.base import parse, unknown_fields
from fakeai.wire.engines import EngineRefusal
from fakeai.wire.tokenization import DetokenizeRequest, TokenizeRequest, check


def tokenize(**fields: Any) -> TokenizeRequest:
    body = parse(TokenizeRequest, orjson.dumps(fields))
    check(body)
    return body


def test_either_form_is_taken_with_all_fields_vllm_has() -> None:
    text = tokenize(model="m", prompt="x", add_special_tokens=False, return_token_strs=True)
    assert (text.prompt, text.messages, text.return_token_strs) == ("x", None, True)
    talk = tokenize(
        messages=[{"role": "user", "content": "x"}],
        tools=[{"type": "function", "function": {"name": "f"}}],
        add_generation_prompt=False,
        continue_final_message=True,
        chat_template_kwargs={"enable_thinking": False},
        media_io_kwargs={"image": {}},
        mm_processor_kwargs={},
    )
    assert talk.messages is not None and talk.tools is not None
    assert talk.add_generation_prompt is False
    assert unknown_fields(talk) == unknown_fields(text) == []
    assert unknown_fields(tokenize(prompt="", truncate=3)) == ["truncate"]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({}, "body.prompt"),
        ({"prompt": None, "messages": None}, "body.prompt"),
        ({"messages": [], "continue_final_message": True, "add_generation_prompt": True}, None),
        ({"messages": [], "chat_template": ""}, None),
        ({"messages": [], "chat_template_kwargs": {"chat_template": "x"}}, None),
        ({"prompt": "x", "add_generation_prompt": None}, "body.add_generation_prompt"),
    ],
)
def test_what_vllm_refuses_is_refused(fields: Any, param: str | None) -> None:
    with pytest.raises(EngineRefusal) as caught:
        tokenize(**fields)
    assert (caught.value.status, caught.value.param) == (400, param)


@pytest.mark.parametrize("tokens", [[-1], [2**63], [1.5], ["1"], "1", None])
def test_tokens_are_whole_numbers_from_0(tokens: Any) -> None:
    with pytest.raises(EngineRefusal) as caught:
        parse(DetokenizeRequest, orjson.dumps({"tokens": tokens}))
    assert str(caught.value.param).startswith("body.tokens")


def test_token_ids_of_any_size_below_2_to_the_63_are_taken() -> None:
    assert parse(DetokenizeRequest, b'{"tokens": [0, 9223372036854775807]}').tokens == [0, 2**63 - 1]
