"""What a session has spent, and what it may: counted in US dollars, told in whole cents.

Spending is counted whether there is a limit or none, so that one that is set later holds for all that was spent.
"""

from fakeai.store.base import Object
from fakeai.wire.agents.sessions import SpendWanted
from fakeai.wire.agents.turns import TurnError

CODE = "session_budget_exceeded"


def allow(session: Object, wanted: SpendWanted | None) -> None:
    """Let a session spend so many cents in all, or what it wants; what it has spent stays spent."""
    session.pop("spend_control", None)
    if wanted is not None and wanted.limit is not None:
        session["spend_control"] = {"limit": wanted.limit, "consumed": _cents(session)}


def spend(session: Object, usd: float) -> None:
    """A session has spent that much more."""
    session["_spent"] = session.get("_spent", 0.0) + usd
    if "spend_control" in session:
        session["spend_control"] = {**session["spend_control"], "consumed": _cents(session)}


def used_up(session: Object) -> bool:
    """Whether a session may spend nothing more."""
    return "spend_control" in session and _cents(session) >= session["spend_control"]["limit"]


def refusal() -> TurnError:
    """Why a turn of such a session fails."""
    return {"code": CODE, "message": "The session has reached its spend limit."}


def _cents(session: Object) -> int:
    return int(round(session.get("_spent", 0.0) * 100.0, 6))
