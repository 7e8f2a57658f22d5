"""Stored chat completions: paged, filtered, changed, deleted, and each caller's own."""

from typing import Any

import orjson
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionDeleted, ChatCompletionStoreMessage

from fakeai.core.call import ANYONE, Call, Principal
from fakeai.core.chance import Ids
from fakeai.core.errors import BadRequest, NotFound
from fakeai.services.directory import ModelDirectory
from fakeai.services.stored import StoredCompletions
from fakeai.store.sql import SqlDatabase
from fakeai.wire.base import parse
from fakeai.wire.chat import ChatRequest

from .conftest import MakeCall

_SYNTHESIZE = {"x-fakeai-unknown-ids": "synthesize"}
_STRANGER = Principal(organization="org-other")
_HELLO: list[dict[str, Any]] = [{"role": "user", "content": "Hello"}]


@pytest.fixture
def service(db: SqlDatabase, directory: ModelDirectory) -> StoredCompletions:
    return StoredCompletions(db, directory, 100, synthesize=False)


@pytest.fixture
def store(service: StoredCompletions) -> Any:
    async def store(
        id: str, messages: Any = _HELLO, principal: Principal = ANYONE, ids: Ids | None = None, **more: Any
    ) -> None:
        request = parse(ChatRequest, orjson.dumps({"model": "gpt-4o", "messages": messages, "store": True, **more}))
        message = {"role": "assistant", "content": f"I am {id}", "refusal": None, "annotations": []}
        completion = {
            "id": id,
            "object": "chat.completion",
            "created": 1_760_000_000,
            "model": request.model,
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 8, "completion_tokens": 3, "total_tokens": 11},
        }
        call = Call("req_1", service.ENDPOINTS[0], "/", {}, principal=principal, ids=ids)
        await service.add(call, completion, request)

    return store


@pytest.fixture
def ask(service: StoredCompletions, make_call: MakeCall) -> Any:
    async def ask(handler: str, id: str = "", body: Any = None, query: Any = None, **more: Any) -> Any:
        params = {"completion_id": id} if id else {}
        lists = {name: [value] for name, value in (query or {}).items()}
        return (
            await getattr(service, handler)(make_call(service, handler, body, params=params, query=lists, **more))
        ).body

    return ask


def _ids(page: dict[str, Any]) -> list[str]:
    return [row["id"] for row in page["data"]]


async def test_a_stored_completion_tells_what_was_asked(store: Any, ask: Any) -> None:
    tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
    await store("chatcmpl-1", metadata={"k": "v"}, tools=[tool], tool_choice="auto", seed=7, temperature=0.5, user="u")
    got = await ask("get", "chatcmpl-1")
    ChatCompletion.model_validate(got, strict=True)
    assert got["choices"][0]["message"]["content"] == "I am chatcmpl-1"
    assert got["metadata"] == {"k": "v"}
    assert got["tools"] == [tool] and got["tool_choice"] == "auto"
    asked = ("seed", "temperature", "top_p", "presence_penalty", "frequency_penalty", "input_user", "response_format")
    assert [got[name] for name in asked] == [7, 0.5, 1.0, 0.0, 0.0, "u", None]
    assert got["request_id"] == "req_1"


async def test_pages_follow_the_cursor_in_both_orders(store: Any, ask: Any) -> None:
    for number in range(5):
        await store(f"c{number}")
    first = await ask("list", query={"limit": "2"})
    assert first == {"object": "list", "data": first["data"], "first_id": "c0", "last_id": "c1", "has_more": True}
    for row in first["data"]:
        ChatCompletion.model_validate(row, strict=True)
    assert _ids(await ask("list", query={"limit": "2", "after": "c1"})) == ["c2", "c3"]
    last = await ask("list", query={"limit": "2", "after": "c3"})
    assert (_ids(last), last["has_more"]) == (["c4"], False)
    assert _ids(await ask("list", query={"order": "desc"})) == ["c4", "c3", "c2", "c1", "c0"]
    assert _ids(await ask("list", query={"order": "desc", "after": "c2"})) == ["c1", "c0"]


