"""Models: list, get, delete. What a model can do is its card's business; here is what OpenAI tells of it."""

from fakeai.core.call import Call, Endpoint, Principal, Reply
from fakeai.core.catalog import ModelCard
from fakeai.core.errors import ApiError, ModelNotFound
from fakeai.services.base import synthesizes
from fakeai.services.directory import ModelDirectory
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

    def __init__(self, directory: ModelDirectory, *, synthesize: bool) -> None:
        self._directory = directory
        self._synthesize = synthesize

    async def list(self, call: Call) -> Reply:
        """Every model of the catalog, in its order, the adapters loaded, and the fine-tunes that have been used."""
        known = self._directory
        cards = [*known.catalog.cards.values(), *known.adapters(), *known.fine_tunes()]
        return Reply({"object": "list", "data": [_model(card, call.principal) for card in cards]})

    async def get(self, call: Call) -> Reply:
        """One model; ModelNotFound for an id the catalog has not and nobody has used (unless ids are synthesized)."""
        return Reply(_model(self._known(call), call.principal))

    async def delete(self, call: Call) -> Reply:
        """Fine-tunes that have been used can be deleted, and are not found after; the catalog's models cannot (403)."""
        card = self._known(call)
        if card.known and not synthesizes(call, self._synthesize):
            raise NotAllowed(
                "You have insufficient permissions for this operation. Missing scopes: api.delete. "
                "Only fine-tuned models of your organization can be deleted."
            )
        if not card.known:
            self._directory.delete(card.id)
        return Reply({"id": card.id, "object": "model", "deleted": True})

    def _known(self, call: Call) -> ModelCard:
        model = call.params["model"]
        card = self._directory.find(model)
        if card is None:
            if not synthesizes(call, self._synthesize):
                raise ModelNotFound(model[:256])
            card = self._directory.catalog.accept(model)
        return card


def _model(card: ModelCard, principal: Principal) -> wire.Model:
    """The model as it is told to `principal`, who owns whatever is not in the catalog."""
    owner = card.owned_by if card.known else principal.organization
    model: wire.Model = {"id": card.id, "object": "model", "created": card.created, "owned_by": owner}
    if card.shutdown_date is not None:
        model["shutdown_date"] = card.shutdown_date
    if card.parent is not None:
        model["root"], model["parent"] = card.root, card.parent
    return model
