"""A policy is what was set for a project, and of no other; nothing is looked up before anything was."""

from fakeai.core.call import Principal
from fakeai.core.clock import WallClock
from fakeai.services.fresh import Changes
from fakeai.services.policies import DOCUMENT, FREE, RATE_LIMIT, TOOLS, Policies, Policy
from fakeai.store.objects import Collection
from fakeai.store.sql import SqlDatabase

WHO = Principal("org", "p")


async def test_a_policy_has_what_was_set(db: SqlDatabase, clock: WallClock) -> None:
    changes = Changes()
    policies = Policies(db, clock, changes)
    assert policies.recent(WHO) is FREE
    limit = {"id": "rl-m", "model": "m", "max_requests_per_1_minute": 5}
    tools = {"id": TOOLS, "mcp": {"enabled": False}}
    await db.run(lambda tx: Collection(RATE_LIMIT).add(tx, "org", limit, parent="p"))
    await db.run(lambda tx: Collection(DOCUMENT).add(tx, "org", tools, parent="p"))
    changes.note()
    assert policies.recent(WHO) is None
    policy = await policies.get(WHO)
    assert policies.recent(WHO) is policy
    assert policy.limits == {"m": limit}
    assert (policy.allows_tool("mcp"), policy.allows_tool("web_search")) == (False, True)
    assert not policy.restricts
    for other in (Principal("org", "q"), Principal("other", "p")):
        assert await policies.get(other) is FREE


def test_a_denied_model_is_so_however_it_is_written() -> None:
    denies = Policy(deny=frozenset({"gpt-4o"}))
    assert not any(denies.allows(name) for name in ("gpt-4o", "GPT-4o", "openai/gpt-4o"))
    assert denies.allows("gpt-4o-mini")
    allows = Policy(allow=frozenset({"gpt-4o"}))
    assert [allows.allows(name) for name in ("gpt-4o", "GPT-4o", "")] == [True, False, False]
