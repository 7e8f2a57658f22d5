"""Sessions: what is not asked for is the usual, and a secret is good for its own project, and for its time."""

from typing import Any

import pytest

from fakeai.core.call import Principal
from fakeai.core.chance import Ids
from fakeai.core.clock import WallClock
from fakeai.core.errors import RateLimited, Unauthorized
from fakeai.services.chatkit.sessions import ChatKitSessions
from fakeai.store.memory import MemoryValues
from fakeai.store.sql import SqlDatabase
from services.conftest import MakeCall

USER = {"user": "u", "workflow": {"id": "wf"}}


@pytest.fixture
def sessions(db: SqlDatabase, clock: WallClock, ids: Ids) -> ChatKitSessions:
    return ChatKitSessions(db, MemoryValues().at(clock), ids, synthesize=False)


async def make(sessions: ChatKitSessions, make_call: MakeCall, body: Any = USER, **more: Any) -> Any:
    return (await sessions.create(make_call(sessions, "create", body, **more))).body


def shown(sessions: ChatKitSessions, make_call: MakeCall, secret: str) -> Any:
    return make_call(sessions, "create", USER, headers={"authorization": f"Bearer {secret}"})


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


async def test_a_secret_makes_a_call_its_project_s(sessions: ChatKitSessions, make_call: MakeCall) -> None:
    made = await make(sessions, make_call, principal=Principal("org-a", "proj_a"))
    call = shown(sessions, make_call, made["client_secret"])
    visit = await sessions.visit(call)
    assert (call.principal.owner, visit.owner, visit.user) == ("org-a/proj_a", "org-a/proj_a", "u")


@pytest.mark.parametrize("secret", ["", "sk-any", "ek_unknown", "ek_" + "0" * 64])
async def test_what_is_no_secret_is_refused(sessions: ChatKitSessions, make_call: MakeCall, secret: str) -> None:
    await make(sessions, make_call)
    with pytest.raises(Unauthorized):
        await sessions.visit(shown(sessions, make_call, secret))


async def test_a_secret_ends_with_its_session(sessions: ChatKitSessions, make_call: MakeCall, clock: WallClock) -> None:
    timed = await make(sessions, make_call, {**USER, "expires_after": {"anchor": "created_at", "seconds": 5}})
    ended = await make(sessions, make_call)
    call = make_call(sessions, "cancel", params={"session_id": ended["id"]})
    assert (await sessions.cancel(call)).body == {**ended, "status": "cancelled"}
    with pytest.raises(Unauthorized, match="cancelled"):
        await sessions.visit(shown(sessions, make_call, ended["client_secret"]))
    await sessions.visit(shown(sessions, make_call, timed["client_secret"]))
    clock._epoch += 5
    with pytest.raises(Unauthorized, match="expired"):
        await sessions.visit(shown(sessions, make_call, timed["client_secret"]))


async def test_a_minute_has_so_many_requests(sessions: ChatKitSessions, make_call: MakeCall, clock: WallClock) -> None:
    made = await make(sessions, make_call, {**USER, "rate_limits": {"max_requests_per_1_minute": 2}})
    other = await make(sessions, make_call)
    for _ in range(2):
        await sessions.visit(shown(sessions, make_call, made["client_secret"]))
    with pytest.raises(RateLimited) as refused:
        await sessions.visit(shown(sessions, make_call, made["client_secret"]))
    assert refused.value.retry_after is not None and 0 < refused.value.retry_after <= 60
    await sessions.visit(shown(sessions, make_call, other["client_secret"]))
    clock._epoch += 60
    await sessions.visit(shown(sessions, make_call, made["client_secret"]))
