"""Models that a project may not use are refused and not shown; an archived project may do nothing."""

import pytest

from fakeai.core.call import Call, Endpoint, Principal, Reply
from fakeai.core.catalog import load
from fakeai.core.clock import WallClock
from fakeai.core.errors import BadRequest, Forbidden, ModelNotFound, Unauthorized
from fakeai.gateway.permissions import Permissions, named_model
from fakeai.services.directory import ModelDirectory
from fakeai.services.fresh import Changes
from fakeai.services.organization import PROJECT
from fakeai.services.policies import DOCUMENT, MODELS, Policies
from fakeai.store.base import Object
from fakeai.store.objects import Collection
from fakeai.store.sql import Sql, SqlDatabase

CHAT = Endpoint("POST", "/chat/completions", "create", "Chat", usage="completions")
LIST = Endpoint("GET", "/models", "list", "List")
ONE = Endpoint("GET", "/models/{model:path}", "get", "Get")
FILES = Endpoint("GET", "/files", "list", "List")
WHO = Principal("org", "p")


class Gate:
    """A Permissions, and policies to have it keep to."""

    def __init__(self) -> None:
        clock = WallClock()
        self.changes = Changes()
        self.db = SqlDatabase(Sql(), clock)
        self.step = Permissions(
            Policies(self.db, clock, self.changes), ModelDirectory(load(), strict=False, default="gpt-4o-mini")
        )

    async def keep(self, kind: str, row: Object, parent: str = "") -> None:
        await self.db.run(lambda tx: Collection(kind).add(tx, "org", row, parent=parent))
        self.changes.note()

    async def ask(self, row: Endpoint, model: str = "", raw: bytes = b"", who: Principal = WHO) -> Reply:
        async def handler(call: Call) -> Reply:
            return Reply({"object": "list", "data": [{"id": "a"}, {"id": "b"}]})

        params = {"model": model} if row is ONE else {}
        raw = raw or b'{"model": "%s"}' % model.encode()
        return await self.step(Call("req_1", row, row.path, {}, raw, params, principal=who), handler)


@pytest.fixture
def gate() -> Gate:
    return Gate()


async def test_nothing_is_looked_up_before_anything_was_set(gate: Gate) -> None:
    assert (await gate.ask(CHAT, "a")).status == 200
    assert not gate.db.sql.opened


async def test_a_denied_model_is_refused_and_not_shown(gate: Gate) -> None:
    await gate.keep(DOCUMENT, {"id": MODELS, "mode": "deny_list", "model_ids": ["a"]}, "p")
    with pytest.raises(Forbidden, match="Project `p` does not have access to model `a`"):
        await gate.ask(CHAT, "a")
    with pytest.raises(ModelNotFound):
        await gate.ask(ONE, "a")
    assert (await gate.ask(CHAT, "b")).status == 200
    assert (await gate.ask(ONE, "b")).status == 200
    assert [card["id"] for card in (await gate.ask(LIST)).body["data"]] == ["b"]
    assert (await gate.ask(CHAT, "a", who=Principal("org", "q"))).status == 200
    assert (await gate.ask(CHAT, "a", who=Principal("other", "p"))).status == 200


async def test_an_allow_list_allows_no_other_model(gate: Gate) -> None:
    await gate.keep(DOCUMENT, {"id": MODELS, "mode": "allow_list", "model_ids": ["a"]}, "p")
    assert (await gate.ask(CHAT, "a")).status == 200
    for raw in (b'{"model": "b"}', b"{}", b"[1]", b"nonsense", b'{"model": 1}'):
        with pytest.raises(Forbidden):
            await gate.ask(CHAT, raw=raw)
    assert (await gate.ask(FILES)).status == 200


async def test_an_archived_project_may_do_nothing(gate: Gate) -> None:
    await gate.keep(PROJECT, {"id": "p", "archived_at": 5})
    for row in (CHAT, LIST, FILES):
        with pytest.raises(Unauthorized, match="archived"):
            await gate.ask(row, "a")
    assert (await gate.ask(CHAT, "a", who=Principal("org", "q"))).status == 200


def test_administration_is_not_in_a_project(gate: Gate) -> None:
    for path in ("/organization/projects", "/projects/{project_id}/roles", "/fakeai/state"):
        assert not gate.step.applies(Endpoint("GET", path, "x", "x"))
    assert gate.step.applies(FILES)


def test_the_model_is_read_once() -> None:
    call = Call("req_1", CHAT, "/", {}, b'{"model": "a"}')
    assert named_model(call) == "a"
    call.raw = b"{}"
    assert named_model(call) == "a"


def test_a_body_of_too_many_items_does_not_pass_for_one_without_a_model() -> None:
    many = b'{"model": "a", "x": [' + b"{}," * 1_000_001 + b"0]}"
    with pytest.raises(BadRequest, match="more than 1000000 items"):
        named_model(Call("req_1", CHAT, "/", {}, b"  " + many))
    assert named_model(Call("req_1", CHAT, "/", {}, b"--edge\r\n" + many)) == ""
