"""The models that fine-tuning jobs have made: whose they are, who else may use them, and what they have learned."""

from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType

from fakeai.core.call import Principal
from fakeai.core.errors import ModelNotFound
from fakeai.core.lessons import Lessons
from fakeai.services.directory import ModelDirectory
from fakeai.store.base import Database, Object, Tx
from fakeai.store.objects import Collection

MARK = "ft:"
"""What their names begin with."""

_DELETED = "_deleted"


class TunedModels:
    """By name, which is the same for nobody else. A deleted one is remembered: its name is never a model's again."""

    def __init__(self, db: Database, directory: ModelDirectory) -> None:
        self._db = db
        self._directory = directory
        self._rows = Collection("fine_tuned_model")
        self._lessons = Collection("fine_tuned_lessons")
        self._permissions = Collection("checkpoint_permission")

    def learn(self, tx: Tx, owner: str, job: str, lessons: Lessons) -> None:
        """Keep what the models of a job will know."""
        kept = {**lessons._asdict(), "answers": dict(lessons.answers), "id": job}
        if not self._lessons.known(tx, owner, job):
            self._lessons.add(tx, owner, kept)

    def add(self, tx: Tx, owner: str, names: Iterable[str], base: str, job: str, created: int) -> None:
        """There are these models now: all made by one job."""
        for name in names:
            self._rows.add(tx, owner, {"id": name, "created": created, "_base": base, "_job": job})

    async def owned(self, principal: Principal) -> list[Object]:
        """The caller's models, the oldest first."""
        if self._db.untouched:
            return []
        found = await self._db.read(lambda tx: list(self._rows.every(tx, principal.owner)))
        return [model for model in found if _DELETED not in model]

    async def get(self, principal: Principal, name: str) -> Object | None:
        """The model, if the caller may use it; None if no job has made one of that name. Raises ModelNotFound."""

        def look(tx: Tx) -> tuple[Object | None, bool]:
            found = self._rows.find(tx, name)
            if found is None:
                return None, True
            return found[1], found[0] == principal.owner or self._permitted(tx, principal, found[0], name)

        model, allowed = await self._db.read(look)
        if model is not None and (_DELETED in model or not allowed):
            raise ModelNotFound(name)
        return model

    async def admit(self, principal: Principal, name: str) -> None:
        """Let the directory know the model, or that the caller uses one that no job has made.

        Raises ModelNotFound if it is somebody else's, or was deleted.
        """
        model = await self.get(principal, name)
        if model is None:
            self._directory.forget_tuned(name)
            self._directory.use(principal.owner, name)
        elif self._directory.tuned(name) is None:
            lessons = await self._db.read(lambda tx: self._lessons.find(tx, model["_job"]))
            base = self._directory.catalog.accept(model["_base"])
            card = replace(base, id=name, created=model["created"])
            self._directory.add_tuned(card if lessons is None else replace(card, lessons=_learned(lessons[1])))

    async def delete(self, principal: Principal, name: str) -> bool:
        """Forget a model of the caller's for ever; False if it is none."""

        def mark(model: Object) -> Object:
            return {**model, _DELETED: True}

        found = await self._db.run(lambda tx: self._rows.change(tx, principal.owner, name, mark))
        self._directory.forget_tuned(name)
        return found is not None

    def made(self, tx: Tx, organization: str, name: str) -> bool:
        """Whether some project of the organization has such a model."""
        found = self._rows.find(tx, name)
        return found is not None and found[0].startswith(f"{organization}/") and _DELETED not in found[1]

    def _permitted(self, tx: Tx, principal: Principal, owner: str, name: str) -> bool:
        same = owner.startswith(f"{principal.organization}/")
        return same and self._permissions.count(tx, principal.organization, parent=name, tag=principal.project) > 0


def _learned(kept: Object) -> Lessons:
    values = {name: kept[name] for name in Lessons._fields}
    return Lessons(**values | {"answers": MappingProxyType(values["answers"])})
