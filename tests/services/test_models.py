"""`/models`: the catalog and the fine-tunes in use, as the SDK reads them."""

from dataclasses import replace
from typing import Any

import pytest
from openai.types import Model, ModelDeleted

from fakeai.core.call import ANYONE, Principal
from fakeai.core.errors import ApiError, ModelNotFound
from fakeai.services.directory import ModelDirectory
from fakeai.services.models import Models, NotAllowed
from fakeai.store.sql import SqlDatabase

from .conftest import MakeCall

_TUNED = "ft:gpt-4o-mini:acme::abc123"
_SYNTHESIZE = {"x-fakeai-unknown-ids": "synthesize"}


@pytest.fixture
def service(directory: ModelDirectory, db: SqlDatabase) -> Models:
    return Models(directory, db, synthesize=False)


@pytest.fixture
def ask(service: Models, make_call: MakeCall) -> Any:
    async def ask(handler: str, model: str = "", **more: Any) -> Any:
        call = make_call(service, handler, params={"model": model} if model else {}, **more)
        return (await getattr(service, handler)(call)).body

    return ask


async def test_the_list_holds_the_catalog_and_fine_tunes_in_use(ask: Any, directory: ModelDirectory) -> None:
    directory.card("acme-large")
    directory.card(_TUNED)
    directory.use("org-acme/proj_fakeai", _TUNED)
    reply = await ask("list", principal=Principal(organization="org-acme"))
    models = [Model.model_validate(row, strict=True) for row in reply["data"]]
    assert reply["object"] == "list"
    assert [model.id for model in models] == [*directory.catalog.cards, _TUNED]
    assert models[-1].owned_by == "org-acme"
    assert len(models) == len({model.id for model in models}) > 60


async def test_adapters_are_listed_with_the_model_they_are_of(ask: Any, directory: ModelDirectory) -> None:
    base = directory.card("gpt-4o")
    known = {"created": 1_760_000_000, "shutdown_date": None}
    directory.add_adapter(replace(base, id="rhymes", parent="gpt-4o", root="/adapters/rhymes", **known))
    listed = (await ask("list"))["data"]
    assert [Model.model_validate(row, strict=True).id for row in listed][-1] == "rhymes"
    assert listed[-1] == await ask("get", "rhymes")
    assert listed[-1] == {
        "id": "rhymes",
        "object": "model",
        "created": 1_760_000_000,
        "owned_by": base.owned_by,
        "root": "/adapters/rhymes",
        "parent": "gpt-4o",
    }
    assert all("parent" not in row for row in listed[:-1])


async def test_one_model_is_told_as_openai_does(ask: Any) -> None:
    assert await ask("get", "gpt-3.5-turbo-instruct") == {
        "id": "gpt-3.5-turbo-instruct",
        "object": "model",
        "created": 1692901427,
        "owned_by": "system",
        "shutdown_date": "2026-09-28",
    }
    assert "shutdown_date" not in await ask("get", "text-embedding-3-small")


async def test_a_model_nobody_has_used_is_not_found(ask: Any, directory: ModelDirectory) -> None:
    with pytest.raises(ModelNotFound):
        await ask("get", "acme-large")
    directory.card("acme-large")
    assert (await ask("get", "acme-large"))["owned_by"] == "org-fakeai"


async def test_a_fine_tune_can_be_deleted_once(ask: Any, directory: ModelDirectory) -> None:
    directory.card(_TUNED)
    directory.use(ANYONE.owner, _TUNED)
    reply = await ask("delete", _TUNED)
    ModelDeleted.model_validate(reply, strict=True)
    assert reply == {"id": _TUNED, "object": "model", "deleted": True}
    for handler in ("get", "delete"):
        with pytest.raises(ModelNotFound):
            await ask(handler, _TUNED)
    assert _TUNED not in [row["id"] for row in (await ask("list"))["data"]]


async def test_a_fine_tune_that_only_others_use_is_not_found(ask: Any, directory: ModelDirectory) -> None:
    directory.card(_TUNED)
    directory.use("org-else/theirs", _TUNED)
    for handler in ("get", "delete"):
        with pytest.raises(ModelNotFound):
            await ask(handler, _TUNED)
    assert _TUNED not in [row["id"] for row in (await ask("list"))["data"]]
    assert directory.used("org-else/theirs", _TUNED)


async def test_models_of_the_catalog_stay(ask: Any) -> None:
    with pytest.raises(NotAllowed) as caught:
        await ask("delete", "gpt-4o")
    assert isinstance(caught.value, ApiError) and caught.value.status == 403
    assert (await ask("get", "gpt-4o"))["id"] == "gpt-4o"


async def test_synthesized_models_have_the_id_asked_for(ask: Any) -> None:
    model = await ask("get", _TUNED, headers=_SYNTHESIZE)
    Model.model_validate(model, strict=True)
    assert model["id"] == _TUNED
    assert await ask("get", _TUNED, headers=_SYNTHESIZE) == model
    assert (await ask("delete", _TUNED, headers=_SYNTHESIZE))["deleted"]
    assert (await ask("delete", "gpt-4o", headers=_SYNTHESIZE))["deleted"]
    assert (await ask("get", "gpt-4o"))["id"] == "gpt-4o"
