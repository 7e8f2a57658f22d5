"""What passes the front door is in the metrics, as a Prometheus server would read them, and no client adds a series."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from fakeai.testing import FakeAI

CHAT: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 5}
ROUTE = "/chat/completions"


class Desk:
    def __init__(self, door: httpx.Client) -> None:
        self.door = door
        made = door.post("/v1/admin/keys", json={"label": "root", "role": "admin"})
        self.root = made.json()["key"]

    def key(self, **terms: Any) -> str:
        made = self.door.post("/v1/admin/keys", json={"label": "me", **terms}, headers={"x-api-key": self.root})
        return str(made.json()["key"])

    def ask(self, key: str, **more: Any) -> httpx.Response:
        return self.door.post(f"/v1{ROUTE}", json={**CHAT, **more}, headers={"x-api-key": key})

    def samples(self) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
        found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
        for family in text_string_to_metric_families(self.door.get("/metrics").text):
            for sample in family.samples:
                found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
        return found

    def value(self, name: str, **labels: str) -> float:
        return self.samples().get(name, {}).get(tuple(sorted(labels.items())), 0.0)


@pytest.fixture
def desk() -> Iterator[Desk]:
    with FakeAI(seed=1) as fake, httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai") as door:
        yield Desk(door)


def test_a_generation_is_counted_with_its_route_model_status_time_and_tokens(desk: Desk) -> None:  # gateway 73, 74
    usage = desk.ask(desk.key()).json()["usage"]
    labels = {"route": ROUTE, "model": "gpt-4o", "status": "200"}
    assert desk.value("fakeai_requests_total", **labels) == 1
    assert desk.value("fakeai_request_duration_seconds_count", **labels) == 1
    assert desk.value("fakeai_tokens_total", model="gpt-4o", kind="prompt") == usage["prompt_tokens"]
    assert desk.value("fakeai_tokens_total", model="gpt-4o", kind="completion") == usage["completion_tokens"]
    assert set(desk.samples()["python_gc_objects_collected_total"]) == {(("generation", n),) for n in "012"}


def test_refusals_are_counted_with_their_status_and_those_of_limits_and_quotas_apart(desk: Desk) -> None:  # gateway 76
    limited, used_up = desk.key(rpm=1), desk.key(quota=0)
    statuses = [desk.ask(key).status_code for key in ("sk-none", limited, limited, used_up)]
    assert statuses == [401, 200, 429, 402]
    for status in ("401", "402", "429"):
        assert desk.value("fakeai_requests_total", route=ROUTE, model="", status=status) == 1
    assert desk.value("fakeai_rate_limit_refusals_total", route=ROUTE) == 1
    assert desk.value("fakeai_quota_refusals_total", route=ROUTE) == 1


def test_no_client_adds_a_series(desk: Desk) -> None:  # gateway 13, 77
    key = desk.key(rpm=0)

    def all_sorts(number: int) -> None:
        desk.ask(key, model=f"model-of-mine-{number}")
        desk.ask(key, model=f"ft:gpt-4o:me::{number}")
        desk.ask(f"sk-fakeai-{number}")
        desk.door.get(f"/v1/nowhere/{number}", headers={"x-api-key": key})
        desk.door.get(f"/v1/files/file-{number}", headers={"x-api-key": key})
        desk.door.request(f"VERB{number}", "/v1/models", headers={"x-api-key": key})

    all_sorts(0)
    before = {name: set(series) for name, series in desk.samples().items()}
    for number in range(1, 20):
        all_sorts(number)
    assert {name: set(series) for name, series in desk.samples().items()} == before
    text = desk.door.get("/metrics").text
    assert key not in text and "of-mine" not in text
