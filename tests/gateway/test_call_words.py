"""What is kept of a call's words is in bounds and has no keys, and without leave there are none of them."""

import json
from typing import Any

import pytest

from fakeai.core.call import Call, Endpoint
from fakeai.gateway.call_words import LONGEST, Heard, asked, said

ROW = Endpoint("POST", "/chat/completions", "create", "Chat")
SECRET = "my-own-secret-value"


def call(**body: Any) -> Call:
    return Call("req_1", ROW, "/v1/chat/completions", {}, json.dumps(body).encode())


def test_without_leave_only_numbers_switches_and_plain_names_are_kept() -> None:  # gateway 48
    body = {"model": "m", "messages": [{"role": "user", "content": "private"}], "temperature": 0.5, "stream": True}
    more = {"service_tier": "flex", "user": "me", "metadata": {"a": "private"}, "stop": ["private"], "x y": 1}
    told = asked(call(**body, **more, seed="a private sentence"), words=False, secrets=())
    assert json.loads(told.params) == {"temperature": 0.5, "stream": True, "service_tier": "flex"}
    assert told.prompt is None


def test_with_leave_all_is_kept_but_keys() -> None:  # gateway 13, 48
    messages = [{"role": "user", "content": f"my keys are sk-abcdefghijklmnop and {SECRET}\0"}]
    told = asked(call(messages=messages, tools=[{"x": SECRET}], stop=["\n"]), words=True, secrets=(SECRET,))
    assert json.loads(told.params) == {"tools": [{"x": "…"}], "stop": ["\n"]}
    assert json.loads(told.prompt or "") == {
        "messages": [{"role": "user", "content": "my keys are sk-ab… and …\ufffd"}]
    }
    assert told.clean(f"{SECRET} Bearer abc") == "… Bearer …"


def test_a_prompt_that_stands_alone_is_kept_as_it_is_and_not_longer_than_may_be() -> None:
    assert asked(call(prompt="Say hello"), words=True, secrets=()).prompt == "Say hello"
    long = asked(call(prompt="a" * 100_000, tools=["b" * 100_000], n=1), words=True, secrets=())
    assert (len(long.prompt or ""), long.params) == (LONGEST, '{"n":1}')


@pytest.mark.parametrize("raw", [b"", b"{", b"[1]", b"--form", b"null"])
def test_a_body_that_is_none_has_no_words(raw: bytes) -> None:
    told = asked(Call("req_1", ROW, "/", {}, raw), words=False, secrets=())
    assert (told.params, told.prompt) == ("{}", None)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"choices": [{"message": {"content": "one"}}, {"text": "two"}]}, "one\ntwo"),
        ({"choices": [{"message": {"content": None, "refusal": "no"}}]}, "no"),
        ({"choices": [{"message": {"content": None, "tool_calls": [1]}}]}, '{"tool_calls":[1]}'),
        ({"output": [{"type": "message", "content": [{"type": "output_text", "text": "hi"}]}]}, "hi"),
        ({"model": "m", "output": "plain", "cached": False}, "plain"),
        ({"results": [{"output": "a"}, {"output": "b"}]}, "a\nb"),
        (b'{"text": "heard"}', "heard"),
        ({"data": [{"embedding": [0.5]}]}, None),
        (b"RIFF", None),
        (None, None),
    ],
)
def test_an_answer_is_kept_by_its_words(body: Any, words: str | None) -> None:
    assert said(body) == words


def test_a_stream_is_kept_by_its_words() -> None:
    chat, own = Heard(), Heard()
    chat.hear(
        [b'{"choices":[{"delta":{"role":"assistant","content":""}}]}', b'{"choices":[{"delta":{"content":"he"}}]}']
    )
    chat.hear([b'{"choices":[{"delta":{"content":"llo"}}]}', b"[DONE]"])
    assert chat.said() == "hello"
    own.hear([b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"a"}\n\n'])
    own.hear(b'data: {"type":"response.output_text.done","text":"ab"}\n\nda')
    own.hear(b'ta: {"text":"b"}\n\n')
    assert own.said() == "ab"
    assert Heard().said() is None
