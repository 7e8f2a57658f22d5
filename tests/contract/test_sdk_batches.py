"""Batches as the official SDK sees them: every verb, every endpoint they may call, and what is refused."""

import json
import time
from pathlib import Path
from typing import Any

import openai
import pytest

from fakeai.testing import FakeAI

CHAT = "/v1/chat/completions"
OTHER = {"OpenAI-Project": "proj_other"}
SAY = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 4}


@pytest.fixture
def fake(kept_fake: FakeAI) -> FakeAI:
    return kept_fake


@pytest.fixture
def client(fake: FakeAI) -> Any:
    return fake.client(max_retries=0, _strict_response_validation=True)


def lines(*bodies: dict[str, Any], url: str = CHAT) -> bytes:
    rows = [{"custom_id": f"r{n}", "method": "POST", "url": url, "body": body} for n, body in enumerate(bodies)]
    return "\n".join(map(json.dumps, rows)).encode()


def begin(client: Any, data: bytes, endpoint: str = CHAT, **more: Any) -> Any:
    file = client.files.create(file=("in.jsonl", data), purpose="batch")
    return client.batches.create(input_file_id=file.id, endpoint=endpoint, completion_window="24h", **more)


def over(client: Any, id: str) -> Any:
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        batch = client.batches.retrieve(id)
        if batch.status in ("completed", "failed", "expired", "cancelled"):
            return batch
        time.sleep(0.02)
    raise AssertionError("the batch does not end")


def told(client: Any, file_id: str) -> list[dict[str, Any]]:
    return [json.loads(row) for row in client.files.content(file_id).text.splitlines()]


def test_a_batch_is_answered_in_files(client: Any) -> None:
    batch = begin(
        client,
        lines(SAY, {**SAY, "max_tokens": 0}, {**SAY, "n": 2}),
        metadata={"job": "nightly"},
        output_expires_after={"anchor": "created_at", "seconds": 3_600},
    )
    batch = over(client, batch.id)
    assert (batch.status, batch.metadata) == ("completed", {"job": "nightly"})
    assert batch.request_counts.to_dict() == {"total": 3, "completed": 2, "failed": 1}
    output = client.files.retrieve(batch.output_file_id)
    assert (output.purpose, output.filename) == ("batch_output", f"{batch.id}_output.jsonl")
    assert output.expires_at == output.created_at + 3_600
    first, second = told(client, batch.output_file_id)
    assert (first["custom_id"], second["custom_id"], first["error"]) == ("r0", "r2", None)
    assert first["response"]["status_code"] == 200 and first["response"]["request_id"].startswith("req_")
    assert openai.types.chat.ChatCompletion.model_validate(first["response"]["body"]).choices[0].message.content
    assert len(second["response"]["body"]["choices"]) == 2
    (failed,) = told(client, batch.error_file_id)
    assert (failed["custom_id"], failed["response"]["status_code"]) == ("r1", 400)
    assert failed["response"]["body"]["error"]["param"] == "max_tokens"


@pytest.mark.parametrize(
    ("endpoint", "body"),
    [
        ("/v1/completions", {"model": "gpt-3.5-turbo-instruct", "prompt": "Once", "max_tokens": 4}),
        ("/v1/embeddings", {"model": "text-embedding-3-small", "input": ["a", "b"]}),
        ("/v1/moderations", {"model": "omni-moderation-latest", "input": "hello"}),
    ],
)
def test_batches_call_other_endpoints_too(client: Any, endpoint: str, body: dict[str, Any]) -> None:
    batch = over(client, begin(client, lines(body, body, url=endpoint), endpoint).id)
    assert batch.request_counts.completed == 2
    rows = told(client, batch.output_file_id)
    assert [row["response"]["body"]["model"] for row in rows] == [rows[0]["response"]["body"]["model"]] * 2


def test_batches_call_what_answers_with_items_pictures_and_films(client: Any) -> None:
    drawn = client.images.generate(model="gpt-image-1-mini", prompt="a cat", quality="low").data[0].b64_json
    asked: dict[str, tuple[dict[str, Any], str]] = {
        "/v1/responses": ({"model": "gpt-4o-mini", "input": "hi"}, "output"),
        "/v1/images/generations": ({"model": "gpt-image-1-mini", "prompt": "a dog", "quality": "low"}, "data"),
        "/v1/images/edits": (
            {
                "model": "gpt-image-1-mini",
                "prompt": "a hat",
                "images": [{"image_url": f"data:image/png;base64,{drawn}"}],
            },
            "data",
        ),
        "/v1/videos": ({"model": "sora-2", "prompt": "a dog"}, "id"),
    }
    for endpoint, (body, has) in asked.items():
        batch = over(client, begin(client, lines(body, url=endpoint), endpoint).id)
        assert (endpoint, batch.request_counts.completed) == (endpoint, 1)
        (row,) = told(client, batch.output_file_id)
        assert row["response"]["body"][has]
    with pytest.warns(DeprecationWarning, match="Sora"):
        assert client.videos.retrieve(row["response"]["body"]["id"]).model == "sora-2"


