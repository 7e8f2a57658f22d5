"""Steps of runs, as they are listed and told."""

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.services.assistants.endings import seen
from fakeai.services.assistants.run_plan import included
from fakeai.services.assistants.runs import Runs
from fakeai.services.assistants.threads import Threads
from fakeai.services.resource import listed
from fakeai.wire.listing import ListQuery

_ALL = "/threads/{thread_id}/runs/{run_id}/steps"
_TAG = "Assistants"


class RunSteps:
    """`/threads/{thread_id}/runs/{run_id}/steps`."""

    ENDPOINTS = (
        Endpoint("GET", _ALL, "list", "List a run's steps", tag=_TAG),
        Endpoint("GET", _ALL + "/{step_id}", "retrieve", "Get a step of a run", tag=_TAG),
    )

    def __init__(self, threads: Threads, runs: Runs) -> None:
        self._rows = threads.rows
        self._runs = runs

    async def list(self, call: Call) -> Reply:
        """A page of a run's steps, the newest first unless told otherwise."""
        include = included(call)
        run = await self._runs.get(call)
        query = ListQuery.from_query(call.query)
        page = await self._rows.steps.page(call, query, parent=run["id"], private=True)
        return Reply(listed([seen(step, include) for step in page["data"]], page["has_more"]))

    async def retrieve(self, call: Call) -> Reply:
        """A step; NotFound if the run has none of that id."""
        include = included(call)
        run = await self._runs.get(call)
        return Reply(seen(await self._rows.steps.get(call, call.params["step_id"], parent=run["id"]), include))
