"""`fakeai cache` tells of answers that a server has kept, and clears them, in the store that they share."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from fakeai.cli.program import run
from fakeai.testing import FakeAI


class Desk:
    def __init__(self, place: Path, capsys: pytest.CaptureFixture[str], redis: str | None = None) -> None:
        self.place = str(place)
        self.redis = redis
        self._capsys = capsys

    def ask(self, *words: str, status: int = 0) -> str:
        assert run(["cache", *words, "--data-dir", self.place]) == status
        told = self._capsys.readouterr()
        return told.out if status == 0 else told.err

    def generate(self, *models: str) -> list[bool]:
        """Whether a server with that store, which is started anew, has the answers of those models."""
        settings: dict[str, Any] = {"store.data_dir": self.place}
        if self.redis is not None:
            settings["store.redis"] = self.redis
        with (
            FakeAI(settings, seed=1) as fake,
            httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai/v1", timeout=30) as http,
        ):
            return [http.post("/generate", json={"prompt": "a", "model": model}).json()["cached"] for model in models]


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


def test_what_a_server_has_kept_is_told(desk: Desk) -> None:  # gateway 54
    assert desk.generate("gpt-4o", "gpt-4o-mini") == [False, False]
    assert desk.ask("stats") == "       1  gpt-4o\n       1  gpt-4o-mini\n       2  in all\n"
    assert json.loads(desk.ask("stats", "--json")) == {"entries": 2, "models": {"gpt-4o": 1, "gpt-4o-mini": 1}}
    assert desk.generate("gpt-4o", "gpt-4o-mini") == [True, True], "another server has it too"


def test_it_is_cleared_by_model_by_age_and_whole(desk: Desk) -> None:  # gateway 61
    desk.generate("gpt-4o", "gpt-4o-mini")
    assert desk.ask("clear", "--older-than", "12h") == "0 cleared\n"
    assert desk.ask("clear", "--model", "gpt-4o", "--older-than", "0s") == "1 cleared\n"
    assert desk.generate("gpt-4o", "gpt-4o-mini") == [False, True]
    assert desk.ask("clear") == "2 cleared\n"
    assert desk.ask("clear") == "0 cleared\n"


def test_redis_is_cleared_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch, redis_server
) -> None:
    monkeypatch.setenv("FAKEAI_STORE__REDIS", redis_server)
    desk = Desk(tmp_path, capsys, redis_server)
    model = f"gpt-4o-{tmp_path.name}"
    desk.generate(model)
    assert desk.generate(model) == [True]
    assert desk.ask("clear", "--model", model) == "1 cleared\n"
    assert desk.generate(model) == [False]


def test_an_age_has_a_unit(desk: Desk) -> None:
    assert "'soon' is no age" in desk.ask("clear", "--older-than", "soon", status=2)
