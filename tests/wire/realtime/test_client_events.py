"""Events are what the SDK says they may be."""

from typing import get_args

import openai.types.realtime as types
import pytest

from fakeai.wire.realtime.client_events import KINDS

MEMBERS = {
    get_args(one.model_fields["type"].annotation)[0]: one for one in get_args(get_args(types.RealtimeClientEvent)[0])
}


def test_every_event_of_the_sdk_is_known_and_no_other() -> None:
    assert set(KINDS) == set(MEMBERS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_the_sdk_is_known(kind) -> None:
    assert set(MEMBERS[kind].model_fields) == set(KINDS[kind].model_fields)


def test_every_field_of_a_response_is_known() -> None:
    ours = KINDS["response.create"].model_fields["response"].annotation
    names = set(get_args(ours)[0].model_fields)
    assert set(types.RealtimeResponseCreateParams.model_fields) <= names
    assert names - set(types.RealtimeResponseCreateParams.model_fields) == {"temperature"}  # the beta's
