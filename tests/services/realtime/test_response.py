"""One response, from the deltas of a model."""

from base64 import b64decode

import pytest

from fakeai.core.chance import Ids
from fakeai.core.generation import Audio, Finish, Refusal, Stop, Text, Thinking, ToolInput, ToolStart, Usage
from fakeai.services.realtime.response import Plan, Response, added, usage
from services.realtime.driver import kinds, only

PCM = {"type": "audio/pcm", "rate": 24000}


def made(modality="text", form=PCM, conversation: str | None = None) -> Response:
    return Response("resp_1", Plan(modality, form, "marin", "inf", None, conversation), Ids(b""), lambda entry: None)


def test_text_and_refusals_are_one_message() -> None:
    response = made()
    events = list(
        response.progress(
            (Text(0, ("a",)), Thinking(0, 3), Refusal(0, ("b", "")), Stop(0, "stop"), Finish(Usage(1, 2)))
        )
    )
    assert only(events, "response.output_text.done")["text"] == "ab"
    assert response.done and list(response.progress((Text(0, ("c",)),))) == []


def test_words_before_a_call_are_an_item_of_their_own() -> None:
    response = made()
    events = list(
        response.progress(
            (
                Text(0, ("Let me see.",)),
                ToolStart(0, 0, "x", "one", "function"),
                ToolInput(0, 0, ("{}",)),
                ToolStart(0, 1, "y", "two", "function"),
                ToolInput(0, 1, ("{}",)),
                Stop(0, "tool_calls"),
                Finish(Usage(1, 2)),
            )
        )
    )
    assert [event["output_index"] for event in events if event["type"] == "response.output_item.done"] == [0, 1, 2]
    items = only(events, "response.done")["response"]["output"]
    assert [item.get("name") for item in items] == [None, "one", "two"]
    assert len({item["id"] for item in items}) == 3


def test_long_sound_is_told_in_pieces_and_none_of_it_is_lost() -> None:
    sound = bytes(range(256)) * 200
    response = made("audio")
    events = list(response.progress((Audio(0, "a", ("Hi",), sound[:20_001]), Audio(0, "a", (), sound[20_001:]))))
    deltas = [b64decode(event["delta"]) for event in events if event["type"] == "response.output_audio.delta"]
    assert b"".join(deltas) == sound and max(map(len, deltas)) <= 9_601 and response.spoken == len(sound) // 2


@pytest.mark.parametrize(
    ("reason", "status"), [("stop", "completed"), ("length", "incomplete"), ("content_filter", "incomplete")]
)
def test_the_end_says_why(reason, status) -> None:
    events = list(made().progress((Text(0, ("a",)), Stop(0, reason), Finish(Usage(1, 2)))))
    assert only(events, "response.done")["response"]["status"] == status


def test_a_response_that_ends_before_it_begins_has_no_items() -> None:
    for events in (made().cancel("client_cancelled", None), made().fail("server_error", None, "no")):
        assert kinds(list(events)) == ["response.done"]


def test_usage_adds_up() -> None:
    told = usage(added(Usage(10, 5, 4, 5), Usage(10, 5, 0, 0, 0, 5)))
    assert (told["input_tokens"], told["output_tokens"], told["total_tokens"]) == (20, 10, 30)
    assert told["input_token_details"]["audio_tokens"] == 5 and told["output_token_details"]["audio_tokens"] == 5
    assert usage(Usage(0, 0))["total_tokens"] == 0
