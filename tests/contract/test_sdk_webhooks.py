"""Webhooks as the official SDK sees them: endpoints made and changed, and events that reach them and are unwrapped."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import openai
import pytest
from openai.types.webhooks import BatchCancelledWebhookEvent, BatchCompletedWebhookEvent
from receivers import Receiver, hangs, redirects

from fakeai.testing import FakeAI
from fakeai.wire.webhooks.events import EVENT_TYPES

OTHER = {"OpenAI-Project": "proj_other"}
SAY = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 4}
SEA = "Tell me a very long story about the sea."
TALK = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]
HERE = {"webhooks.allow_private": True}


class Stand(NamedTuple):
    fake: FakeAI
    client: Any


@pytest.fixture(params=["memory", "directory"])
def stand(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stand]:
    kept = {"store.data_dir": str(tmp_path / "data")} if request.param == "directory" else {}
    with FakeAI({**HERE, **kept}, seed=1, speed=100) as fake:
        yield Stand(fake, fake.client(max_retries=0, _strict_response_validation=True))


def begin(client: Any, *, wrong: bool = False, rows: int = 1) -> Any:
    row = {"custom_id": "r", "method": "POST", "url": "/v1/chat/completions", "body": SAY}
    data = b"{}" if wrong else b"\n".join(json.dumps({**row, "custom_id": f"r{n}"}).encode() for n in range(rows))
    file = client.files.create(file=("in.jsonl", data), purpose="batch")
    return client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")


def test_every_verb_of_endpoints(stand: Stand) -> None:
    client = stand.client
    made = [
        client.webhooks.create(name=f"n{n}", url=f"http://127.0.0.1/{n}", event_types=["batch.completed"])
        for n in range(5)
    ]
    assert len({one.signing_secret for one in made}) == 5
    assert [one.id for one in client.webhooks.list(limit=2)] == [one.id for one in reversed(made)], "pages follow"
    first = client.webhooks.update(made[0].id, name="other", url="http://127.0.0.1/other", event_types=["batch.failed"])
    assert client.webhooks.retrieve(made[0].id) == first
    assert (first.name, first.url, first.event_types) == ("other", "http://127.0.0.1/other", ["batch.failed"])
    assert client.webhooks.rotate_secret(made[0].id).signing_secret != made[0].signing_secret
    gone = client.webhooks.delete(made[0].id)
    assert (gone.id, gone.deleted, gone.object) == (made[0].id, True, "webhook_endpoint.deleted")
    for refused in (client.webhooks.retrieve, client.webhooks.delete, client.webhooks.rotate_secret):
        with pytest.raises(openai.NotFoundError):
            refused(made[0].id)
    assert client.webhooks.event_types.list().data == [*EVENT_TYPES]
    stranger = stand.fake.client(default_headers=OTHER, max_retries=0)
    assert list(stranger.webhooks.list()) == []
    with pytest.raises(openai.NotFoundError):
        stranger.webhooks.update(made[1].id, name="mine")


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_a_sample_of_each_type_is_unwrapped(event_type: Any) -> None:
    with FakeAI(HERE, seed=1) as fake, Receiver(202) as receiver:
        client = fake.client(max_retries=0)
        endpoint = client.webhooks.create(name="n", url=receiver.url, event_types=[event_type])
        result = client.webhooks.test(endpoint.id, event_type=event_type)
        assert (result.status_code, result.success, result.event_type) == (202, True, event_type)
        (got,) = receiver.received
        event: Any = client.webhooks.unwrap(got.body, got.headers, secret=endpoint.signing_secret)
        assert event.type == event_type and event.object == "event" and event.id.startswith("evt_")


def test_the_end_of_a_batch_is_told_to_those_who_want_to_know(stand: Stand) -> None:
    with Receiver() as receiver, Receiver() as other:
        types = ["batch.completed", "batch.failed", "batch.cancelled"]
        endpoint = stand.client.webhooks.create(name="n", url=receiver.url, event_types=types)
        stand.client.webhooks.create(name="o", url=other.url, event_types=["response.completed"])
        stand.fake.client(default_headers=OTHER).webhooks.create(name="p", url=other.url, event_types=types)
        done, bad = begin(stand.client), begin(stand.client, wrong=True)
        events = {}
        for got in receiver.wait(2):
            event: Any = stand.client.webhooks.unwrap(got.body, got.headers, secret=endpoint.signing_secret)
            events[event.data.id] = event
        assert isinstance(events[done.id], BatchCompletedWebhookEvent)
        assert events[bad.id].type == "batch.failed"
        assert stand.client.batches.retrieve(done.id).status == "completed"
        assert other.received == []


def test_a_cancelled_batch_and_job_are_told_of() -> None:
    slow = {**HERE, "fine_tuning.epoch_s": 1_000.0}
    with Receiver() as receiver, FakeAI(slow, seed=1, ttft="200") as fake:
        client = fake.client(max_retries=0)
        types: Any = ["batch.cancelled", "fine_tuning.job.cancelled"]
        endpoint = client.webhooks.create(name="n", url=receiver.url, event_types=types)
        batch = begin(client, rows=2_000)
        client.batches.cancel(batch.id)
        file = client.files.create(
            file=("t.jsonl", b"\n".join([json.dumps({"messages": TALK}).encode()] * 10)), purpose="fine-tune"
        )
        job = client.fine_tuning.jobs.create(model="gpt-4o-mini-2024-07-18", training_file=file.id)
        client.fine_tuning.jobs.cancel(job.id)
        events: dict[str, Any] = {}
        for got in receiver.wait(2):
            event: Any = client.webhooks.unwrap(got.body, got.headers, secret=endpoint.signing_secret)
            events[event.data.id] = event
        assert isinstance(events[batch.id], BatchCancelledWebhookEvent)
        assert events[job.id].type == "fine_tuning.job.cancelled"


def test_a_fine_tuning_job_s_success_and_failure_are_told_of(stand: Stand) -> None:
    good = b"\n".join([json.dumps({"messages": TALK}).encode()] * 10)
    with Receiver() as receiver:
        types: Any = ["fine_tuning.job.succeeded", "fine_tuning.job.failed"]
        endpoint = stand.client.webhooks.create(name="n", url=receiver.url, event_types=types)
        jobs = [
            stand.client.fine_tuning.jobs.create(
                model="gpt-4o-mini-2024-07-18",
                training_file=stand.client.files.create(file=("t.jsonl", data), purpose="fine-tune").id,
            ).id
            for data in (good, good.partition(b"\n")[0])
        ]
        told: dict[str, str] = {}
        for got in receiver.wait(2):
            event: Any = stand.client.webhooks.unwrap(got.body, got.headers, secret=endpoint.signing_secret)
            told[event.data.id] = event.type
        assert told == dict(zip(jobs, types, strict=True))


def test_what_becomes_of_a_background_response_is_told_of(stand: Stand) -> None:
    with Receiver() as receiver:
        types: Any = ["response.completed", "response.incomplete", "response.failed"]
        endpoint = stand.client.webhooks.create(name="n", url=receiver.url, event_types=types)
        made = [
            stand.client.responses.create(model="gpt-4o-mini", input=SEA, background=True, max_output_tokens=most).id
            for most in (4_000, 16)
        ]
        stand.client.responses.create(model="gpt-4o-mini", input="Hi")
        told: dict[str, str] = {}
        for got in receiver.wait(2):
            event: Any = stand.client.webhooks.unwrap(got.body, got.headers, secret=endpoint.signing_secret)
            told[event.data.id] = event.type
        assert told == dict(zip(made, ["response.completed", "response.incomplete"], strict=True))


def test_what_does_not_arrive_is_sent_again_with_the_same_id(stand: Stand) -> None:
    with Receiver(500, redirects("http://127.0.0.1:1/"), 503, 200) as receiver:
        endpoint = stand.client.webhooks.create(name="n", url=receiver.url, event_types=["batch.completed"])
        begin(stand.client)
        tries = receiver.wait(4)
        assert len({(got.headers["webhook-id"], got.body) for got in tries}) == 1
        for got in tries:
            stand.client.webhooks.unwrap(got.body, got.headers, secret=endpoint.signing_secret)


def test_a_rotated_secret_may_stay_good_for_a_while(stand: Stand) -> None:
    client = stand.client
    with Receiver() as receiver:
        old = client.webhooks.create(name="n", url=receiver.url, event_types=["batch.completed"])
        new = client.webhooks.rotate_secret(old.id, keep_old_secret_active_for_24_hours=True)
        client.webhooks.test(old.id, event_type="batch.completed")
        newest = client.webhooks.rotate_secret(old.id)
        client.webhooks.test(old.id, event_type="batch.completed")
        first, second = receiver.received
    for secret in (old.signing_secret, new.signing_secret):
        client.webhooks.unwrap(first.body, first.headers, secret=secret)
    client.webhooks.unwrap(second.body, second.headers, secret=newest.signing_secret)
    for secret in (old.signing_secret, new.signing_secret):
        with pytest.raises(openai.InvalidWebhookSignatureError):
            client.webhooks.unwrap(second.body, second.headers, secret=secret)


def test_endpoints_of_the_settings_are_told_of_all_projects() -> None:
    with Receiver() as receiver:
        static = {"webhooks.urls": receiver.url, "webhooks.secret": "whsec_c2VjcmV0IG9mIG91cnM="}
        with FakeAI({**HERE, **static}, seed=1) as fake:
            ours = begin(fake.client())
            theirs = begin(fake.client(default_headers=OTHER))
            client = fake.client(webhook_secret="whsec_c2VjcmV0IG9mIG91cnM=")
            told: list[Any] = [client.webhooks.unwrap(got.body, got.headers) for got in receiver.wait(2)]
            assert {event.data.id for event in told} == {ours.id, theirs.id}
            assert list(client.webhooks.list()) == []


def test_without_the_setting_nothing_is_sent_to_this_machine() -> None:
    with Receiver() as receiver, FakeAI(seed=1) as fake:
        client = fake.client(max_retries=0)
        for url in (receiver.url, receiver.url.replace("http", "https"), "https://localhost/"):
            with pytest.raises(openai.BadRequestError) as refused:
                client.webhooks.create(name="n", url=url, event_types=["batch.completed"])
            assert refused.value.param == "url"
        lax = fake.client(max_retries=0, default_headers={"x-fakeai-validation": "schema"})
        made = lax.webhooks.create(name="n", url=receiver.url, event_types=["batch.completed"])
        with pytest.raises(openai.BadRequestError, match="https"):
            lax.webhooks.test(made.id, event_type="batch.completed")
        assert receiver.received == []


def test_a_test_of_one_that_hangs_is_told_so_and_too_many_are_refused() -> None:
    with Receiver(hangs(lambda: receiver)) as receiver, FakeAI({**HERE, "webhooks.timeout_s": 1.0}, seed=1) as fake:
        client = fake.client(max_retries=0)
        made = client.webhooks.create(name="n", url=receiver.url, event_types=["batch.completed"])

        def test(_: int) -> int:
            try:
                return int(client.webhooks.test(made.id, event_type="batch.completed").status_code)
            except openai.APIStatusError as error:
                return error.status_code

        with ThreadPoolExecutor(12) as pool:
            assert sorted(pool.map(test, range(12))) == [400] * 8 + [429] * 4
        with pytest.raises(openai.BadRequestError, match="did not answer within 1 seconds") as refused:
            client.webhooks.test(made.id, event_type="batch.completed")
        assert "127.0" not in str(refused.value)


def test_endpoints_and_what_is_under_way_are_saved_and_loaded() -> None:
    with Receiver(500, 500, 200) as receiver, FakeAI(HERE, seed=1) as fake, FakeAI(HERE, seed=2) as second:
        client = fake.client()
        made = client.webhooks.create(name="n", url=receiver.url, event_types=["batch.completed"])
        batch = begin(client)
        receiver.wait(1)
        saved = httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai").get("/fakeai/state")
        assert saved.status_code == 200
        fake.reset()
        door = httpx.Client(transport=second.transport(httpx), base_url="http://fakeai")
        loaded = door.put("/fakeai/state", content=saved.content)
        assert loaded.is_success, loaded.text
        again = second.client()
        assert again.webhooks.retrieve(made.id).signing_secret_hint == made.signing_secret_hint
        for got in receiver.wait(3):
            event: Any = again.webhooks.unwrap(got.body, got.headers, secret=made.signing_secret)
            assert event.data.id == batch.id


@pytest.mark.filterwarnings("ignore:The Sora API:DeprecationWarning")
def test_films_that_are_made_and_that_cannot_be_are_told_of(stand: Stand) -> None:
    flagged = "I will kill you and bomb your house"
    with Receiver() as receiver:
        types: Any = ["video.completed", "video.failed"]
        endpoint = stand.client.webhooks.create(name="n", url=receiver.url, event_types=types)
        films = [stand.client.videos.create(prompt=prompt, seconds="4").id for prompt in ("a boat", flagged)]
        told: dict[str, str] = {}
        for got in receiver.wait(2):
            event: Any = stand.client.webhooks.unwrap(got.body, got.headers, secret=endpoint.signing_secret)
            told[event.data.id] = event.type
        assert told == dict(zip(films, types, strict=True))
        assert [stand.client.videos.retrieve(film).status for film in films] == ["completed", "failed"]


def test_the_call_of_a_tried_webhook_is_accepted_talked_in_and_ended() -> None:
    with FakeAI(HERE, seed=1) as fake, Receiver(200) as receiver:
        client = fake.client(max_retries=0)
        endpoint = client.webhooks.create(name="n", url=receiver.url, event_types=["realtime.call.incoming"])
        client.webhooks.test(endpoint.id, event_type="realtime.call.incoming")
        (got,) = receiver.received
        event: Any = client.webhooks.unwrap(got.body, got.headers, secret=endpoint.signing_secret)
        name = event.data.call_id
        assert {header.name for header in event.data.sip_headers} >= {"From", "To"}
        client.realtime.calls.reject(name, status_code=486)
        for model in ("gpt-realtime", "gpt-realtime-mini"):
            client.realtime.calls.accept(name, type="realtime", model=model, instructions="Be brief.")
        rung = fake.client(websocket_base_url=fake.socket_url)
        with rung.realtime.connect(call_id=name) as talk:
            created = talk.recv()
            assert created.type == "session.created" and created.session.model == "gpt-realtime-mini"
        client.realtime.calls.hangup(name)
        with pytest.raises(openai.NotFoundError):
            client.realtime.calls.hangup(name)
        with pytest.raises(openai.NotFoundError):
            client.realtime.calls.accept("rtc_nobody", type="realtime")
