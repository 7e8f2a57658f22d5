"""A response that is over is told again as a stream of events."""

from contextlib import suppress

import orjson
import pytest

from fakeai.core.feed import Feed
from fakeai.services.responses.replay import Once, replayed

MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "status": "completed",
    "content": [
        {"type": "output_text", "text": "Hi", "annotations": [{"type": "file_path"}], "logprobs": []},
        {"type": "refusal", "refusal": "No"},
    ],
}
CALL = {"id": "fc_1", "type": "function_call", "status": "completed", "name": "f", "call_id": "c", "arguments": "{}"}
SEARCH = {"id": "ws_1", "type": "web_search_call", "status": "completed", "action": {}}
RESPONSE = {"id": "resp_1", "status": "completed", "output": [SEARCH, CALL, MESSAGE], "usage": {}, "completed_at": 3}


async def told(after=-1):
    events = []
    await replayed(RESPONSE, after).drain(events.extend)
    return [orjson.loads(event.split(b"\ndata: ")[1]) for event in events]


async def test_all_items_are_told_in_order():
    events = await told()
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert [event["type"].removeprefix("response.") for event in events] == [
        "created",
        "in_progress",
        "output_item.added",
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.annotation.added",
        "output_text.done",
        "content_part.done",
        "content_part.added",
        "refusal.delta",
        "refusal.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert events[0]["response"]["output"] == []
    assert events[-1]["response"] == RESPONSE


@pytest.mark.parametrize("after", [0, 7, 18, 19, 99])
async def test_it_may_begin_anywhere(after):
    assert await told(after) == (await told())[after + 1 :]


async def test_what_is_there_already_comes_at_once():
    feed, taken = Feed(Once([(1,), (2,)])), []
    await feed.drain(taken.append)
    assert taken == [(1,), (2,)]
    with suppress(AttributeError):
        feed.cancel()
    assert taken == [(1,), (2,)]
