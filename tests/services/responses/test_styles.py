"""How outputs are told, by what was asked for."""

from typing import Any

import pytest

from fakeai.core.catalog import Capability, ModelCard
from fakeai.core.generation import GenerateRequest, Message, Sampling
from fakeai.services.responses.styles import style
from fakeai.services.responses.telling import Style
from fakeai.wire.responses.request import ResponseRequest


def told(features: frozenset[Capability] = frozenset(), effort: Any = None, **body: Any) -> Style:
    request = GenerateRequest(
        ModelCard("m", capabilities=features),
        (Message("user", "hi"),),
        1,
        100,
        b"digest",
        Sampling(),
        reasoning_effort=effort,
    )
    return style(ResponseRequest.model_validate(body), request)


def test_events_are_told_where_a_stream_is_asked_for():
    assert not told().events
    assert told(stream=True).events


def test_lengths_of_tokens_are_hidden_unless_told_otherwise():
    assert told(stream=True).obfuscate
    assert not told(stream=True, stream_options={"include_obfuscation": False}).obfuscate


@pytest.mark.parametrize(
    ("features", "effort", "thinks"),
    [
        ((), None, False),
        (("reasoning",), None, True),
        (("reasoning",), "none", False),
        (("reasoning", "reasoning_content"), None, False),
    ],
)
def test_models_think_unseen_unless_they_do_it_aloud(
    features: tuple[Capability, ...], effort: str | None, thinks: bool
):
    assert told(frozenset(features), effort).thinks is thinks


def test_summaries_and_sealed_thoughts_are_made_where_they_are_wanted():
    reasoning: frozenset[Capability] = frozenset({"reasoning"})
    assert told(reasoning).summary is None
    assert told(reasoning).sealed is None
    wanted = told(reasoning, reasoning={"summary": "auto"}, include=["reasoning.encrypted_content"])
    assert wanted.summary is not None
    assert "".join(wanted.summary()).startswith("**Thinking it over**")
    assert wanted.sealed is not None
    assert wanted.sealed() == wanted.sealed()
