"""Sessions: what is not asked for is the usual, and a secret is good for its own project, and for its time."""

from typing import Any

import pytest

from fakeai.core.call import Principal
from fakeai.core.chance import Ids
from fakeai.core.clock import WallClock
from fakeai.core.errors import RateLimited, Unauthorized
from fakeai.services.chatkit.sessions import ChatKitSessions
from fakeai.services.fresh import Changes
from fakeai.services.keys import Keys
from fakeai.store.memory import MemoryValues
from fakeai.store.sql import SqlDatabase
from services.conftest import MakeCall

USER = {"user": "u", "workflow": {"id": "wf"}}


@pytest.fixture
def sessions(db: SqlDatabase, clock: WallClock, ids: Ids) -> ChatKitSessions:
    return ChatKitSessions(db, MemoryValues().at(clock), ids, Keys(db, b"pepper", Changes()), synthesize=False)


async def make(sessions: ChatKitSessions, make_call: MakeCall, body: Any = USER, **more: Any) -> Any:
    return (await sessions.create(make_call(sessions, "create", body, **more))).body


def shown(sessions: ChatKitSessions, make_call: MakeCall, session: Any, owner: str = "org-fakeai/proj_fakeai") -> Any:
    """A call by whoever has shown the key of a session, as `gateway.identify` has found out."""
    organization, _, project = owner.partition("/")
    return make_call(sessions, "create", USER, principal=Principal(organization, project, session["id"]))


async def test_the_usual(sessions: ChatKitSessions, make_call: MakeCall) -> None:
    made = await make(sessions, make_call)
    assert made["chatkit_configuration"] == {
        "automatic_thread_titling": {"enabled": True},
        "file_upload": {"enabled": False, "max_file_size": 512, "max_files": 10},
        "history": {"enabled": True, "recent_threads": None},
    }
    assert made["workflow"] == {"id": "wf", "state_variables": None, "tracing": {"enabled": True}, "version": None}
    assert (made["status"], made["max_requests_per_1_minute"]) == ("active", 10)
    assert made["expires_at"] == 1_760_000_600 and made["client_secret"].startswith("ek_")


async def test_a_secret_is_a_key_of_the_session_in_its_project(
    sessions: ChatKitSessions, make_call: MakeCall, db: SqlDatabase
) -> None:
    made = await make(sessions, make_call, principal=Principal("org-a", "proj_a", "key_1", "user_1"))
    key = await Keys(db, b"pepper", Changes()).find(made["client_secret"])
    assert key is not None and key.counts(db.now())
    assert key[:1] + key[2:7] == (made["id"], "org-a", "proj_a", "user_1", False, "none")
    visit = await sessions.visit(shown(sessions, make_call, made, "org-a/proj_a"))
    assert (visit.owner, visit.user) == ("org-a/proj_a", "u")


@pytest.mark.parametrize("key", ["", "key_1", "ek_1", "cksess_unknown"])
async def test_what_is_no_key_of_a_session_is_refused(sessions: ChatKitSessions, make_call: MakeCall, key: str) -> None:
    made = await make(sessions, make_call)
    with pytest.raises(Unauthorized):
        await sessions.visit(shown(sessions, make_call, {"id": key}))
    with pytest.raises(Unauthorized):
        await sessions.visit(shown(sessions, make_call, made, "org-fakeai/proj_other"))


async def test_a_secret_ends_with_its_session(sessions: ChatKitSessions, make_call: MakeCall, clock: WallClock) -> None:
    timed = await make(sessions, make_call, {**USER, "expires_after": {"anchor": "created_at", "seconds": 5}})
    ended = await make(sessions, make_call)
    call = make_call(sessions, "cancel", params={"session_id": ended["id"]})
    assert (await sessions.cancel(call)).body == {**ended, "status": "cancelled"}
    with pytest.raises(Unauthorized, match="cancelled"):
        await sessions.visit(shown(sessions, make_call, ended))
    await sessions.visit(shown(sessions, make_call, timed))
    clock._epoch += 5
    with pytest.raises(Unauthorized, match="expired"):
        await sessions.visit(shown(sessions, make_call, timed))


async def test_a_minute_has_so_many_requests(sessions: ChatKitSessions, make_call: MakeCall, clock: WallClock) -> None:
    made = await make(sessions, make_call, {**USER, "rate_limits": {"max_requests_per_1_minute": 2}})
    other = await make(sessions, make_call)
    for _ in range(2):
        await sessions.visit(shown(sessions, make_call, made))
    with pytest.raises(RateLimited) as refused:
        await sessions.visit(shown(sessions, make_call, made))
    assert refused.value.retry_after is not None and 0 < refused.value.retry_after <= 60
    await sessions.visit(shown(sessions, make_call, other))
    clock._epoch += 60
    await sessions.visit(shown(sessions, make_call, made))
