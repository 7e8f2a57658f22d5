"""ChatKit as the official SDK sees it, and as a chat in a browser does: sessions, threads, and answers in them."""

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from fakeai.testing import FakeAI

OTHER = {"OpenAI-Project": "proj_other"}
WORKFLOW: Any = {"id": "wf_1"}
PDF = b"%PDF-1.7\n1 0 obj << /Type /Page >> endobj\n"


@pytest.fixture(params=["memory", "directory"])
def fake(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FakeAI]:
    kept = {"store.data_dir": str(tmp_path / "data")} if request.param == "directory" else {}
    with FakeAI(kept, seed=1) as made:
        yield made


@pytest.fixture
def client(fake: FakeAI) -> Any:
    return fake.client(max_retries=0, _strict_response_validation=True)


class Chat:
    """A browser's chat with a session's secret."""

    def __init__(self, fake: FakeAI, secret: str) -> None:
        headers = {"authorization": f"Bearer {secret}", "openai-beta": "chatkit_beta=v1"}
        self.door = httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai/v1", headers=headers)

    def post(self, type: str, **params: Any) -> httpx.Response:
        return self.door.post("/chatkit/conversation", json={"type": type, "params": params})

    def ask(self, type: str, **params: Any) -> Any:
        reply = self.post(type, **params)
        assert reply.status_code == 200, reply.text
        if reply.headers["content-type"].startswith("text/event-stream"):
            return [json.loads(line.removeprefix("data: ")) for line in reply.text.splitlines() if line]
        return reply.json()

    def say(self, words: str, thread: str | None = None, **more: Any) -> Any:
        given = {"content": [{"type": "input_text", "text": words}], "attachments": [], "inference_options": {}, **more}
        if thread is None:
            return self.ask("threads.create", input=given)
        return self.ask("threads.add_user_message", input=given, thread_id=thread)


def begin(fake: FakeAI, client: Any = None, user: str = "u", **configuration: Any) -> Chat:
    session = (client or fake.client(max_retries=0)).beta.chatkit.sessions.create(
        user=user,
        workflow=WORKFLOW,
        chatkit_configuration=configuration,
        rate_limits={"max_requests_per_1_minute": 1_000},
    )
    return Chat(fake, session.client_secret)


def kinds(events: Any) -> list[str]:
    return [event["type"] for event in events]


def test_a_thread_is_begun_answered_and_read_with_an_api_key(fake: FakeAI, client: Any) -> None:
    chat = begin(fake, client)
    events = chat.say("What is the tallest mountain?")
    assert kinds(events)[:4] == ["thread.created", "thread.item.done", "stream_options", "thread.item.added"]
    assert kinds(events)[-2:] == ["thread.item.done", "thread.updated"]
    deltas = [e["update"]["delta"] for e in events if e.get("update", {}).get("type", "").endswith("text_delta")]
    words = events[-2]["item"]["content"][0]["text"]
    assert "".join(deltas) == words and words
    thread_id = events[0]["thread"]["id"]
    thread = client.beta.chatkit.threads.retrieve(thread_id)
    assert (thread.user, thread.title, thread.status.type) == ("u", "What is the tallest mountain", "active")
    chat.say("And the next one?", thread_id)
    items = list(client.beta.chatkit.threads.list_items(thread_id, order="asc", limit=1))
    roles = ["chatkit.user_message", "chatkit.assistant_message"] * 2
    assert [item.type for item in items] == roles, "pages follow one another"
    assert items[1].content[0].text == words and items[0].content[0].text == "What is the tallest mountain?"
    assert [item.id for item in client.beta.chatkit.threads.list_items(thread_id)] == [
        item.id for item in reversed(items)
    ]
    shown = chat.ask("threads.get_by_id", thread_id=thread_id)
    assert [item["id"] for item in shown["items"]["data"]] == [item.id for item in items]
    gone = client.beta.chatkit.threads.delete(thread_id)
    assert (gone.id, gone.deleted) == (thread_id, True)
    for refused in (client.beta.chatkit.threads.retrieve, client.beta.chatkit.threads.list_items):
        with pytest.raises(openai.NotFoundError):
            refused(thread_id)
    assert chat.post("threads.get_by_id", thread_id=thread_id).status_code == 404


