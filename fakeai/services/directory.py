"""Which model card answers for an id: what every service asks first."""

import logging

from fakeai.core.catalog import Catalog, ModelCard
from fakeai.core.errors import ModelNotFound

_log = logging.getLogger("fakeai.models")

_MAX_NOTED = 10_000
_MAX_TUNED = 64
"""Fine-tuned models whose cards are held: each has what it has learned."""
_MAX_ID = 256


class ModelDirectory:
    """Which card stands for a model id: of the catalog, or accepted though unknown (unless `strict`).

    May be asked from several threads. Where `only` certain models were chosen, refusals tell which.
    """

    def __init__(self, catalog: Catalog, *, strict: bool, default: str, only: bool = False) -> None:
        self.catalog = catalog
        self.default = default
        self.only = only
        self._strict = strict
        self._accepted: dict[str, ModelCard] = {}
        self._adapters: dict[str, ModelCard] = {}
        self._tuned: dict[str, ModelCard] = {}
        self._deleted: set[str] = set()
        self._used: dict[tuple[str, str], bool] = {}
        """Fine-tunes by owner and id: whether they are to be found (or were deleted)."""

    def card(self, model: str | None) -> ModelCard:
        """The card of `model` (the default model's when None). Raises ModelNotFound for an unknown id when strict."""
        name = model or self.default
        card = self.find(name)
        if card is not None:
            return card
        if self._strict or len(name) > _MAX_ID or name in self._deleted:
            raise ModelNotFound(name[:_MAX_ID], self.catalog.cards if self.only else ())
        card = self.catalog.accept(name)
        _log.warning("model %r is not in the catalog: accepted, answered like a %s model", name, card.family)
        if len(self._accepted) >= _MAX_NOTED:
            self._accepted.clear()
        self._accepted[name] = card
        return card

    def find(self, model: str) -> ModelCard | None:
        """The card of a model of the catalog, of an adapter, of a fine-tuned one in use, or of one accepted earlier."""
        known = self.catalog.get(model) or self._adapters.get(model)
        return known or self._tuned.get(model) or self._accepted.get(model)

    def names(self, model: str) -> bool:
        """Whether whoever runs this server has named such a model: one of the catalog, or an adapter."""
        return model in self.catalog.cards or model in self._adapters

    def adapters(self) -> list[ModelCard]:
        """The adapters that are loaded, in that order."""
        return list(self._adapters.values())

    def add_adapter(self, card: ModelCard) -> None:
        """From here on its id is a model: `card` is its parent's but for the id and where it comes from."""
        assert card.parent is not None, "an adapter has a parent"
        self._adapters[card.id] = card
        self._deleted.discard(card.id)

    def remove_adapter(self, name: str) -> None:
        """From here on its id is not found. KeyError for one that is not loaded."""
        del self._adapters[name]
        self.delete(name)

    def tuned(self, name: str) -> ModelCard | None:
        """The card of a fine-tuned model that a job has made, if it is held. Whose it is is not known here."""
        return self._tuned.get(name)

    def add_tuned(self, card: ModelCard) -> None:
        """Hold the card of a fine-tuned model, in the place of the one that is held longest."""
        if len(self._tuned) >= _MAX_TUNED:
            self._tuned.pop(next(iter(self._tuned)), None)
        self._tuned[card.id] = card

    def forget_tuned(self, name: str) -> None:
        """Hold it no longer."""
        self._tuned.pop(name, None)

    def use(self, owner: str, name: str) -> None:
        """`owner` uses a fine-tune that no job has made. Raises ModelNotFound if it has deleted it, or it is no id."""
        if len(name) > _MAX_ID or not self._used.get((owner, name), True):
            raise ModelNotFound(name[:_MAX_ID])
        self._note(owner, name, there=True)

    def used(self, owner: str, name: str) -> bool:
        """Whether `owner` has used that fine-tune, and not deleted it since."""
        return self._used.get((owner, name), False)

    def forget(self, owner: str, name: str) -> None:
        """From here on a fine-tune is not found by `owner`."""
        self._note(owner, name, there=False)

    def _note(self, owner: str, name: str, *, there: bool) -> None:
        if len(self._used) >= _MAX_NOTED:
            self._used.clear()
        self._used[owner, name] = there

    def fine_tunes(self, owner: str) -> list[ModelCard]:
        """The fine-tuned models that `owner` has used, in the order of their first use."""
        return [card for card in list(self._accepted.values()) if self.used(owner, card.id)]

    def delete(self, model: str) -> None:
        """From here on an id that was accepted is found by nobody."""
        self._accepted.pop(model, None)
        if len(self._deleted) >= _MAX_NOTED:
            self._deleted.clear()
        self._deleted.add(model)
