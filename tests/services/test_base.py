"""How strictly a call is judged: its own header says, else the setting does."""

import pytest

from fakeai.core.call import Call, Endpoint
from fakeai.core.generation import Placement, Timing
from fakeai.services.base import lenient, placement, synthesizes, timing
from fakeai.wire.chat import ChatRequest


def call(**headers: str) -> Call:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Call("req_1", Endpoint("POST", "/x", "x", "X"), "/x", named)


@pytest.mark.parametrize("setting", [True, False])
def test_without_a_header_the_setting_counts(setting: bool) -> None:
    assert lenient(call(), setting) is setting
    assert synthesizes(call(), setting) is setting
    assert lenient(call(x_fakeai_unknown_ids="error"), setting) is setting
    assert synthesizes(call(x_fakeai_validation="strict"), setting) is setting


@pytest.mark.parametrize("setting", [True, False])
def test_the_header_comes_before_the_setting(setting: bool) -> None:
    assert lenient(call(x_fakeai_validation="schema"), setting)
    assert not lenient(call(x_fakeai_validation="strict"), setting)
    assert synthesizes(call(x_fakeai_unknown_ids="synthesize"), setting)
    assert not synthesizes(call(x_fakeai_unknown_ids="error"), setting)


@pytest.mark.parametrize("word", ["", "SCHEMA", "yes", "synthesize,error"])
def test_a_word_nobody_knows_asks_for_the_rules(word: str) -> None:
    assert not lenient(call(x_fakeai_validation=word), True)
    assert not synthesizes(call(x_fakeai_unknown_ids=word), True)


def test_latencies_are_those_the_headers_ask_for() -> None:
    assert timing(call()) == Timing(None, None)
    assert timing(call(x_fakeai_ttft_ms="200:10%", x_fakeai_itl_ms="20")) == Timing("200:10%", "20")


def test_a_call_is_placed_as_its_header_and_its_body_say() -> None:
    asked = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
    plain = ChatRequest.model_validate(asked)
    placed = ChatRequest.model_validate({**asked, "priority": -2, "cache_salt": "mine"})
    assert placement(call(), plain, "org-fakeai") == Placement("", 0, "")
    assert placement(call(x_fakeai_affinity="me"), placed, "org-fakeai") == Placement("me", -2, "mine")
    assert placement(call(), placed, "org-else") == Placement("", -2, "org-fakeai\nmine")
