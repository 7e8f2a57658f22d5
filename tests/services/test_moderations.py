"""`POST /moderations`: one result a text, one for parts together, in the shape of the model's kind."""

from typing import Any

import pytest
from openai.types import ModerationCreateResponse

from fakeai.backends.moderation import SimulatedModeration
from fakeai.core.chance import Ids
from fakeai.core.clock import WallClock
from fakeai.core.errors import BadRequest
from fakeai.services.directory import ModelDirectory
from fakeai.services.moderations import Moderations
from fakeai.sim.timing import LatencyProfile

from .conftest import MakeCall

_THREAT = "I will find you and kill you."
_IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}


@pytest.fixture
def service(directory: ModelDirectory, clock: WallClock, ids: Ids, no_latency: LatencyProfile) -> Moderations:
    return Moderations(SimulatedModeration(clock, no_latency), directory, ids, lenient=False)


@pytest.fixture
def ask(service: Moderations, make_call: MakeCall) -> Any:
    async def ask(input: Any, validation: str = "strict", **more: Any) -> Any:
        headers = {"x-fakeai-validation": validation}
        return (await service.create(make_call(service, "create", {"input": input, **more}, headers=headers))).body

    return ask


async def test_every_text_has_its_result(ask: Any) -> None:
    reply = await ask([_THREAT, "What a lovely day."])
    ModerationCreateResponse.model_validate(reply, strict=True)
    threat, lovely = reply["results"]
    assert threat["flagged"] and threat["categories"]["violence"]
    assert threat["category_scores"]["violence"] > 0.5 > 0.01 > lovely["category_scores"]["violence"]
    assert not lovely["flagged"] and not any(lovely["categories"].values())
    assert reply["model"] == "omni-moderation-latest"
    assert reply["id"].startswith("modr-") and len(reply["id"]) == 5 + 32


async def test_one_text_has_one_result_and_the_same_each_time(ask: Any) -> None:
    first, again = await ask(_THREAT), await ask(_THREAT)
    assert len(first["results"]) == 1
    assert first["results"] == again["results"]
    assert first["id"] != again["id"]


async def test_parts_are_judged_together(ask: Any) -> None:
    reply = await ask([{"type": "text", "text": _THREAT}, _IMAGE])
    ModerationCreateResponse.model_validate(reply, strict=True)
    (result,) = reply["results"]
    assert result["flagged"]
    assert result["category_applied_input_types"]["violence"] == ["text", "image"]
    assert result["category_applied_input_types"]["hate"] == ["text"]


async def test_text_models_have_the_older_shape(ask: Any) -> None:
    (result,) = (await ask(_THREAT, model="text-moderation-latest"))["results"]
    assert set(result) == {"flagged", "categories", "category_scores"}
    assert len(result["categories"]) == 11 and "illicit" not in result["category_scores"]


async def test_a_thousand_texts_are_a_thousand_results(ask: Any) -> None:
    results = (await ask(["fine", _THREAT] * 500))["results"]
    assert [result["flagged"] for result in results] == [False, True] * 500


@pytest.mark.parametrize(
    ("input", "model", "message"),
    [
        ([_IMAGE], "text-moderation-latest", "text-moderation-latest does not take images"),
        ("x", "gpt-4o", "Invalid value for 'model' = gpt-4o"),
        ([_IMAGE, _IMAGE], "omni-moderation-latest", "Only one image is supported per request."),
        ([], "omni-moderation-latest", "empty array"),
    ],
)
async def test_what_openai_refuses_is_refused(ask: Any, input: Any, model: str, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        await ask(input, model=model)


async def test_schema_validation_takes_what_the_document_allows(ask: Any) -> None:
    assert (await ask([], "schema"))["results"] == []
    assert len((await ask([_IMAGE, _IMAGE], "schema", model="gpt-4o"))["results"]) == 1


async def test_a_latency_that_cannot_be_read_is_the_callers_mistake(service: Moderations, make_call: MakeCall) -> None:
    with pytest.raises(BadRequest, match="'soon' is not a latency"):
        await service.create(make_call(service, "create", {"input": "x"}, headers={"x-fakeai-ttft-ms": "soon"}))