def test_equal_words_have_equal_answers_and_the_workflow_s_state_counts(fake: FakeAI) -> None:
    def answer(**state: str) -> str:
        session = fake.client().beta.chatkit.sessions.create(user="u", workflow={"id": "w", "state_variables": state})
        return str(Chat(fake, session.client_secret).say("Tell me about the sea.")[-2]["item"]["content"])

    assert answer() == answer() != answer(tone="dry")


def test_threads_are_listed_by_user(fake: FakeAI, client: Any) -> None:
    for user in ("ann", "bob", "ann"):
        begin(fake, client, user).say("Hello")
    threads = client.beta.chatkit.threads
    assert [one.user for one in threads.list()] == ["ann", "bob", "ann"]
    assert [one.user for one in threads.list(user="ann", limit=1)] == ["ann", "ann"]
    assert list(threads.list(user="nobody")) == []
    ann = begin(fake, client, "ann")
    assert len(ann.ask("threads.list")["data"]) == 2
    first = ann.ask("threads.list", limit=1, order="asc")
    assert first["has_more"] and first["after"] == first["data"][0]["id"]
    assert ann.ask("threads.list", limit=1, order="asc", after=first["after"])["has_more"] is False
    assert len(begin(fake, client, "ann", history={"recent_threads": 1}).ask("threads.list")["data"]) == 1
    assert begin(fake, client, "ann", history={"enabled": False}).ask("threads.list")["data"] == []


def test_nobody_sees_another_s_threads(fake: FakeAI, client: Any) -> None:
    thread_id = begin(fake, client, "ann").say("Secret words")[0]["thread"]["id"]
    stranger = fake.client(default_headers=OTHER, max_retries=0)
    assert list(stranger.beta.chatkit.threads.list()) == []
    with pytest.raises(openai.NotFoundError):
        stranger.beta.chatkit.threads.retrieve(thread_id)
    item = {"content": [{"type": "input_text", "text": "x"}], "attachments": []}
    for chat in (begin(fake, client, "bob"), begin(fake, stranger, "ann")):
        for what, params in (
            ("threads.get_by_id", {}),
            ("items.list", {}),
            ("threads.update", {"title": "mine"}),
            ("threads.delete", {}),
            ("threads.add_user_message", {"input": item}),
            ("threads.add_client_tool_output", {"result": 1}),
            ("threads.custom_action", {"action": {"type": "x"}}),
            ("threads.retry_after_item", {"item_id": "cti_1"}),
            ("items.feedback", {"item_ids": ["cti_1"], "kind": "positive"}),
        ):
            refused = chat.post(what, thread_id=thread_id, **params)
            made_up = chat.post(what, thread_id="cthr_made_up", **params)
            assert refused.status_code == made_up.status_code == 404
            assert refused.text.replace(thread_id, "") == made_up.text.replace("cthr_made_up", "")
    assert client.beta.chatkit.threads.retrieve(thread_id).title == "Secret words"


def test_a_tool_in_the_browser_is_called_and_its_output_answered(fake: FakeAI, client: Any) -> None:
    chat = begin(fake, client)
    events = chat.say("Show me the map", inference_options={"tool_choice": {"id": "open_map"}})
    call = events[-2]["item"]
    assert (call["type"], call["name"], call["status"]) == ("client_tool_call", "open_map", "pending")
    thread_id = events[0]["thread"]["id"]
    assert client.beta.chatkit.threads.list_items(thread_id).data[0].status == "in_progress"
    answer = chat.ask("threads.add_client_tool_output", thread_id=thread_id, result={"seen": True})
    assert kinds(answer)[0] == "stream_options" and answer[-1]["item"]["type"] == "assistant_message"
    done = client.beta.chatkit.threads.list_items(thread_id, order="asc").data[1]
    assert (done.status, json.loads(done.output)) == ("completed", {"seen": True})
    again = chat.post("threads.add_client_tool_output", thread_id=thread_id, result=1)
    assert again.status_code == 409


