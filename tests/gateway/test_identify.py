"""Keys that were given out say who calls; without one, headers choose whose things a call sees."""

from typing import Any

import pytest

from fakeai.core import roles
from fakeai.core.call import Call, Endpoint, Principal, Reply
from fakeai.core.chance import Ids
from fakeai.core.clock import WallClock
from fakeai.core.errors import ApiError, BadRequest, Forbidden, MissingKey, Unauthorized
from fakeai.core.terms import Terms
from fakeai.gateway.identify import Identify
from fakeai.services.fresh import Changes
from fakeai.services.front.door import Door
from fakeai.services.front.keyring import KeyRing
from fakeai.services.keys import Keys, Secret
from fakeai.store.sql import Sql, SqlDatabase
from fakeai.wire.front.keys import KeyCreate

THINGS = Endpoint("GET", "/things", "list", "List things")
CHAT = Endpoint("POST", "/chat/completions", "create", "Answer", usage="completions")
PROJECTS = Endpoint("GET", "/organization/projects", "list", "List projects")
LOAD = Endpoint("POST", "/fakeai/state", "load", "Load a state")


class Gate:
    """An Identify, and keys to show it."""

    def __init__(self) -> None:
        clock, changes = WallClock(epoch=1_000.0), Changes()
        self.db = SqlDatabase(Sql(), clock)
        self.keys = Keys(self.db, b"pepper", changes)
        door = Door(self.db, clock, self.keys, changes, gateway=False)
        self.step = Identify(self.db, clock, self.keys, changes, "org-own", door)

    async def issue(self, id: str, **given: Any) -> Secret:
        given = {"prefix": "sk-proj-", "organization": "org-a", "project": "proj_a", **given}
        made = await self.db.run(lambda tx: self.keys.issue(tx, id=id, **given))
        self.keys.changed()
        return made

    async def principal(self, row: Endpoint = THINGS, **headers: str) -> Principal:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        call = Call("req_1", row, row.path, given, principal=Principal("org-own"))

        async def handler(call: Call) -> Reply:
            return Reply({})

        await self.step(call, handler)
        return call.principal

    async def refusal(self, row: Endpoint = THINGS, **headers: str) -> ApiError:
        with pytest.raises(ApiError) as refused:
            await self.principal(row, **headers)
        return refused.value


@pytest.fixture
def gate() -> Gate:
    return Gate()


async def test_headers_choose_the_organization_and_the_project(gate: Gate) -> None:
    assert await gate.principal() == Principal("org-own")
    assert await gate.principal(openai_project="proj_b") == Principal("org-own", "proj_b")
    assert await gate.principal(openai_organization="org-b") == Principal("org-b")
    for _ in range(2):
        assert await gate.principal(openai_organization="org-b", openai_project="p") == Principal("org-b", "p")


@pytest.mark.parametrize("name", ["", "a/b", "x" * 65, "ü", "a b", "a\n"])
async def test_what_cannot_be_an_id_is_refused(gate: Gate, name: str) -> None:
    with pytest.raises(BadRequest, match="OpenAI-Project"):
        await gate.principal(openai_project=name)
    with pytest.raises(BadRequest, match="OpenAI-Organization"):
        await gate.principal(openai_organization=name)


async def test_keys_nobody_gave_out_are_let_in_and_nothing_is_opened_for_them(gate: Gate) -> None:
    for shown in ("Bearer sk-any", "Basic eDp5", "x", "", "Bearer " + "x" * 10_000):
        assert await gate.principal(authorization=shown) == Principal("org-own")
    assert not gate.db.sql.opened
    await gate.issue("key_1")
    assert await gate.principal(authorization="Bearer sk-any", openai_project="p") == Principal("org-own", "p")


async def test_a_key_says_who_calls_in_whichever_header_it_is(gate: Gate) -> None:
    value, redacted = await gate.issue("key_1", user="user_1")
    assert redacted == f"sk-proj-...{value[-4:]}"
    who = Principal("org-a", "proj_a", "key_1", "user_1")
    for shown in ({"authorization": f"bearer {value}"}, {"api_key": value}, {"x_api_key": value}):
        assert await gate.principal(**shown) == who
    assert await gate.principal(api_key=value, openai_organization="org-a", openai_project="proj_a") == who
    organization = await gate.refusal(api_key=value, openai_organization="org-b")
    assert (organization.status, organization.code) == (401, "mismatched_organization")
    project = await gate.refusal(api_key=value, openai_project="proj_b")
    assert (project.status, project.code) == (401, "mismatched_project")


