"""Events of sessions that translate are what the SDK says they may be."""

from typing import get_args

import openai.types.realtime as types

from fakeai.wire.realtime.translation_events import TRANSLATION_KINDS


def test_every_event_and_field_of_the_sdk_is_known() -> None:
    members = get_args(get_args(types.RealtimeTranslationClientEvent)[0])
    known = {get_args(one.model_fields["type"].annotation)[0]: set(one.model_fields) for one in members}
    assert {kind: set(ours.model_fields) for kind, ours in TRANSLATION_KINDS.items()} == known
