"""What the model is told of a thread: as much as fits, the middle left out first."""

from typing import Any

import pytest

from fakeai.core.catalog import load
from fakeai.core.errors import BadRequest, NotFound
from fakeai.services.assistants.conversation import Conversations, Limits, Seen, earlier, last_said, newest

CARD = load().get("gpt-4o")
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c636800000082008177cd"
    "72b60000000049454e44ae426082"
)


class OneFile:
    """Files, of which there is one."""

    async def find(self, owner: str, name: str) -> Any:
        file = {"id": "file-1", "bytes": len(PIXEL), "filename": "a.png", "_media_type": "image/png"}
        return file if (owner, name) == ("us", "file-1") else None

    async def content(self, file: Any) -> bytes:
        return PIXEL


def said(text: str, role: str = "user") -> dict[str, Any]:
    return {
        "id": f"msg_{text[:9]}",
        "role": role,
        "content": [{"type": "text", "text": {"value": text, "annotations": []}}],
    }


async def told(thread: list[Any], steps: list[Any] | None = None, before: Any = None, **limits: Any) -> Any:
    files: Any = OneFile()
    assert CARD is not None
    return await Conversations(files).messages(
        "us",
        "Be brief.",
        Seen(thread, before or {}, steps or []),
        card=CARD,
        tools=(),
        schema=None,
        limits=Limits(**limits),
    )


async def test_instructions_come_first_and_everything_follows() -> None:
    messages = await told([said("a"), said("b", "assistant"), said("c")])
    assert [(one.role, one.text) for one in messages] == [
        ("system", "Be brief."),
        ("user", "a"),
        ("assistant", "b"),
        ("user", "c"),
    ]


async def test_the_middle_is_left_out_as_far_as_needed() -> None:
    thread = [said(f"{number} " * 100) for number in range(10)]
    messages = await told(thread, tokens=1_000)
    kept = [int(one.text.split()[0]) for one in messages[1:]]
    assert kept[0] == 0 and kept[1:] == list(range(10 - len(kept) + 1, 10)) and 2 < len(kept) < 9
    assert [one.text.split()[0] for one in (await told(thread, tokens=10))[1:]] == ["9"]


async def test_only_the_last_messages_if_that_is_wanted() -> None:
    assert [one.text for one in await told([said(text) for text in "abc"], messages=2)] == ["Be brief.", "b", "c"]


async def test_calls_and_what_they_came_to_follow_the_thread() -> None:
    calls = [
        {"id": "c0", "type": "function", "function": {"name": "f", "arguments": "{}", "output": "ok"}},
        {"id": "c1", "type": "file_search", "file_search": {}},
    ]
    step = {
        "step_details": {"type": "tool_calls", "tool_calls": calls},
        "_calls": {"c1": {"asked": '{"query":"a"}', "told": "b"}},
    }
    written = {"step_details": {"type": "message_creation", "message_creation": {"message_id": "m"}}}
    *_, uses, first, second = await told([said("a")], [step, written])
    assert [(use.name, use.arguments) for use in uses.tool_calls] == [("f", "{}"), ("file_search", '{"query":"a"}')]
    assert [(one.tool_call_id, one.text) for one in (first, second)] == [("c0", "ok"), ("c1", "b")]


def called(name: str, output: str, status: str = "completed") -> dict[str, Any]:
    call = {"id": name, "type": "function", "function": {"name": "f", "arguments": "{}", "output": output}}
    return {"status": status, "step_details": {"type": "tool_calls", "tool_calls": [call]}}


def wrote(name: str) -> dict[str, Any]:
    return {"step_details": {"type": "message_creation", "message_creation": {"message_id": name}}}


async def test_what_earlier_runs_did_stands_before_what_they_wrote_and_goes_with_it() -> None:
    before = {"msg_b": [called("c1", "one"), called("c2", "two")]}
    thread = [said("a"), said("b", "assistant"), said("c")]
    found = await told(thread, before=before)
    assert [(one.role, one.text) for one in found[1:]] == [
        ("user", "a"),
        ("assistant", ""),
        ("tool", "one"),
        ("assistant", ""),
        ("tool", "two"),
        ("assistant", "b"),
        ("user", "c"),
    ]
    assert [one.text for one in (await told(thread, before=before, messages=1))[1:]] == ["c"]
    large = {"msg_b": [called("c1", "word " * 5_000)]}
    assert [one.text for one in (await told(thread, before=large, tokens=500))[1:]] == ["a", "c"]


def test_the_steps_of_earlier_runs_are_found_by_what_they_led_to() -> None:
    one, other = called("c1", "1"), called("c2", "2")
    runs = {
        "r3": [wrote("m3")],
        "r2": [called("c0", "", "cancelled"), one, wrote("m1"), other, wrote("m2")],
        "r1": [other],
    }
    asked: list[str] = []

    def steps(name: str) -> list[Any]:
        asked.append(name)
        return runs.get(name, [])

    assert earlier(runs, steps) == {"m1": [one], "m2": [other]}
    many = [f"x{number}" for number in range(200)]
    earlier(many, steps)
    assert asked[3:] == many[:50]
    heavy = {f"h{number}": [called("c", "x" * 400_000), wrote(f"m{number}")] for number in range(9)}
    assert list(earlier(heavy, heavy.__getitem__)) == ["m0", "m1"]


async def test_images_are_read_and_those_of_nobody_are_not_found() -> None:
    def shown(name: str) -> list[Any]:
        return [
            {
                "id": "m",
                "role": "user",
                "content": [{"type": "image_file", "image_file": {"file_id": name, "detail": "low"}}],
            }
        ]

    (medium,) = (await told(shown("file-1")))[-1].media
    assert (medium.data, medium.mime, medium.detail) == (PIXEL, "image/png", "low")
    with pytest.raises(NotFound):
        await told(shown("file-2"))
    with pytest.raises(BadRequest):
        await told(
            [
                {
                    "id": "m",
                    "role": "user",
                    "content": [
                        {"type": "image_url", "image_url": {"url": "data:image/png;base64,§", "detail": "auto"}}
                    ],
                }
            ]
        )


def test_what_is_being_written_is_not_read() -> None:
    written = [said("b"), {"role": "assistant", "content": []}, said("a")]
    assert newest(lambda after, limit: written) == [said("a"), said("b")]
    assert last_said([said("a"), said("b"), said("c", "assistant")]) == "b" and last_said([]) == ""


def test_of_an_endless_thread_the_newest_messages_are_read() -> None:
    asked: list[str | None] = []

    def page(after: str | None, limit: int) -> list[Any]:
        asked.append(after)
        return [{**said("x" * 1_000), "id": f"{len(asked)}-{number}"} for number in range(limit)]

    assert len(newest(page)) == 1_000 and asked[:2] == [None, "1-99"] and len(asked) == 10
    asked.clear()
    assert len(newest(lambda after, limit: [{**one, **said("x" * 50_000)} for one in page(after, limit)])) == 100