async def test_a_revoked_key_is_refused_at_once_and_hardly_told(gate: Gate) -> None:
    value, _ = await gate.issue("key_1")
    await gate.principal(api_key=value)
    await gate.db.run(lambda tx: gate.keys.revoke(tx, "org-a", "key_1"))
    gate.keys.changed()
    refused = await gate.refusal(api_key=value)
    assert (refused.status, refused.code) == (401, "invalid_api_key")
    assert refused.message.startswith(f"Incorrect API key provided: sk-proj-********{value[-4:]}. You can find")
    assert value[8:-4] not in refused.message


async def test_an_expired_key_is_refused(gate: Gate) -> None:
    value, _ = await gate.issue("key_1", expires=gate.db.now() - 0.1)
    assert isinstance(await gate.refusal(api_key=value), Unauthorized)


async def test_keys_are_good_for_what_they_are_for(gate: Gate) -> None:
    project, _ = await gate.issue("key_1")
    reader, _ = await gate.issue("key_2", access="read")
    idle, _ = await gate.issue("key_3", access="none")
    admin, _ = await gate.issue("key_4", prefix="sk-admin-", project="", admin=True)
    for key, row, scope in (
        (project, PROJECTS, "api.management.read"),
        (reader, CHAT, "model.request"),
        (idle, THINGS, "api.things.read"),
        (admin, CHAT, "model.request"),
        (admin, THINGS, "api.things.read"),
    ):
        refused = await gate.refusal(row, api_key=key)
        assert isinstance(refused, Forbidden)
        assert f"Missing scopes: {scope}. " in refused.message
    assert (await gate.principal(CHAT, api_key=project)).key == "key_1"
    assert (await gate.principal(THINGS, api_key=reader)).key == "key_2"
    assert (await gate.principal(LOAD, api_key=admin)).admin
    assert await gate.principal(PROJECTS, api_key=admin, openai_project="proj_any") == Principal(
        "org-a", key="key_4", admin=True
    )


async def test_the_last_use_of_a_key_is_noted(gate: Gate) -> None:
    value, _ = await gate.issue("key_1")
    await gate.principal(api_key=value)
    while not (used := await gate.db.read(lambda tx: gate.keys.last_used(tx, ["key_1"]))):
        pass
    assert used["key_1"] >= 1_000


async def test_browsers_keys_are_good_for_their_own_sessions_only() -> None:
    gate = Gate()
    for name, good, bad in (
        ("ek_1", "/realtime", "/chatkit/conversation"),
        ("cksess_1", "/chatkit/conversation", "/realtime"),
        ("cksess_2", "/chatkit/files", "/chat/completions"),
    ):
        key = await gate.issue(name, prefix="ek_", access="none")
        shown = f"Bearer {key.value}"
        assert (await gate.principal(Endpoint("POST", good, "ask", "Ask"), authorization=shown)).key == name
        refused = await gate.refusal(Endpoint("POST", bad, "ask", "Ask"), authorization=shown)
        assert isinstance(refused, Forbidden)


async def test_an_admin_of_the_front_door_may_do_all_and_others_what_keys_may() -> None:
    gate = Gate()
    ring = KeyRing(gate.keys, Ids(b"1"), roles.load())
    made = [
        await gate.db.run(lambda tx, role=role: ring.create(tx, "org-a", "proj_a", KeyCreate(label="a", role=role), 1))
        for role in ("admin", "standard")
    ]
    gate.keys.changed()
    for row in (THINGS, CHAT, PROJECTS, LOAD):
        assert (await gate.principal(row, x_api_key=made[0]["key"])).admin
    assert (await gate.principal(CHAT, authorization=f"Bearer {made[1]['key']}")).terms == Terms("a", "standard")
    for row, code in ((PROJECTS, None), (LOAD, "forbidden")):
        refused = await gate.refusal(row, x_api_key=made[1]["key"])
        assert (refused.status, refused.code, refused.headers) == (403, code, {"x-fakeai-origin": "gateway"})


async def test_where_the_door_is_shut_one_key_that_counts_is_asked_for() -> None:  # gateway 2, 3, 6, 7
    gate = Gate()
    ring = KeyRing(gate.keys, Ids(b"1"), roles.load())
    old, good = [
        await gate.db.run(lambda tx, at=at: ring.create(tx, "o", "p", KeyCreate(label="a", expires_at=at), 1))
        for at in (5, None)
    ]
    gate.keys.changed()
    for shown in ({}, {"x_api_key": " "}, {"authorization": "Bearer "}):
        assert isinstance(await gate.refusal(**shown), MissingKey)
    for shown in ({"x_api_key": "sk-none"}, {"authorization": f"Bearer {old['key']}"}):
        assert (await gate.refusal(**shown)).code == "invalid_api_key"
    key = good["key"]
    assert (await gate.principal(x_api_key=key, authorization=f"Bearer {key}")).key == good["id"]
    assert "Two different" in (await gate.refusal(x_api_key=key, authorization="Bearer sk-none")).message
