"""Models that jobs have made: whose they are, and what is held of them."""

import pytest

from fakeai.core.call import Principal
from fakeai.core.errors import ModelNotFound
from fakeai.core.lessons import learn
from fakeai.services.directory import ModelDirectory
from fakeai.services.fine_tuning_models import TunedModels
from fakeai.store.objects import Collection
from fakeai.store.sql import SqlDatabase

BASE = "gpt-4o-mini-2024-07-18"
MINE = Principal("org-acme", "mine")
OTHER = Principal("org-acme", "other")
FOREIGN = Principal("org-else", "other")


def name(number: int = 0) -> str:
    return f"ft:{BASE}:acme::{number}"


@pytest.fixture
async def models(db: SqlDatabase, directory: ModelDirectory) -> TunedModels:
    made = TunedModels(db, directory)
    names = [name(number) for number in range(100)]
    await db.run(lambda tx: made.add(tx, MINE.owner, names, BASE, "ftjob-1", 5))
    await db.run(lambda tx: made.learn(tx, MINE.owner, "ftjob-1", learn([("Hi", "Ho")])))
    return made


async def test_a_model_in_use_has_its_base_s_card_and_its_lessons(
    models: TunedModels, directory: ModelDirectory
) -> None:
    await models.admit(MINE, name())
    card = directory.card(name())
    assert (card.id, card.created, card.known) == (name(), 5, False)
    assert card.context_window == directory.card(BASE).context_window
    assert card.lessons == learn([("Hi", "Ho")])
    assert directory.card(name()) is card


async def test_no_more_cards_are_held_than_memory_allows(models: TunedModels, directory: ModelDirectory) -> None:
    for number in range(100):
        await models.admit(MINE, name(number))
    held = [number for number in range(100) if directory.tuned(name(number)) is not None]
    assert held == list(range(36, 100))
    await models.admit(MINE, name(0))
    assert directory.card(name(0)).lessons is not None


async def test_only_its_owner_has_a_model_and_whom_its_organization_permits(
    models: TunedModels, db: SqlDatabase
) -> None:
    for who in (OTHER, FOREIGN):
        with pytest.raises(ModelNotFound):
            await models.admit(who, name())
        assert await models.owned(who) == []
        assert not await models.delete(who, name())
    permissions = Collection("checkpoint_permission")
    for principal in (OTHER, FOREIGN):
        row = {"id": f"cp_{principal.organization}"}
        await db.run(
            lambda tx, p=principal, row=row: permissions.add(  # type: ignore[misc]  # it cannot be inferred in a loop
                tx, p.organization, row, parent=name(), tag=p.project
            )
        )
    await models.admit(OTHER, name())
    with pytest.raises(ModelNotFound):
        await models.admit(FOREIGN, name())
    assert not await models.delete(OTHER, name()), "to use it is not to own it"


async def test_a_deleted_model_is_nobodys_for_ever(
    models: TunedModels, db: SqlDatabase, directory: ModelDirectory
) -> None:
    await models.admit(MINE, name())
    assert await models.delete(MINE, name())
    assert directory.tuned(name()) is None
    for who in (MINE, FOREIGN):
        with pytest.raises(ModelNotFound):
            await models.admit(who, name())
    assert len(await models.owned(MINE)) == 99
    assert not await db.read(lambda tx: models.made(tx, "org-acme", name()))
    assert await db.read(lambda tx: models.made(tx, "org-acme", name(1)))
    assert not await db.read(lambda tx: models.made(tx, "org-else", name(1)))


async def test_a_name_that_no_job_has_made_is_nothing_to_this(models: TunedModels) -> None:
    assert await models.get(FOREIGN, "ft:gpt-4o:else::1") is None
    await models.admit(FOREIGN, "ft:gpt-4o:else::1")


async def test_what_is_not_there_any_more_is_not_held(
    models: TunedModels, db: SqlDatabase, directory: ModelDirectory
) -> None:
    await models.admit(MINE, name())
    rows = Collection("fine_tuned_model")
    await db.run(lambda tx: rows.delete(tx, MINE.owner, name()))
    await models.admit(MINE, name())
    assert directory.tuned(name()) is None
