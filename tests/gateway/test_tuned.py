"""The step that lets fine-tuned models answer those whose they are."""

from collections.abc import Iterator

import pytest

from fakeai.core import catalog
from fakeai.core.call import Call, Endpoint, Principal, Reply
from fakeai.core.clock import WallClock
from fakeai.core.errors import ModelNotFound
from fakeai.gateway.tuned import Tuned
from fakeai.services.directory import ModelDirectory
from fakeai.services.fine_tuning_models import TunedModels
from fakeai.store.sql import Sql, SqlDatabase

NAME = "ft:gpt-4o-mini-2024-07-18:acme::abc"
ROW = Endpoint("POST", "/things", "create", "Make a thing")


@pytest.fixture
def db() -> Iterator[SqlDatabase]:
    sql = Sql()
    yield SqlDatabase(sql, WallClock())
    sql.close()


@pytest.fixture
def directory() -> ModelDirectory:
    return ModelDirectory(catalog.load(), strict=True, default="gpt-4o-mini")


def call(model: str, project: str = "mine") -> Call:
    return Call("req_1", ROW, "/things", {}, model=model, principal=Principal("org-acme", project))


async def reached(call: Call) -> Reply:
    return Reply(call.model)


async def test_a_model_is_known_to_the_directory_once_its_owner_calls(
    db: SqlDatabase, directory: ModelDirectory
) -> None:
    step = Tuned(db, directory)
    models = TunedModels(db, directory)
    await db.run(lambda tx: models.add(tx, "org-acme/mine", [NAME], "gpt-4o-mini-2024-07-18", "ftjob-1", 5))
    with pytest.raises(ModelNotFound):
        await step(call(NAME, "other"), reached)
    assert directory.find(NAME) is None
    assert (await step(call(NAME), reached)).body == NAME
    assert directory.card(NAME).created == 5
    with pytest.raises(ModelNotFound):
        await step(call(NAME, "other"), reached)


async def test_all_other_models_pass(db: SqlDatabase, directory: ModelDirectory) -> None:
    step = Tuned(db, directory)
    for model in ("", "gpt-4o", "ft:gpt-4o:acme::unknown"):
        assert (await step(call(model), reached)).body == model
    assert directory.used("org-acme/mine", "ft:gpt-4o:acme::unknown")
    assert not directory.used("org-acme/mine", "gpt-4o")


def test_only_what_may_name_a_model_is_looked_at(db: SqlDatabase, directory: ModelDirectory) -> None:
    step = Tuned(db, directory)
    assert step.applies(Endpoint("POST", "/chat/completions", "create", "Answer", body=object))
    assert not step.applies(ROW)
