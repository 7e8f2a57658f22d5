"""What may be asked of a prompt's answer, and what may not."""

import pytest

from fakeai.core.errors import Unprocessable
from fakeai.wire.base import parse
from fakeai.wire.front.generate import GenerationBatchRequest, GenerationRequest


def test_a_prompt_is_enough() -> None:
    asked = parse(GenerationRequest, b'{"prompt":"a"}')
    assert (asked.prompt, asked.model, asked.max_new_tokens, asked.stop, asked.cache) == ("a", None, None, None, None)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("max_new_tokens", ("0", "-1", "1.5", '"1"', "null")),
        ("temperature", ("-0.1", "2.1", '"1"', "null")),
        ("top_p", ("0", "1.1", "-1")),
        ("top_k", ("-1", "0.5")),
        ("stop", ('"a"', '[""]', "[1]")),
        ("cache", ("1", '"no"')),
        ("model", ("1",)),
        ("prompt", ("1", "null", '""', '["a"]')),
    ],
)
def test_what_does_not_fit_is_named(field: str, values: tuple[str, ...]) -> None:  # gateway 41, 42
    for value in values:
        prompt = "" if field == "prompt" else '"prompt":"a",'
        with pytest.raises(Unprocessable) as refused:
            parse(GenerationRequest, f'{{{prompt}"{field}":{value}}}'.encode())
        assert refused.value.code == "validation_error"
        assert (refused.value.param or "").startswith(field), value
        assert field in refused.value.message


def test_no_prompt_is_none() -> None:  # gateway 42
    with pytest.raises(Unprocessable, match="Missing required parameter: 'prompt'"):
        parse(GenerationRequest, b"{}")


def test_the_ends_of_what_is_taken_are_taken() -> None:
    for more in ('"temperature":0', '"temperature":2', '"top_p":1', '"top_p":0.001', '"top_k":0', '"stop":[]'):
        parse(GenerationRequest, f'{{"prompt":"a",{more}}}'.encode())


def test_a_number_that_has_to_be_greater_is_told_so() -> None:
    with pytest.raises(Unprocessable, match=r"decimal below minimum value\. Expected a value > 0, but got 0 instead"):
        parse(GenerationRequest, b'{"prompt":"a","top_p":0}')


@pytest.mark.parametrize("raw", ['{"prompts":[]}', '{"prompts":"a"}', '{"prompts":[""]}', "{}"])
def test_a_batch_has_prompts(raw: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        parse(GenerationBatchRequest, raw.encode())
    assert (refused.value.param or "").startswith("prompts")