def test_a_message_is_answered_again_and_an_action_too(fake: FakeAI, client: Any) -> None:
    chat = begin(fake, client)
    events = chat.say("Tell me about rivers")
    thread_id, message, answer = events[0]["thread"]["id"], events[1]["item"]["id"], events[-2]["item"]["id"]
    acted = chat.ask("threads.custom_action", thread_id=thread_id, action={"type": "press", "payload": {"button": 1}})
    assert acted[-1]["item"]["type"] == "assistant_message"
    again = chat.ask("threads.retry_after_item", thread_id=thread_id, item_id=message)
    removed = [event["item_id"] for event in again if event["type"] == "thread.item.removed"]
    assert removed == [answer, acted[-1]["item"]["id"]]
    items = client.beta.chatkit.threads.list_items(thread_id, order="asc").data
    assert [item.id for item in items] == [message, again[-1]["item"]["id"]]
    assert items[1].content[0].text == events[-2]["item"]["content"][0]["text"], "equal words have equal answers"
    assert chat.post("threads.retry_after_item", thread_id=thread_id, item_id=items[1].id).status_code == 404
    assert chat.ask("items.feedback", thread_id=thread_id, item_ids=[message, "cti_none"], kind="negative") == {}
    assert chat.ask("threads.update", thread_id=thread_id, title="Rivers")["title"] == "Rivers"
    assert client.beta.chatkit.threads.retrieve(thread_id).title == "Rivers"
    assert chat.ask("threads.delete", thread_id=thread_id) == {}


def test_what_is_done_is_noted_and_what_is_said_is_written_down(fake: FakeAI, client: Any) -> None:
    chat = begin(fake, client)
    thread_id = chat.say("Hello")[0]["thread"]["id"]
    action = {"type": "pick", "payload": {"colour": "blue"}}
    assert chat.ask("threads.sync_custom_action", thread_id=thread_id, action=action) == {}
    assert len(chat.ask("items.list", thread_id=thread_id)["data"]) == 2
    spoken = client.audio.speech.create(model="tts-1", voice="alloy", input="The tide is high.", response_format="wav")
    sound = base64.b64encode(spoken.content).decode()
    assert chat.ask("input.transcribe", audio_base64=sound, mime_type="audio/wav") == {"text": "The tide is high."}
    for broken in ("&&", base64.b64encode(b"no sound").decode()):
        assert chat.post("input.transcribe", audio_base64=broken, mime_type="audio/wav").status_code == 400


def test_files_come_with_messages(fake: FakeAI, client: Any) -> None:
    chat = begin(fake, client, file_upload={"enabled": True})
    reply = chat.door.post("/chatkit/files", files={"file": ("a.pdf", PDF)})
    told = chat.ask("attachments.create", name="b.pdf", size=len(PDF), mime_type="application/pdf")
    sent = {"content": [{"type": "input_text", "text": "What is in these?"}], "attachments": [told["id"]]}
    assert chat.post("threads.create", input=sent).status_code == 400, "its bytes are not there yet"
    door = httpx.Client(transport=fake.transport(httpx))
    where = told["upload_descriptor"]
    assert door.post(where["url"], headers=where["headers"], files={"file": ("b.pdf", PDF)}).status_code == 200
    events = chat.say("What is in these?", attachments=[reply.json()["id"], told["id"]])
    thread_id = events[0]["thread"]["id"]
    (item,) = [one for one in client.beta.chatkit.threads.list_items(thread_id) if one.type == "chatkit.user_message"]
    assert [(file.name, file.mime_type, file.type) for file in item.attachments] == [
        ("a.pdf", "application/pdf", "file"),
        ("b.pdf", "application/pdf", "file"),
    ]
    assert chat.ask("attachments.delete", attachment_id=told["id"]) == {}
    assert chat.post("attachments.delete", attachment_id=told["id"]).status_code == 404
    stranger = begin(fake, client, "somebody else", file_upload={"enabled": True})
    assert stranger.post("attachments.delete", attachment_id=reply.json()["id"]).status_code == 404


@pytest.mark.parametrize(
    ("type", "params", "status", "param"),
    [
        ("threads.create", {}, 400, "params.input"),
        ("threads.create", {"input": {"content": [], "attachments": []}}, 400, "params.input.content"),
        ("threads.create", {"input": {"content": [], "attachments": ["cfile_1"]}}, 404, "attachment_id"),
        ("threads.explode", {}, 400, "type"),
        ("items.list", {}, 400, "params.thread_id"),
        ("threads.update", {"thread_id": "cthr_1"}, 400, "params.title"),
        ("attachments.create", {"name": "a", "size": 1, "mime_type": "application/pdf"}, 400, None),
    ],
)
def test_what_cannot_be_is_refused(type: str, params: Any, status: int, param: str | None) -> None:
    with FakeAI(seed=1) as fake:
        reply = begin(fake).post(type, **params)
        assert (reply.status_code, reply.json()["error"]["param"]) == (status, param)


