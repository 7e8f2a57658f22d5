"""What is refused, and that whoever asks for the document's rules only is spared."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("tools", "said"),
    [
        ([{"type": "code_interpreter"}] * 2, "Invalid 'tools': the tool 'code_interpreter' is given more than once."),
        ([{"type": "function", "function": {"name": "f"}}] * 2, "Invalid 'tools': the function 'f' is given more than"),
        ([{"type": "function", "function": {"name": ""}}], "Invalid 'tools[0].function.name': empty string."),
        (
            [{"type": "function", "function": {"name": "f", "parameters": {"type": "nope"}}}],
            "Invalid schema for function 'f'",
        ),
    ],
)
def test_bad_tools_are_refused_of_assistants_and_runs(door: Any, tools: Any, said: str) -> None:
    status, told = door.refused("POST", "/assistants", {"model": "gpt-4o", "tools": tools})
    assert status == 400 and told.startswith(said)
    thread, name = door.thread(), door.assistant()
    assert door.refused("POST", f"/threads/{thread}/runs", {"assistant_id": name, "tools": tools}) == (400, told)


def test_names_are_not_looked_at_where_only_the_documents_rules_count(door: Any) -> None:
    twice = [{"type": "code_interpreter"}] * 2
    made = door.post("/assistants", {"model": "gpt-4o", "tools": twice}, **{"x-fakeai-validation": "schema"})
    assert made["tools"] == twice


def test_models_that_do_not_talk_are_refused(door: Any) -> None:
    name, thread = door.assistant(), door.thread()
    body = {"assistant_id": name, "model": "text-embedding-3-small"}
    status, told = door.refused("POST", f"/threads/{thread}/runs", body)
    assert (status, told) == (
        400,
        "The requested model 'text-embedding-3-small' cannot be used with the Assistants API.",
    )


def test_a_choice_is_among_the_tools(door: Any) -> None:
    name, thread = door.assistant(tools=[{"type": "code_interpreter"}]), door.thread()
    for choice, told in (
        ({"type": "file_search"}, "Tool choice 'file_search' not found in 'tools' parameter."),
        ({"type": "function"}, "Missing required parameter: 'tool_choice.function'."),
        ({"type": "function", "function": {"name": "f"}}, "Tool choice 'f' not found in 'tools' parameter."),
    ):
        body = {"assistant_id": name, "tool_choice": choice}
        assert door.refused("POST", f"/threads/{thread}/runs", body) == (400, told)


def test_the_place_of_a_bad_message_is_told(door: Any) -> None:
    good, bad = {"role": "user", "content": "a"}, {"role": "user", "content": " "}
    reply = door.http.post("/threads", json={"messages": [good, bad]})
    assert reply.json()["error"]["param"] == "messages[1].content"


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "picture.png", "", "https://", "data:image/png;base64,§", "data:text/plain;base64,YQ=="],
)
def test_an_image_whose_url_cannot_be_one_is_refused_at_once(door: Any, url: str) -> None:
    parts = [{"type": "text", "text": "Look:"}, {"type": "image_url", "image_url": {"url": url}}]
    message = {"role": "user", "content": parts}
    for path, body, param in (
        (f"/threads/{door.thread()}/messages", message, "content[1].image_url.url"),
        ("/threads", {"messages": [message]}, "messages[0].content[1].image_url.url"),
    ):
        error = door.http.post(path, json=body).json()["error"]
        assert error["param"] == param and error["message"].startswith("Invalid image")
    easy = door.http.post("/threads", json={"messages": [message]}, headers={"x-fakeai-validation": "schema"})
    assert easy.status_code == 200
    parts[1] = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    assert door.http.post("/threads", json={"messages": [message]}).status_code == 200


def test_an_unknown_id_is_not_told_back_at_length(door: Any) -> None:
    assert len(door.refused("GET", "/assistants/" + "a" * 5_000)[1]) < 300
