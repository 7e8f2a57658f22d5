"""A FakeAI's server: a thread of this process, and a socket for everybody."""

import subprocess
import sys
import threading
import time

import httpx
import openai
import pytest

from fakeai import FakeAI


@pytest.fixture
def fake():
    with FakeAI(seed=1) as made:
        yield made


def test_a_server_is_ready_within_a_second_and_ends_cleanly():
    before = threading.active_count()
    fake = FakeAI()
    began = time.perf_counter()
    with fake.serve() as url:
        assert httpx.get(f"{url}/healthz").json() == {"status": "ok"}
        assert time.perf_counter() - began < 3
        assert url == fake.url
    assert threading.active_count() == before
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/healthz")


def test_whoever_stops_a_server_that_has_failed_is_told(monkeypatch):
    def fail(app) -> None:
        raise LookupError("no such part")

    with FakeAI() as fake:
        made = fake.client()  # has the spare App made before it is broken
        assert made.models.list().data
        monkeypatch.setattr("fakeai.app.App._begin", fail)
        assert fake.url
        with pytest.raises(RuntimeError, match="the server has failed"):
            fake.stop()


OPEN_STREAM = """
import sys, time, openai
from fakeai import FakeAI

with FakeAI(ttft=0, itl=1000) as fake:
    client = openai.OpenAI(base_url=fake.base_url, api_key="any")
    ask = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Say hello"}]}
    next(iter(client.chat.completions.create(stream=True, max_tokens=500, **ask)))
    began = time.perf_counter()
print(time.perf_counter() - began)
"""


def test_the_server_has_its_documents(fake):
    assert httpx.get(f"{fake.url}/openapi.json").json()["openapi"].startswith("3.1")
    assert httpx.get(f"{fake.url}/docs").text.startswith("<!doctype html>")


def test_an_open_stream_does_not_hold_up_the_end():
    done = subprocess.run([sys.executable, "-c", OPEN_STREAM], capture_output=True, text=True, timeout=20)
    assert 0 < float(done.stdout) < 3


def test_other_processes_use_the_server(fake):
    code = (
        "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1] + '/models/gpt-4o-mini').read().decode())"
    )
    done = subprocess.run([sys.executable, "-c", code, fake.base_url], capture_output=True, text=True, timeout=20)
    assert '"id":"gpt-4o-mini"' in done.stdout


def test_after_stop_another_server_is_started(fake):
    first = fake.url
    fake.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(first)
    assert httpx.get(f"{fake.url}/healthz").status_code == 200


def test_the_environment_points_at_the_server(fake, monkeypatch):
    for name, value in fake.environment.items():
        monkeypatch.setenv(name, value)
    with openai.OpenAI() as client:
        assert client.models.retrieve("gpt-4o-mini").id == "gpt-4o-mini"
