"""Safety alerts and cases, by id. Nobody here finds responses or people unsafe: there are none but those made up."""

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.errors import ApiError, NotFound
from fakeai.services.resource import Resource
from fakeai.store.base import Database
from fakeai.store.objects import shown
from fakeai.wire.safety import SafetyAlert, SafetyCase


class Safety:
    """`/safety`."""

    ENDPOINTS = (
        Endpoint("GET", "/safety/alerts/{id}", "alert", "Get a safety alert", tag="Safety"),
        Endpoint("GET", "/safety/cases/{id}", "case", "Get a safety case", tag="Safety"),
    )

    def __init__(self, db: Database, *, synthesize: bool) -> None:
        self._alerts = Resource(db, "safety.alert", SafetyAlert, _no_alert, synthesize=synthesize)
        self._cases = Resource(db, "safety.case", SafetyCase, _no_case, synthesize=synthesize)

    async def alert(self, call: Call) -> Reply:
        """An alert; NotFound if there is none."""
        return Reply(shown(await self._alerts.get(call, call.params["id"])))

    async def case(self, call: Call) -> Reply:
        """A case; NotFound if there is none."""
        return Reply(shown(await self._cases.get(call, call.params["id"])))


def _no_alert(id: str) -> ApiError:
    return NotFound(f"Safety alert with id '{id}' not found.")


def _no_case(id: str) -> ApiError:
    return NotFound(f"Safety case with id '{id}' not found.")