async def test_lists_are_filtered_by_model_and_metadata(store: Any, ask: Any) -> None:
    await store("a", metadata={"team": "red", "run": "1"})
    await store("b", metadata={"team": "red", "run": "2"}, model="gpt-4o-mini")
    await store("c")
    assert _ids(await ask("list", query={"metadata[team]": "red"})) == ["a", "b"]
    assert _ids(await ask("list", query={"metadata[team]": "red", "metadata[run]": "2"})) == ["b"]
    assert _ids(await ask("list", query={"metadata[team]": "blue"})) == []
    assert _ids(await ask("list", query={"model": "gpt-4o"})) == ["a", "c"]
    assert _ids(await ask("list", query={"model": "gpt-4o-mini", "metadata[run]": "1"})) == []
    page = await ask("list", query={"metadata[team]": "red", "limit": "1"})
    assert (_ids(page), page["has_more"]) == (["a"], True)


async def test_an_empty_page_has_no_ids(ask: Any) -> None:
    empty = {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
    assert await ask("list") == empty
    assert await ask("list", query={"limit": "0"}) == empty


@pytest.mark.parametrize("query", [{"limit": "101"}, {"limit": "many"}, {"order": "up"}, {"after": "c9"}])
async def test_queries_that_mean_nothing_are_refused(ask: Any, query: dict[str, str]) -> None:
    with pytest.raises(BadRequest) as caught:
        await ask("list", query=query)
    assert caught.value.param == next(iter(query))


async def test_metadata_is_replaced_and_nothing_else(store: Any, ask: Any) -> None:
    await store("c1", metadata={"k": "v"})
    before = await ask("get", "c1")
    changed = await ask("update", "c1", {"metadata": {"other": "w"}})
    assert changed == {**before, "metadata": {"other": "w"}}
    assert await ask("get", "c1") == changed
    assert before["metadata"] == {"k": "v"}
    assert (await ask("update", "c1", {"metadata": None}))["metadata"] == {}
    assert _ids(await ask("messages", "c1")) == ["c1-0"]


async def test_a_deleted_completion_is_gone(store: Any, ask: Any) -> None:
    await store("c1")
    reply = await ask("delete", "c1")
    ChatCompletionDeleted.model_validate(reply, strict=True)
    assert reply == {"object": "chat.completion.deleted", "id": "c1", "deleted": True}
    assert _ids(await ask("list")) == []
    for handler, body in (("get", None), ("delete", None), ("messages", None), ("update", {"metadata": {}})):
        with pytest.raises(NotFound, match="Chat completion with id 'c1' not found"):
            await ask(handler, "c1", body)


async def test_nobody_sees_what_others_have_stored(store: Any, ask: Any) -> None:
    await store("mine")
    await store("theirs", principal=_STRANGER)
    assert _ids(await ask("list")) == ["mine"]
    assert _ids(await ask("list", principal=_STRANGER)) == ["theirs"]
    assert _ids(await ask("list", principal=Principal(project="proj_other"))) == []
    for handler, body in (("get", None), ("delete", None), ("messages", None), ("update", {"metadata": {}})):
        with pytest.raises(NotFound):
            await ask(handler, "theirs", body)
    assert (await ask("get", "theirs", principal=_STRANGER))["id"] == "theirs"


async def test_messages_come_back_as_they_were_sent(store: Any, ask: Any) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    image = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    parts = [{"type": "text", "text": "And this?"}, image]
    await store(
        "c1",
        [
            {"role": "user", "content": "Look", "name": "ann"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_1", "content": "a cat"},
            {"role": "user", "content": [*parts, {"type": "file", "file": {"file_id": "file-1"}}]},
        ],
    )
    page = await ask("messages", "c1")
    assert (page["first_id"], page["last_id"], page["has_more"]) == ("c1-0", "c1-3", False)
    user, assistant, tool, shown = page["data"]
    assert (user["role"], user["content"], user["name"], user["content_parts"]) == ("user", "Look", "ann", None)
    ChatCompletionStoreMessage.model_validate(assistant, strict=True)
    assert assistant["tool_calls"] == [call] and assistant["content"] is None
    assert (tool["role"], tool["content"], tool["tool_call_id"]) == ("tool", "a cat", "call_1")
    assert shown["content"] is None and shown["content_parts"] == parts


async def test_messages_are_paged(store: Any, ask: Any) -> None:
    await store("c1", _HELLO * 5)
    page = await ask("messages", "c1", query={"limit": "2", "after": "c1-1"})
    assert (_ids(page), page["has_more"]) == (["c1-2", "c1-3"], True)
    page = await ask("messages", "c1", query={"order": "desc", "after": "c1-2"})
    assert (_ids(page), page["has_more"]) == (["c1-1", "c1-0"], False)
    with pytest.raises(BadRequest, match="'c1-9'"):
        await ask("messages", "c1", query={"after": "c1-9"})


async def test_synthesized_completions_are_plausible_and_always_the_same(ask: Any) -> None:
    got = await ask("get", "completion_id", headers=_SYNTHESIZE)
    ChatCompletion.model_validate(got, strict=True)
    assert got["id"] == "completion_id" and got["choices"][0]["message"]["content"]
    assert await ask("get", "completion_id", headers=_SYNTHESIZE) == got
    assert await ask("get", "other", headers=_SYNTHESIZE) != {**got, "id": "other"}
    (message,) = (await ask("messages", "completion_id", headers=_SYNTHESIZE))["data"]
    ChatCompletionStoreMessage.model_validate(message, strict=True)
    assert (await ask("delete", "completion_id", headers=_SYNTHESIZE))["deleted"]
    assert _ids(await ask("list", headers=_SYNTHESIZE)) == []


async def test_a_synthesized_completion_is_changed_for_the_answer_only(ask: Any) -> None:
    changed = await ask("update", "completion_id", {"metadata": {"k": "v"}}, headers=_SYNTHESIZE)
    ChatCompletion.model_validate(changed, strict=True)
    assert changed["metadata"] == {"k": "v"}
    with pytest.raises(NotFound):
        await ask("get", "completion_id")


async def test_unknown_cursors_start_at_the_beginning_where_ids_are_synthesized(store: Any, ask: Any) -> None:
    await store("c1", _HELLO * 2)
    assert _ids(await ask("list", query={"after": "nothing"}, headers=_SYNTHESIZE)) == ["c1"]
    assert _ids(await ask("messages", "c1", query={"after": "nothing"}, headers=_SYNTHESIZE)) == ["c1-0", "c1-1"]


async def test_the_setting_synthesizes_and_the_header_overrules_it(
    db: SqlDatabase, directory: ModelDirectory, make_call: MakeCall
) -> None:
    service = StoredCompletions(db, directory, 10, synthesize=True)
    params = {"completion_id": "x"}
    assert (await service.get(make_call(service, "get", params=params))).body["id"] == "x"
    with pytest.raises(NotFound):
        await service.get(make_call(service, "get", params=params, headers={"x-fakeai-unknown-ids": "error"}))


async def test_no_more_are_kept_than_the_setting_says(
    db: SqlDatabase, directory: ModelDirectory, make_call: MakeCall
) -> None:
    service = StoredCompletions(db, directory, 0, synthesize=False)
    request = parse(ChatRequest, orjson.dumps({"model": "gpt-4o", "messages": _HELLO, "store": True}))
    await service.add(Call("req_1", service.ENDPOINTS[0], "/", {}), {"id": "c1", "model": "gpt-4o"}, request)
    assert (await service.list(make_call(service, "list"))).body["data"] == []


async def test_a_line_of_a_batch_that_is_answered_again_is_kept_once(store: Any, ask: Any) -> None:
    for _ in range(2):
        await store("chatcmpl-1", ids=Ids(b"the line's own"))
    assert _ids(await ask("list")) == ["chatcmpl-1"]
    await store("chatcmpl-2")
    with pytest.raises(KeyError):
        await store("chatcmpl-2")
