"""Fine-tuned models answer those whose they are. Stands behind `parse`: it is the body that names a model."""

from collections.abc import Awaitable

from fakeai.core.call import Call, Endpoint, Handler, Origin, Reply
from fakeai.services.directory import ModelDirectory
from fakeai.services.fine_tuning_models import MARK, TunedModels
from fakeai.store.base import Database


class Tuned:
    """Lets the directory know a fine-tuned model before anybody asks for its card; calls of all other models pass."""

    origins: frozenset[Origin] = frozenset({"http", "batch", "experiment", "direct"})

    def __init__(self, db: Database, directory: ModelDirectory) -> None:
        self._models = TunedModels(db, directory)

    def applies(self, endpoint: Endpoint) -> bool:
        """Whether a call of this endpoint may name a model."""
        return endpoint.body is not None and endpoint.method == "POST"

    def __call__(self, call: Call, next: Handler) -> Awaitable[Reply]:
        """Raises ModelNotFound for a model that is somebody else's, or was deleted."""
        return self._admitted(call, next) if call.model.startswith(MARK) else next(call)

    async def _admitted(self, call: Call, next: Handler) -> Reply:
        await self._models.admit(call.principal, call.model)
        return await next(call)
