"""Frames around pieces: an event's name, its number and its place, whatever the piece."""

import orjson

from fakeai.services.responses.telling import Style, frame_of, framed

PLACE = {"item_id": "msg_1", "output_index": 0, "content_index": 0}


def whole(style, kind="response.output_text.delta", piece="Hi"):
    return framed(frame_of(style, kind, PLACE), [piece], 4)[0]


def test_a_frame_and_a_piece_are_an_event():
    event = orjson.loads(whole(Style(framed=False)))
    assert event == {
        "type": "response.output_text.delta",
        "sequence_number": 4,
        **PLACE,
        "delta": "Hi",
        "logprobs": [],
    }


def test_over_http_events_have_their_names_before_them():
    text = whole(Style())
    assert text.startswith(b"event: response.output_text.delta\ndata: {")
    assert text.endswith(b"}\n\n")


def test_obfuscation_hides_how_long_a_piece_is():
    lengths = {len(whole(Style(framed=False, obfuscate=True), piece="x" * size)) for size in range(16)}
    assert len(lengths) == 1


def test_only_text_has_log_probabilities():
    assert b"logprobs" not in whole(Style(framed=False), "response.refusal.delta")


def test_pieces_are_numbered_and_a_place_may_be_called_anything():
    frame = frame_of(Style(framed=False), "response.refusal.delta", {"item_id": "100%d"})
    events = [orjson.loads(event) for event in framed(frame, ["a", "%b"], 7)]
    assert [(event["sequence_number"], event["item_id"], event["delta"]) for event in events] == [
        (7, "100%d", "a"),
        (8, "100%d", "%b"),
    ]
