"""Whoever carries a run on goes on from what is committed; whatever goes wrong, the run says so and its thread is free."""

from typing import Any

import pytest

from fakeai.core.errors import BadRequest, RateLimited, ServerError, StorageUnavailable
from fakeai.services.assistants.run_work import _last_error
from fakeai.services.turns import Turns


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadRequest("no"), "invalid_prompt"),
        (RateLimited("slow", "requests", 1.0), "rate_limit_exceeded"),
        (ServerError("oh"), "server_error"),
        (KeyError("secret"), "server_error"),
    ],
)
def test_an_error_is_told_in_the_words_of_runs(error: Exception, code: str) -> None:
    told = _last_error(error)
    assert told["code"] == code and "secret" not in told["message"]


def failing(error: Exception, times: int = 99) -> Any:
    """A model that fails so often."""
    left = [error] * times
    answer = Turns.generate

    def generate(self: Turns, request: Any) -> Any:
        if left:
            raise left.pop()
        return answer(self, request)

    return generate


@pytest.mark.parametrize("error", [BadRequest("Too bad."), KeyError("secret")], ids=["refusal", "defect"])
def test_a_run_that_fails_says_why_and_frees_its_thread(
    door: Any, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(Turns, "generate", failing(error))
    name, thread = door.assistant(), door.thread("Hi!")
    run = door.over(door.post(f"/threads/{thread}/runs", {"assistant_id": name}))
    assert run["status"] == "failed" and run["failed_at"] is not None and run["usage"]["total_tokens"] == 0
    assert "secret" not in run["last_error"]["message"]
    text = door.http.post(f"/threads/{thread}/runs", json={"assistant_id": name, "stream": True}).text
    assert "event: thread.run.failed\n" in text and text.endswith("event: done\ndata: [DONE]\n\n")
    door.post(f"/threads/{thread}/messages", {"role": "user", "content": "And?"})


def test_a_run_whose_database_is_away_is_carried_on_when_it_is_back(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Turns, "generate", failing(StorageUnavailable("away"), times=1))
    name, thread = door.assistant(), door.thread("Hi!")
    run = door.over(door.post(f"/threads/{thread}/runs", {"assistant_id": name}))
    assert run["status"] == "completed"
    assert len(door.get(f"/threads/{thread}/messages")["data"]) == 2
    assert len(door.get(f"/threads/{thread}/runs/{run['id']}/steps")["data"]) == 1


def test_an_image_that_cannot_be_read_fails_its_run(door: Any) -> None:
    part = {"type": "image_url", "image_url": {"url": "data:image/png;base64,!!!"}}
    body = {"messages": [{"role": "user", "content": [part]}]}
    thread = door.post("/threads", body, **{"x-fakeai-validation": "schema"})["id"]
    run = door.over(door.post(f"/threads/{thread}/runs", {"assistant_id": door.assistant()}))
    assert (run["status"], run["last_error"]["code"]) == ("failed", "invalid_prompt")
