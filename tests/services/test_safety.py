"""Alerts and cases: there are none, unless somebody wants them made up."""

import pytest

from fakeai.core.errors import NotFound
from fakeai.services.safety import Safety
from fakeai.store.sql import SqlDatabase
from tests.services.conftest import MakeCall

MADE_UP = {"x-fakeai-unknown-ids": "synthesize"}


@pytest.mark.parametrize(("handler", "called"), [("alert", "Safety alert"), ("case", "Safety case")])
async def test_there_are_none(db: SqlDatabase, make_call: MakeCall, handler: str, called: str) -> None:
    safety = Safety(db, synthesize=False)
    with pytest.raises(NotFound, match=f"{called} with id 'x' not found"):
        await getattr(safety, handler)(make_call(safety, handler, params={"id": "x"}))


async def test_those_made_up_are_the_same_each_time(db: SqlDatabase, make_call: MakeCall) -> None:
    safety = Safety(db, synthesize=False)
    for handler in ("alert", "case"):
        told = [
            (await getattr(safety, handler)(make_call(safety, handler, headers=MADE_UP, params={"id": "x"}))).body
            for _ in range(2)
        ]
        assert told[0] == told[1]
        assert (told[0]["id"], told[0]["object"]) == ("x", f"safety.{handler}")