def test_a_model_that_cannot_chat_and_a_thread_too_long_are_refused_before_anything_is_kept() -> None:
    with FakeAI(seed=1) as fake:
        chat = begin(fake)
        said = {"content": [{"type": "input_text", "text": "x"}], "attachments": []}
        refused = chat.post("threads.create", input={**said, "inference_options": {"model": "text-embedding-3-small"}})
        assert refused.status_code == 400
        long = {**said, "content": [{"type": "input_text", "text": "word " * 190_000}]}
        assert chat.post("threads.create", input=long).json()["error"]["code"] == "context_length_exceeded"
        assert chat.ask("threads.list")["data"] == []


def test_a_session_ends_and_counts_what_it_uses(fake: FakeAI) -> None:
    client = fake.client(max_retries=0, default_headers=OTHER, admin_api_key="sk-admin")
    session = client.beta.chatkit.sessions.create(
        user="u", workflow=WORKFLOW, rate_limits={"max_requests_per_1_minute": 2}
    )
    chat = Chat(fake, session.client_secret)
    chat.say("Hello")
    usage = client.admin.organization.usage.completions(
        start_time=int(time.time()) - 60, group_by=["project_id", "model"]
    )
    results = [one for bucket in usage.data for one in bucket.results]
    assert [(one.project_id, one.model, one.num_model_requests) for one in results] == [
        ("proj_other", "gpt-4o-mini", 1)
    ]
    assert results[0].output_tokens > 0
    chat.ask("threads.list")
    limited = chat.post("threads.list")
    assert limited.status_code == 429 and 0 < float(limited.headers["retry-after"]) <= 60
    assert client.beta.chatkit.sessions.cancel(session.id).status == "cancelled"
    assert chat.post("threads.list").status_code == 401
    with pytest.raises(openai.NotFoundError):
        fake.client(max_retries=0).beta.chatkit.sessions.cancel(session.id)
    nobody = Chat(fake, "sk-fakeai").post("threads.list")
    assert (nobody.status_code, nobody.json()["error"]["code"]) == (401, "invalid_client_secret")


def test_a_sessions_chat_is_held_to_the_rules_of_its_own_project() -> None:
    with FakeAI(seed=1) as fake:
        admin = fake.client(admin_api_key="sk-admin").admin.organization.projects
        project = admin.create(name="Chats").id
        maker = fake.client(max_retries=0, default_headers={"OpenAI-Project": project})
        session = maker.beta.chatkit.sessions.create(user="u", workflow=WORKFLOW)
        chat = Chat(fake, session.client_secret)
        assert chat.post("threads.list").status_code == 200
        elsewhere = fake.client(api_key=session.client_secret, max_retries=0)
        with pytest.raises(openai.PermissionDeniedError):
            elsewhere.chat.completions.create(model="gpt-4o", messages=[])
        admin.archive(project)
        archived = chat.post("threads.list")
        assert (archived.status_code, archived.json()["error"]["code"]) == (401, "invalid_api_key")


def test_widgets_and_thoughts_are_shown_kept_and_acted_upon(fake: FakeAI, client: Any) -> None:
    chat = begin(fake, user="widgets")
    events = chat.say("Show me a card about tides with buttons 'More' and 'Enough'")
    (widget,) = [
        event["item"]["widget"] for event in events if event["type"] == "thread.item.done" and "widget" in event["item"]
    ]
    buttons = widget["children"][-1]["children"]
    assert (widget["type"], [button["label"] for button in buttons]) == ("Card", ["More", "Enough"])
    thread = events[0]["thread"]["id"]
    clicked = chat.ask("threads.custom_action", thread_id=thread, action=buttons[0]["onClickAction"])
    assert clicked[-1]["item"]["type"] == "assistant_message"
    chat.say("What is 2 + 3?", thread, inference_options={"model": "deepseek-reasoner"})
    items = list(client.beta.chatkit.threads.list_items(thread, order="asc"))
    assert [item.type.removeprefix("chatkit.") for item in items] == [
        "user_message",
        "assistant_message",
        "widget",
        "assistant_message",
        "user_message",
        "task_group",
        "assistant_message",
    ]
    assert json.loads(items[2].widget) == widget
    assert items[5].tasks[0].type == "thought" and items[5].tasks[0].summary
    seen = chat.ask("threads.get_by_id", thread_id=thread)["items"]["data"]
    assert [item["type"] for item in seen][2:6:3] == ["widget", "workflow"]