def test_batches_are_listed_newest_first(client: Any) -> None:
    made = [begin(client, lines(SAY)).id for _ in range(5)]
    assert [batch.id for batch in client.batches.list(limit=2)] == made[::-1]
    for name in made:
        over(client, name)


def test_faults_are_told_by_line(client: Any) -> None:
    batch = over(client, begin(client, lines(SAY, {**SAY, "model": "gpt-4o"}) + b"\n{x\n").id)
    assert (batch.status, batch.output_file_id) == ("failed", None)
    assert [(error.line, error.code) for error in batch.errors.data] == [
        (2, "mismatched_model"),
        (3, "invalid_json_line"),
    ]
    assert batch.failed_at is not None
    with pytest.raises(openai.ConflictError):
        client.batches.cancel(batch.id)


def test_what_no_batch_can_be_of_is_refused(client: Any) -> None:
    other = client.files.create(file=("in.txt", b"x"), purpose="user_data")
    given = {"endpoint": CHAT, "completion_window": "24h"}
    for more, message in (
        ({"input_file_id": other.id}, "purpose 'user_data'"),
        ({"input_file_id": other.id, "endpoint": "/v1/audio/speech"}, "Supported values are"),
        ({"input_file_id": other.id, "completion_window": "1h"}, "completion_window|24h"),
    ):
        with pytest.raises(openai.BadRequestError, match=message):
            client.batches.create(**{**given, **more})
    with pytest.raises(openai.NotFoundError, match="No such File object"):
        client.batches.create(input_file_id="file-nothing", **given)
    with pytest.raises(openai.NotFoundError, match="No batch found with id 'batch_x'"):
        client.batches.retrieve("batch_x")
    with pytest.raises(openai.NotFoundError):
        client.batches.cancel("batch_x")
    assert client.batches.list().data == []


def test_a_project_sees_neither_batches_nor_files_of_another(client: Any) -> None:
    mine = over(client, begin(client, lines(SAY)).id)
    assert client.batches.list(extra_headers=OTHER).data == []
    for verb in (client.batches.retrieve, client.batches.cancel):
        with pytest.raises(openai.NotFoundError):
            verb(mine.id, extra_headers=OTHER)
    with pytest.raises(openai.NotFoundError):
        client.files.content(mine.output_file_id, extra_headers=OTHER)
    with pytest.raises(openai.NotFoundError):
        client.batches.create(
            input_file_id=mine.input_file_id, endpoint=CHAT, completion_window="24h", extra_headers=OTHER
        )


def test_fields_that_are_the_servers_own_are_not_taken_from_a_body(client: Any) -> None:
    batch = begin(
        client, lines(SAY), extra_body={"status": "completed", "output_file_id": "file-x", "id": "batch_mine"}
    )
    assert (batch.status, batch.output_file_id) == ("validating", None)
    assert batch.id != "batch_mine"
    over(client, batch.id)


def test_five_thousand_lines_are_answered_each_once(fake: FakeAI, client: Any) -> None:
    said = [{**SAY, "messages": [{"role": "user", "content": f"Is {n} even?"}]} for n in range(5_000)]
    batch = over(client, begin(client, lines(*said)).id)
    assert batch.request_counts.to_dict() == {"total": 5_000, "completed": 5_000, "failed": 0}
    rows = told(client, batch.output_file_id)
    assert [row["custom_id"] for row in rows] == [f"r{n}" for n in range(5_000)]
    assert len({row["id"] for row in rows} | {row["response"]["request_id"] for row in rows}) == 10_000
    assert batch.usage.total_tokens == sum(row["response"]["body"]["usage"]["total_tokens"] for row in rows)
    asked = {"model": "gpt-4o-mini", "messages": said[4_321]["messages"], "max_tokens": 4}
    alone = client.chat.completions.create(**asked)
    assert rows[4_321]["response"]["body"]["choices"][0]["message"] == alone.choices[0].message.to_dict()


def test_the_same_batch_of_the_same_seed_is_answered_with_the_same_bytes(tmp_path: Path) -> None:
    answers = []
    for _ in range(2):
        with FakeAI(seed=7) as fake:
            client = fake.client()
            tools = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]
            batch = over(client, begin(client, lines(SAY, {**SAY, "tools": tools, "tool_choice": "required"})).id)
            created = str(batch.in_progress_at)
            answers.append(client.files.content(batch.output_file_id).text.replace(created, "then"))
    assert answers[0] == answers[1]
