"""Visible reasoning."""

import pytest

from fakeai.content.reasoning import reasoning
from fakeai.content.tokens import encoding
from fakeai.core.catalog import ModelCard
from fakeai.core.chance import Chance
from fakeai.core.generation import GenerateRequest, Message, Sampling


def _request(text: str) -> GenerateRequest:
    return GenerateRequest(ModelCard("deepseek-reasoner"), (Message("user", text),), 10, 1000, b"", Sampling())


@pytest.mark.parametrize("name", ["o200k_base", "cl100k_base"])
@pytest.mark.parametrize("prompt", ["How do volcanoes erupt?", "Wie entstehen Vulkane?", "火山是怎么形成的", "hi"])
def test_reasoning_is_prose_about_the_prompt_in_exact_tokens(name, prompt):
    enc = encoding(name)
    for seed in range(30):
        pieces = reasoning(_request(prompt), Chance(seed), enc, 1_000)
        whole = "".join(pieces)
        assert len(pieces) == enc.count(whole)
        assert 40 <= len(pieces) <= 200
        assert reasoning(_request(prompt), Chance(seed), enc, 9) == pieces[:9]
        assert prompt == "hi" or "olcano" in whole or "ulkan" in whole or "火山" in whole
