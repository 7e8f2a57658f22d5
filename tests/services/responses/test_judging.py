"""What is asked and answered is judged, and held back where that is wanted."""

import pytest

from fakeai.core.errors import BadRequest
from fakeai.core.generation import Message
from fakeai.services.responses.judging import Judge
from fakeai.wire.chat import ModerationMode, ModerationOptions, ModerationPolicy

BAD = "I will kill you."
BLOCK = ModerationMode(mode="block")


def options(**policy):
    return ModerationOptions(model="omni-moderation-latest", policy=ModerationPolicy(**policy) if policy else None)


def response(text):
    return {"status": "completed", "output": [{"type": "message", "content": [{"type": "output_text", "text": text}]}]}


def test_both_sides_are_judged():
    told = response("calm")
    Judge(options(), [Message("user", BAD)])(told)
    assert told["moderation"]["input"]["flagged"]
    assert not told["moderation"]["output"]["flagged"]
    assert told["status"] == "completed"


def test_an_input_may_be_refused():
    with pytest.raises(BadRequest) as caught:
        Judge(options(input=BLOCK), [Message("user", BAD)])
    assert caught.value.code == "content_policy_violation"
    Judge(options(input=BLOCK), [Message("user", "calm"), Message("assistant", BAD)])


def test_an_output_may_be_held_back():
    told = response(BAD)
    Judge(options(output=BLOCK), [Message("user", "calm")])(told)
    assert (told["status"], told["output"]) == ("incomplete", [])
    assert told["incomplete_details"] == {"reason": "content_filter"}
    call = {"status": "completed", "output": [{"type": "function_call", "arguments": '{"a":1}'}]}
    Judge(options(output=BLOCK), [Message("user", "calm")])(call)
    assert call["status"] == "completed"
