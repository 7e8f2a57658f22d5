"""Models: list, get, delete. What a model can do is its card's business; here is what OpenAI tells of it."""

from fakeai.core.call import Call, Endpoint, Principal, Reply
from fakeai.core.catalog import ModelCard
from fakeai.core.errors import ApiError, ModelNotFound
from fakeai.services.base import synthesizes
from fakeai.services.directory import ModelDirectory
from fakeai.services.fine_tuning_models import MARK, TunedModels
from fakeai.store.base import Database, Object
from fakeai.wire import models as wire


class NotAllowed(ApiError):
    """The model is not the caller's to delete."""

    status = 403
    type = "invalid_request_error"


class Models:
    """`/models`."""

    ENDPOINTS = (
        Endpoint("GET", "/models", "list", "List the models", tag="Models"),
        Endpoint("GET", "/models/{model:path}", "get", "Get one model", tag="Models"),
        Endpoint("DELETE", "/models/{model:path}", "delete", "Delete a fine-tuned model", tag="Models"),
    )

    def __init__(self, directory: ModelDirectory, db: Database, *, synthesize: bool) -> None:
        self._directory = directory
        self._tuned = TunedModels(db, directory)
        self._synthesize = synthesize

    async def list(self, call: Call) -> Reply:
        """Every model of the catalog, in its order, the adapters loaded, the fine-tunes used, and those that jobs have made."""
        known = self._directory
        cards = [*known.catalog.cards.values(), *known.adapters(), *known.fine_tunes(call.principal.owner)]
        made = [_made(model, call.principal) for model in await self._tuned.owned(call.principal)]
        data = [*(_model(card, call.principal) for card in cards), *made]
        told: wire.ModelList = {"object": "list", "data": data}
        if known.only:
            told |= {"default_model": known.default, "models": [card["id"] for card in data]}
        return Reply(told)

    async def get(self, call: Call) -> Reply:
        """One model; ModelNotFound for an id the catalog has not and nobody has used (unless ids are synthesized)."""
        tuned = await self._made(call)
        if tuned is not None:
            return Reply(_made(tuned, call.principal))
        return Reply(_model(self._known(call), call.principal))

    async def delete(self, call: Call) -> Reply:
        """Fine-tunes that have been used can be deleted, and are not found after; the catalog's models cannot (403)."""
        tuned = await self._made(call)
        if tuned is not None:
            if not await self._tuned.delete(call.principal, tuned["id"]):
                raise _not_yours()
            return Reply({"id": tuned["id"], "object": "model", "deleted": True})
        card = self._known(call)
        if card.known and not synthesizes(call, self._synthesize):
            raise _not_yours()
        if not card.known:
            self._directory.forget(call.principal.owner, card.id)
        return Reply({"id": card.id, "object": "model", "deleted": True})

    async def _made(self, call: Call) -> Object | None:
        """The model, if a job has made it. Raises ModelNotFound if it is somebody else's, or was deleted."""
        name = call.params["model"]
        return await self._tuned.get(call.principal, name) if name.startswith(MARK) else None

    def _known(self, call: Call) -> ModelCard:
        model = call.params["model"]
        card = self._directory.find(model)
        if card is None or (model.startswith(MARK) and not self._directory.used(call.principal.owner, model)):
            if not synthesizes(call, self._synthesize):
                raise ModelNotFound(model[:256])
            card = self._directory.catalog.accept(model)
        return card


def _not_yours() -> ApiError:
    return NotAllowed(
        "You have insufficient permissions for this operation. Missing scopes: api.delete. "
        "Only fine-tuned models of your organization can be deleted."
    )


def _made(model: Object, principal: Principal) -> wire.Model:
    """A model that a job has made, as it is told to whoever may use it: all of one organization."""
    return {"id": model["id"], "object": "model", "created": model["created"], "owned_by": principal.organization}


def _model(card: ModelCard, principal: Principal) -> wire.Model:
    """The model as it is told to `principal`, who owns whatever is not in the catalog."""
    owner = card.owned_by if card.known else principal.organization
    model: wire.Model = {"id": card.id, "object": "model", "created": card.created, "owned_by": owner}
    if card.shutdown_date is not None:
        model["shutdown_date"] = card.shutdown_date
    if card.parent is not None:
        model["root"], model["parent"] = card.root, card.parent
    return model
