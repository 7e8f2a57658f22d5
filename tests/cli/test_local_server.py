"""A server in a process of its own comes up with its settings, and is gone afterwards."""

import os
import signal

import httpx
import pytest

from fakeai.cli.local_server import NotStarted, local_server


def test_it_serves_with_its_settings_while_wanted():
    with local_server({"strict_models": "true", "latency.ttft": "1"}) as url:
        assert url.startswith("http://127.0.0.1:")
        asked = {"model": "nobody", "messages": [{"role": "user", "content": "Hi"}]}
        with httpx.Client(trust_env=False) as client:
            assert client.post(f"{url}/v1/chat/completions", json=asked).json()["error"]["code"] == "model_not_found"
    with pytest.raises(httpx.ConnectError), httpx.Client(trust_env=False) as client:
        client.get(f"{url}/healthz")


def test_one_that_cannot_start_is_told(capfd):
    with pytest.raises(NotStarted), local_server({"latency.ttft": "soon"}):
        raise AssertionError("it did start")
    assert "'soon'" in capfd.readouterr().err


def test_it_is_gone_when_its_user_is_ended():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), local_server({}) as url:
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before
    with pytest.raises(httpx.ConnectError), httpx.Client(trust_env=False) as client:
        client.get(f"{url}/healthz")
