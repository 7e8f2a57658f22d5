"""Workers of simulated clusters, managed while they serve: added, drained, lost, put to sleep, woken, slowed."""

from fakeai.backends.base import Engines
from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.errors import BadRequest, NotFound
from fakeai.services.cluster import worker_view
from fakeai.sim.orders import Order, OrderError
from fakeai.wire import cluster as wire


class Workers:
    """`POST /fakeai/cluster/workers`."""

    ENDPOINTS = (
        Endpoint(
            "POST", "/fakeai/cluster/workers", "manage", "Add, drain, fail, sleep, wake or slow a worker",
            body=wire.ManageWorker, tag="Cluster",
        ),
    )  # fmt: skip

    def __init__(self, engine_room: Engines) -> None:
        self._engines = engine_room

    async def manage(self, call: Call) -> Reply:
        """The worker as it is then. Raises NotFound and BadRequest, which say what is accepted."""
        body: wire.ManageWorker = call.body
        try:
            worker = self._engines.manage(body.model, Order(body.action, body.worker, body.role, body.speed))
        except OrderError as error:
            message = f"{str(error)[0].upper()}{str(error)[1:]}."
            if error.missing:
                raise NotFound(message, param=error.field) from error
            raise BadRequest(message, param=error.field, code="invalid_value") from error
        view: wire.ManagedWorker = {"object": "cluster.worker", "model": worker.model, **worker_view(worker)}
        return Reply(view)
