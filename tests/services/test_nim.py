"""What NIM tells of itself, as its API reference has it."""

from collections.abc import Iterator
from hashlib import sha1

import httpx
import pytest
import yaml

from fakeai.core.catalog import Catalog
from fakeai.core.errors import Unavailable
from fakeai.services.nim import Nim
from fakeai.testing import FakeAI

from .conftest import MakeCall


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with FakeAI(seed=1) as fake, httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai") as client:
        yield client


@pytest.mark.parametrize("word", ["live", "ready"])
def test_a_server_that_answers_is_healthy(http: httpx.Client, word: str) -> None:
    reply = http.get(f"/v1/health/{word}")
    assert reply.json() == {"object": "health.response", "message": f"Service is {word}.", "status": word}


async def test_one_that_is_not_ready_says_why(make_call: MakeCall) -> None:
    async def loading() -> str:
        return "loading the vocabulary"

    service = Nim("1.0", loading, Catalog())
    with pytest.raises(Unavailable, match="Service is not ready: loading the vocabulary"):
        await service.ready(make_call(service, "ready", None))
    assert (await service.live(make_call(service, "live", None))).status == 200


def test_the_version_is_told_in_both_shapes(http: httpx.Client) -> None:
    told = http.get("/v1/version").json()
    assert told["release"] == http.get("/health").json()["version"] and told["version"].endswith(told["release"])
    assert told["api"].count(".") == 2 and http.get("/version").json() == told


def test_the_licence_is_what_its_hash_and_size_say(http: httpx.Client) -> None:
    told = http.get("/v1/license").json()
    assert told["sha"] == sha1(told["content"].encode()).hexdigest() and told["size"] == len(told["content"])
    assert set(told) == {"name", "path", "sha", "size", "url", "type", "content"} and told["type"] == "file"


def test_metadata_and_manifest_list_the_models_that_are_served(http: httpx.Client) -> None:
    models = [model["id"] for model in http.get("/v1/models").json()["data"]]
    told = http.get("/v1/metadata").json()
    assert [one["modelUrl"].removeprefix("ngc://nim/") for one in told["modelInfo"]] == models
    assert told["licenseInfo"] == http.get("/v1/license").json() and len(told["selectedModelProfileId"]) == 64
    manifest = yaml.safe_load(http.get("/v1/manifest").json()["manifest_file"])
    assert [profile["model"] for profile in manifest["profiles"]] == models
