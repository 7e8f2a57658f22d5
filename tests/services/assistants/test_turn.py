"""A turn of the model becomes a message, calls, or both, and tells them as they come."""

import json
from typing import Any

from fakeai.core.generation import Finish, Refusal, Stop, Text, ToolInput, ToolStart, Usage
from fakeai.services.assistants.events import Stream
from fakeai.services.assistants.turn import Turn

MARK = "【4:0†source】"


class Heard(Stream):
    """Notes events as they are framed."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[tuple[str, Any]] = []

    def put(self, frames: list[bytes]) -> None:
        for frame in frames:
            name, data = frame.decode().removesuffix("\n\n").split("\n")
            self.events.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))

    def deltas(self) -> list[Any]:
        return [data["delta"] for name, data in self.events if name.endswith(".delta")]


def turn(stream: Stream, opened: list[Any] | None = None, **marks: Any) -> Turn:
    def step(kind: str) -> tuple[dict[str, Any], dict[str, Any] | None]:
        return {"id": f"step_{kind}"}, {"id": "msg_1"} if kind == "message_creation" else None

    return Turn(stream, step, lambda *one: None if opened is None else opened.append(one), marks.get("marks", {}))


def test_text_is_a_message_in_deltas() -> None:
    heard, opened = Heard(), []
    made = turn(heard, opened)
    for burst in ([Text(0, ["Hi"])], [Text(0, [" there", ""])], [Stop(0, "stop"), Finish(Usage(3, 2))]):
        made.take(burst)
    made.flush()
    assert [name for name, _ in heard.events][:4] == [
        "thread.run.step.created",
        "thread.run.step.in_progress",
        "thread.message.created",
        "thread.message.in_progress",
    ]
    assert heard.deltas() == [
        {"content": [{"index": 0, "type": "text", "text": {"value": "Hi", "annotations": []}}]},
        {"content": [{"index": 0, "type": "text", "text": {"value": " there"}}]},
    ]
    assert made.content() == [{"type": "text", "text": {"value": "Hi there", "annotations": []}}]
    assert (made.usage, made.reason, made.over, len(opened)) == (Usage(3, 2), "stop", True, 1)


def test_a_citation_is_a_delta_of_its_own() -> None:
    heard = Heard()
    made = turn(heard, marks={MARK: {"type": "file_citation", "file_citation": {"file_id": "f"}}})
    made.take([Text(0, ["So it is", "【4:0", "†source】", "."])])
    made.flush()
    values = [delta["content"][0]["text"] for delta in heard.deltas()]
    assert [value["value"] for value in values] == ["So it is", MARK, "."]
    (cited,) = values[1]["annotations"]
    assert (cited["index"], cited["start_index"], cited["end_index"]) == (0, 8, 8 + len(MARK))
    assert made.content()[0]["text"]["annotations"] == [{name: cited[name] for name in cited if name != "index"}]


def test_images_come_before_the_text() -> None:
    heard = Heard()
    made = Turn(heard, lambda kind: ({"id": "step_1"}, {"id": "msg_1"}), lambda *_: None, {}, ["file-1", "file-2"])
    assert made.content() == []
    made.take([Text(0, ["Hi"])])
    parts = [delta["content"][0] for delta in heard.deltas()]
    image = {"type": "image_file", "image_file": {"file_id": "file-2", "detail": "auto"}}
    assert [(part["index"], part["type"]) for part in parts] == [(0, "image_file"), (1, "image_file"), (2, "text")]
    assert {"index": 1, **image} == parts[1] and made.content()[1] == image
    assert made.content()[2]["text"]["value"] == "Hi"
    refused = Turn(Heard(), lambda kind: ({"id": "step_1"}, {"id": "msg_1"}), lambda *_: None, {}, ["file-1"])
    refused.take([Refusal(0, ["No"])])
    assert [part["type"] for part in refused.content()] == ["image_file", "refusal"]


def test_a_refusal_is_content_of_its_own_kind() -> None:
    heard = Heard()
    made = turn(heard)
    made.take([Refusal(0, ["No", "."])])
    assert heard.deltas()[0] == {"content": [{"index": 0, "type": "refusal", "refusal": "No"}]}
    assert made.content() == [{"type": "refusal", "refusal": "No."}]


def test_calls_are_deltas_of_their_step_by_kind() -> None:
    heard = Heard()
    made = turn(heard)
    made.take([ToolStart(0, 0, "c0", "f", "function"), ToolInput(0, 0, ['{"a":', "1}"])])
    made.take([ToolStart(0, 1, "c1", "code_interpreter", "custom"), ToolInput(0, 1, ["print(1)"])])
    made.take([ToolStart(0, 2, "c2", "file_search", "function"), ToolInput(0, 2, ['{"query":"a"}'])])
    told = [delta["step_details"]["tool_calls"][0] for delta in heard.deltas()]
    assert told[0] == {
        "index": 0,
        "id": "c0",
        "type": "function",
        "function": {"name": "f", "arguments": "", "output": None},
    }
    assert [one["function"]["arguments"] for one in told[1:3]] == ['{"a":', "1}"]
    assert told[3]["code_interpreter"] == {"input": "", "outputs": []}
    assert told[4]["code_interpreter"] == {"input": "print(1)"}
    assert told[5] == {"index": 2, "id": "c2", "type": "file_search", "file_search": {}} and len(told) == 6
    assert [call.text for call in made.calls] == ['{"a":1}', "print(1)", '{"query":"a"}']
    assert made.message is None and made.content() == []
