"""Items as they are kept: with ids, a status, and parts."""

from fakeai.core.chance import Ids
from fakeai.services.responses.kept_items import given_items, kept_items


def test_a_text_is_a_message_of_the_user():
    (item,) = kept_items(given_items("hi"), Ids(b"1"))
    assert item["id"].startswith("msg_")
    assert (item["role"], item["status"]) == ("user", "completed")
    assert item["content"] == [{"type": "input_text", "text": "hi"}]


def test_what_the_assistant_said_is_output():
    item = kept_items([{"role": "assistant", "content": "hi"}], Ids(b"1"))[0]
    assert item["content"] == [{"type": "output_text", "text": "hi", "annotations": [], "logprobs": []}]


def test_ids_that_are_given_stay():
    assert kept_items([{"type": "function_call", "id": "fc_1", "call_id": "c"}], Ids(b"1"))[0]["id"] == "fc_1"
    assert kept_items([{"type": "function_call", "id": None, "call_id": "c"}], Ids(b"1"))[0]["id"].startswith("fc_")


def test_references_are_not_kept_and_nothing_gives_nothing():
    assert kept_items([{"type": "item_reference", "id": "msg_1"}], Ids(b"1")) == []
    assert given_items(None) == []


def test_images_tell_what_they_have():
    item = kept_items([{"role": "user", "content": [{"type": "input_image", "image_url": "u"}]}], Ids(b"1"))[0]
    assert item["content"][0] == {"type": "input_image", "detail": "auto", "file_id": None, "image_url": "u"}
