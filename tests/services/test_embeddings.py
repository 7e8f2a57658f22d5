"""`POST /embeddings`: vectors of the right size and likeness, in both formats, within OpenAI's limits."""

import base64
import struct
from typing import Any

import numpy as np
import orjson
import pytest
from openai.types import CreateEmbeddingResponse

from fakeai.backends.embedding import SimulatedEmbedding
from fakeai.backends.engine_room import EngineRoom
from fakeai.core.clock import WallClock
from fakeai.core.errors import ApiError, ModelNotFound
from fakeai.core.events import Bus
from fakeai.core.generation import Usage
from fakeai.services.directory import ModelDirectory
from fakeai.services.embeddings import Embeddings
from fakeai.sim.timing import LatencyProfile

from .conftest import MakeCall


@pytest.fixture
def service(directory: ModelDirectory, clock: WallClock, no_latency: LatencyProfile) -> Embeddings:
    return Embeddings(SimulatedEmbedding(clock, no_latency, EngineRoom(clock, Bus(), {})), directory, lenient=False)


@pytest.fixture
def ask(service: Embeddings, make_call: MakeCall) -> Any:
    async def ask(input: Any, model: str = "text-embedding-3-small", validation: str = "strict", **more: Any) -> Any:
        headers = {"x-fakeai-validation": validation}
        body = {"input": input, "model": model, **more}
        reply = await service.create(make_call(service, "create", body, headers=headers))
        if "encoding_format" not in more:  # the SDK's type is that of what it makes of base64
            CreateEmbeddingResponse.model_validate_json(reply.body, strict=True)
        return orjson.loads(reply.body)

    return ask


async def test_texts_of_one_meaning_are_closer_than_others(ask: Any) -> None:
    reply = await ask(["The cat sat on the mat.", "A cat is sitting on a mat.", "Quarterly revenue fell sharply."])
    assert [row["index"] for row in reply["data"]] == [0, 1, 2]
    cat, cats, money = (np.array(row["embedding"]) for row in reply["data"])
    assert cat @ cats > cat @ money + 0.2
    assert reply["model"] == "text-embedding-3-small"
    assert reply["object"] == "list"


@pytest.mark.parametrize(
    ("model", "size"),
    [("text-embedding-3-small", 1536), ("text-embedding-3-large", 3072), ("text-embedding-ada-002", 1536)],
)
async def test_every_model_has_its_size(ask: Any, model: str, size: int) -> None:
    (row,) = (await ask("hello", model))["data"]
    assert len(row["embedding"]) == size
    assert sum(number * number for number in row["embedding"]) == pytest.approx(1.0)


async def test_shortened_vectors_begin_like_the_whole_ones(ask: Any) -> None:
    whole = (await ask("hello"))["data"][0]["embedding"]
    short = (await ask("hello", dimensions=64))["data"][0]["embedding"]
    length = sum(number * number for number in whole[:64]) ** 0.5
    assert short == pytest.approx([number / length for number in whole[:64]], abs=1e-6)


async def test_base64_holds_the_same_little_endian_floats(ask: Any) -> None:
    numbers = (await ask("hello", dimensions=8))["data"][0]["embedding"]
    packed = (await ask("hello", dimensions=8, encoding_format="base64"))["data"][0]["embedding"]
    assert list(struct.unpack("<8f", base64.b64decode(packed))) == pytest.approx(numbers, rel=1e-6)


async def test_token_ids_give_the_texts_vector_and_count(ask: Any) -> None:
    ids = [15339, 1917]  # "hello world" in cl100k_base
    text, flat, nested = await ask("hello world"), await ask(ids), await ask([ids])
    assert text["data"] == flat["data"] == nested["data"]
    assert text["usage"] == flat["usage"] == nested["usage"] == {"prompt_tokens": 2, "total_tokens": 2}


async def test_many_inputs_are_numbered_and_counted(ask: Any, service: Embeddings, make_call: MakeCall) -> None:
    reply = await ask([f"hello {'x' * number}" for number in range(300)])
    assert [row["index"] for row in reply["data"]] == list(range(300))
    assert (await ask(["hello world"] * 2_048, dimensions=8))["usage"]["total_tokens"] == 4_096
    body = {"input": ["hello world"] * 3, "model": "text-embedding-3-small"}
    assert (await service.create(make_call(service, "create", body))).usage == Usage(6, 0)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"input": "hello", "model": "text-embedding-ada-002", "dimensions": 4},
            "This model does not support specifying dimensions.",
        ),
        (
            {"input": "hello", "dimensions": 1537},
            "Invalid value for 'dimensions' = 1537. Must be less than or equal to 1536.",
        ),
        (
            {"input": ["hello", "a " * 8192]},
            "This model's maximum context length is 8192 tokens, however you requested 8193 tokens "
            "(8193 in your prompt; 0 for the completion). Please reduce your prompt; or completion length.",
        ),
        ({"input": ["a " * 8000] * 40}, "Requested 320040 tokens, max 300000 tokens per request"),
        (
            {"input": "hello", "model": "gpt-4o"},
            "You are not allowed to generate embeddings from this model",
        ),
        ({"input": [[100_300]]}, "Invalid 'input': there is a token id outside"),
        (
            {"input": ""},
            "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.",
        ),
    ],
)
async def test_what_openai_refuses_is_refused(ask: Any, body: dict[str, Any], message: str) -> None:
    with pytest.raises(ApiError) as caught:
        await ask(**body)
    assert caught.value.message.startswith(message)
    assert caught.value.status == (403 if "allowed" in message else 400)


async def test_inputs_of_exactly_the_limit_are_taken(ask: Any) -> None:
    assert (await ask(" a" * 8192))["usage"]["prompt_tokens"] == 8192


async def test_schema_validation_takes_what_the_document_allows(ask: Any) -> None:
    reply = await ask("", "gpt-4o", "schema", dimensions=3)
    assert len(reply["data"][0]["embedding"]) == 3
    assert len((await ask("x", "text-embedding-ada-002", "schema", dimensions=2))["data"][0]["embedding"]) == 2


async def test_schema_validation_replies_with_what_the_document_allows(ask: Any) -> None:
    numbers = (await ask("hello", dimensions=8))["data"]
    assert (await ask("hello", validation="schema", dimensions=8, encoding_format="base64"))["data"] == numbers


async def test_unknown_models_answer_at_any_length(ask: Any) -> None:
    reply = await ask("a " * 9000, "acme/big-embedder", dimensions=4096)
    assert len(reply["data"][0]["embedding"]) == 4096
    with pytest.raises(ApiError, match="less than or equal to 8192"):
        await ask("a", "acme/big-embedder", dimensions=65_536)


async def test_strict_directories_do_not_know_them(
    directory: ModelDirectory, clock: WallClock, no_latency: LatencyProfile, make_call: MakeCall
) -> None:
    strict = ModelDirectory(directory.catalog, strict=True, default="gpt-4o-mini")
    service = Embeddings(SimulatedEmbedding(clock, no_latency, EngineRoom(clock, Bus(), {})), strict, lenient=False)
    with pytest.raises(ModelNotFound):
        await service.create(make_call(service, "create", {"input": "x", "model": "acme/big-embedder"}))


async def test_a_latency_that_cannot_be_read_is_the_callers_mistake(service: Embeddings, make_call: MakeCall) -> None:
    body = {"input": "x", "model": "text-embedding-3-small"}
    with pytest.raises(ApiError, match="'soon' is not a latency") as caught:
        await service.create(make_call(service, "create", body, headers={"x-fakeai-ttft-ms": "soon"}))
    assert caught.value.status == 400
