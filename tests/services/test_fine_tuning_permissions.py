"""Who may use a checkpoint, where ids that name nothing are as good as any."""

from typing import Any

import pytest

from fakeai.core.chance import Ids
from fakeai.core.errors import BadRequest, NotFound
from fakeai.services.directory import ModelDirectory
from fakeai.services.fine_tuning_permissions import CheckpointPermissions
from fakeai.store.sql import SqlDatabase

from .conftest import MakeCall

NAME = {"fine_tuned_model_checkpoint": "ft:gpt-4o:acme::1:ckpt-step-9"}
MADE_UP = {"x-fakeai-unknown-ids": "synthesize"}


@pytest.fixture
def ask(db: SqlDatabase, ids: Ids, directory: ModelDirectory, make_call: MakeCall) -> Any:
    service = CheckpointPermissions(db, ids, directory, synthesize=False)

    async def ask(handler: str, body: Any = None, **more: Any) -> Any:
        params = {**NAME, **more.pop("params", {})}
        return (await getattr(service, handler)(make_call(service, handler, body, params=params, **more))).body

    return ask


async def test_a_checkpoint_that_is_not_there_has_no_permissions(ask: Any) -> None:
    for handler, body, params in (
        ("create", {"project_ids": ["proj_1"]}, {}),
        ("list", None, {}),
        ("delete", None, {"permission_id": "cp_1"}),
    ):
        with pytest.raises(NotFound, match="Could not find checkpoint or permission"):
            await ask(handler, body, params=params)


async def test_one_may_be_made_up(ask: Any) -> None:
    made = await ask("create", {"project_ids": ["proj_1", "proj_2"]}, headers=MADE_UP)
    assert [one["project_id"] for one in made["data"]] == ["proj_1", "proj_2"]
    assert (await ask("list", headers=MADE_UP))["data"] == []
    gone = await ask("delete", params={"permission_id": "cp_1"}, headers=MADE_UP)
    assert gone == {"id": "cp_1", "object": "checkpoint.permission", "deleted": True}


async def test_orders_have_words_of_their_own(ask: Any) -> None:
    for order in ("ascending", "descending"):
        assert (await ask("list", query={"order": [order]}, headers=MADE_UP))["data"] == []
    with pytest.raises(BadRequest, match="Supported values are: 'ascending' and 'descending'"):
        await ask("list", query={"order": ["asc"]}, headers=MADE_UP)
