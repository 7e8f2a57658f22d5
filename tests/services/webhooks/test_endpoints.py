"""Who is told of what: endpoints that want to know, and those of the settings; each of its own project only."""

from typing import Any

import pytest

from fakeai.core.call import Principal
from fakeai.core.clock import WallClock
from fakeai.core.errors import BadRequest, NotFound
from fakeai.services.webhooks.deliveries import KIND
from fakeai.services.webhooks.endpoints import WebhookOptions, Webhooks
from fakeai.store.sql import SqlDatabase
from services.conftest import MakeCall, make_webhooks

OURS = Principal().owner
STATIC = WebhookOptions(("https://hooks.example/all",), "a secret of ours")


def ask(webhooks: Webhooks, make_call: MakeCall) -> Any:
    async def ask(handler: str, body: Any = None, id: str = "", **more: Any) -> Any:
        call = make_call(webhooks, handler, body, params={"webhook_endpoint_id": id}, **more)
        return (await getattr(webhooks, handler)(call)).body

    return ask


def wanted(*types: str, **more: Any) -> dict[str, Any]:
    return {"name": "n", "url": "https://hooks.example/x", "event_types": [*types], **more}


async def under_way(db: SqlDatabase) -> list[dict[str, Any]]:
    from fakeai.store.job_rows import claim

    found = await db.run(lambda tx: claim(tx, [KIND], "me", db.now() + 1, 0.0, 10.0, 500))
    return [{"key": row.key, "owner": row.owner, **row.payload} for row in found]


async def test_an_event_is_for_those_who_want_its_type_and_for_the_settings(
    db: SqlDatabase, clock: WallClock, make_call: MakeCall
) -> None:
    webhooks = make_webhooks(db, clock, STATIC)
    create = ask(webhooks, make_call)
    both = await create("create", wanted("batch.completed", "batch.failed", "batch.failed"))
    await create("create", wanted("batch.failed"))
    assert both["event_types"] == ["batch.completed", "batch.failed"]
    await db.run(lambda tx: webhooks.tell(tx, OURS, "batch.completed", {"id": "batch_1"}))
    sent = await under_way(db)
    assert [one["receiver"] for one in sent] == [both["id"], "https://hooks.example/all"]
    assert len({one["key"] for one in sent}) == 2 and sent[0]["event"] == sent[1]["event"]
    event = sent[0]["event"]
    assert event == {
        "id": event["id"],
        "object": "event",
        "created_at": 1_760_000_000,
        "type": "batch.completed",
        "data": {"id": "batch_1"},
    }
    assert {one["owner"] for one in sent} == {OURS}


async def test_the_same_twice_is_two_events_and_what_is_rolled_back_none(db: SqlDatabase, clock: WallClock) -> None:
    webhooks = make_webhooks(db, clock, STATIC)

    def twice(tx: Any) -> None:
        for _ in range(2):
            webhooks.tell(tx, OURS, "agent.session.idle", {"id": "asess_1", "environment_type": "none"})

    def undone(tx: Any) -> None:
        twice(tx)
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        await db.run(undone)
    await db.run(twice)
    assert len({one["event"]["id"] for one in await under_way(db)}) == 2


async def test_another_project_s_endpoint_is_told_nothing(
    db: SqlDatabase, webhooks: Webhooks, make_call: MakeCall
) -> None:
    await ask(webhooks, make_call)("create", wanted("batch.completed"))
    await db.run(lambda tx: webhooks.tell(tx, "org-fakeai/proj_other", "batch.completed", {"id": "b"}))
    assert await under_way(db) == []


async def test_an_old_secret_is_good_for_a_day_if_so_wished(
    db: SqlDatabase, clock: WallClock, webhooks: Webhooks, make_call: MakeCall
) -> None:
    call = ask(webhooks, make_call)
    made = await call("create", wanted("batch.completed"))

    def secrets() -> Any:
        return db.read(lambda tx: webhooks._receiver(tx, OURS, made["id"]).secrets)  # type: ignore[union-attr]

    kept = await call("rotate", {"keep_old_secret_active_for_24_hours": True}, made["id"])
    assert await secrets() == [kept["signing_secret"], made["signing_secret"]]
    clock._epoch += 86_399
    assert len(await secrets()) == 2
    clock._epoch += 2
    assert await secrets() == [kept["signing_secret"]]
    kept = await call("rotate", {"keep_old_secret_active_for_24_hours": True}, made["id"])
    last = await call("rotate", {}, made["id"])
    assert await secrets() == [last["signing_secret"]]
    shown = await call("retrieve", None, made["id"])
    assert "signing_secret" not in shown and shown["signing_secret_hint"][-4:] == last["signing_secret"][-4:]
    assert not any(name.startswith("_") for name in (*shown, *kept))


async def test_a_change_that_changes_nothing_has_no_time(
    clock: WallClock, webhooks: Webhooks, make_call: MakeCall
) -> None:
    call = ask(webhooks, make_call)
    made = await call("create", wanted("batch.completed"))
    clock._epoch += 60
    same = await call("update", {"name": "n"}, made["id"])
    assert same["updated_at"] == made["updated_at"]
    other = await call("update", {"name": "m", "event_types": ["video.failed"]}, made["id"])
    assert (other["updated_at"], other["created_at"]) == (made["updated_at"] + 60, made["created_at"])
    assert (other["name"], other["url"], other["event_types"]) == ("m", made["url"], ["video.failed"])


@pytest.mark.parametrize("url", ["http://hooks.example/", "https://127.1/", "nonsense"])
async def test_addresses_are_looked_at_when_they_are_given(webhooks: Webhooks, make_call: MakeCall, url: str) -> None:
    call = ask(webhooks, make_call)
    made = await call("create", wanted("batch.completed"))
    for handler, body in (("create", wanted("batch.completed", url=url)), ("update", {"url": url})):
        with pytest.raises(BadRequest) as refused:
            await call(handler, body, made["id"])
        assert refused.value.param == "url"
    assert (await call("retrieve", None, made["id"]))["url"] == made["url"]


async def test_a_project_has_a_hundred_endpoints_and_no_more(webhooks: Webhooks, make_call: MakeCall) -> None:
    call = ask(webhooks, make_call)
    for _ in range(100):
        last = await call("create", wanted("batch.completed"))
    with pytest.raises(BadRequest, match="more than 100"):
        await call("create", wanted("batch.completed"))
    await call("delete", None, last["id"])
    with pytest.raises(NotFound):
        await call("retrieve", None, last["id"])
    await call("create", wanted("batch.completed"))
