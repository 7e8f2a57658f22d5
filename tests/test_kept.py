"""Where things last follows from the settings, and a whole server keeps them there: in any of the technologies."""

import sqlite3
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import openai
import pytest
from technologies import bucket, emptied

from fakeai.core.clock import WallClock
from fakeai.kept import Kept
from fakeai.settings import Settings, load
from fakeai.store.local import LocalBlobs
from fakeai.store.redis import RedisValues
from fakeai.testing import FakeAI


def settings(**named: Any) -> Settings:
    return load(flags={f"store.{name}": value for name, value in named.items()}, environ={})


def test_without_settings_nothing_is_opened_or_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    kept = Kept(settings())
    assert kept.sql.in_memory and not kept.sql.opened and kept.directory_on_disk is None
    kept.close()
    assert list(tmp_path.iterdir()) == []


def test_a_directory_holds_database_and_blobs_and_nobody_else_may_look(tmp_path: Path) -> None:
    place = tmp_path / "kept"
    kept = Kept(settings(data_dir=str(place)))
    assert isinstance(kept.blobs(WallClock()), LocalBlobs)
    assert (place / "fakeai.db").is_file()
    assert place.stat().st_mode & 0o077 == 0
    kept.close()


def test_each_part_may_be_elsewhere(tmp_path: Path) -> None:
    kept = Kept(settings(database=f"sqlite:///{tmp_path}/x.db", blobs=str(tmp_path / "b"), redis="redis://127.0.0.1:1"))
    assert kept.sql.url == f"sqlite:///{tmp_path}/x.db"
    assert (tmp_path / "b").is_dir()
    assert isinstance(kept.values(WallClock()), RedisValues)
    kept.close()


def test_a_database_without_a_place_for_bytes_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    database = f"sqlite:///{tmp_path}/x.db"
    Kept(settings(database=database, blobs=str(tmp_path / "b"))).close()
    assert caplog.messages == []
    Kept(settings(database=database)).close()
    assert [message for message in caplog.messages if "store.blobs" in message]


@pytest.mark.parametrize(
    ("named", "fault"),
    [
        ({"data_dir": "/dev/null/x"}, "cannot be a directory"),
        ({"database": "nonsense://x"}, "cannot be used"),
        ({"database": "postgresql+psycopg://us:secret@127.0.0.1:1/x"}, "cannot be used"),
        ({"blobs": "s3://no-such-bucket/x"}, "cannot be used"),
    ],
)
def test_a_place_that_cannot_be_used_is_told_at_once(
    named: dict[str, str], fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    with pytest.raises(ValueError, match=fault) as refused:
        Kept(settings(**named))
    assert "secret" not in str(refused.value)


def test_usage_that_was_counted_last_is_kept_too(tmp_path: Path) -> None:
    with FakeAI(**{"store.data_dir": str(tmp_path)}) as fake:
        fake.client().embeddings.create(model="text-embedding-3-small", input="a")
    with sqlite3.connect(tmp_path / "fakeai.db") as connection:
        assert connection.execute("SELECT kind, requests FROM usage").fetchall() == [("embeddings", 1)]
    connection.close()


@pytest.fixture
def elsewhere(postgresql: str, redis_server: str, s3: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Settings of a server of which nothing is on this machine's disk."""
    url = bucket(s3, monkeypatch)
    return {"store.database": emptied(postgresql), "store.blobs": url, "store.redis": redis_server}


def test_two_servers_share_a_database_and_a_bucket(elsewhere: dict[str, str]) -> None:
    with FakeAI(**elsewhere) as one, FakeAI(**elsewhere) as other:
        first, second = one.client(), other.client()
        for number in range(20):
            made = first.files.create(file=(f"{number}.txt", b"x" * 1_000 * (number + 1)), purpose="user_data")
            assert second.files.retrieve(made.id).bytes == 1_000 * (number + 1), "what one has kept, all see at once"
        assert second.files.content(made.id).read() == b"x" * 20_000
        assert [file.id for file in second.files.list()] == [file.id for file in first.files.list()]
        for client in (first, second):
            client.embeddings.create(model="text-embedding-3-small", input="a")
        usage = second.with_options(admin_api_key="sk-admin").admin.organization.usage
        start = int(time.time()) - 3_600

        def counted() -> int:
            pages = usage.embeddings(start_time=start, bucket_width="1d").data
            return sum(result.num_model_requests for bucket in pages for result in bucket.results)

        end = time.monotonic() + 20
        while counted() < 2:  # the other server tells within a second
            assert time.monotonic() < end
        second.files.delete(made.id)
        assert len(list(first.files.list())) == 19


def test_two_servers_know_the_same_keys_and_limits(elsewhere: dict[str, str]) -> None:
    with FakeAI(**elsewhere) as one, FakeAI(**elsewhere) as other, ExitStack() as ends:

        def client(server: FakeAI, key: str) -> openai.OpenAI:
            made = openai.OpenAI(base_url=server.base_url, api_key=key, admin_api_key=key, max_retries=0)
            return ends.enter_context(made)

        admin = client(one, "a")
        projects = admin.admin.organization.projects
        project = projects.create(name="shared").id
        key = projects.service_accounts.create(project, name="robot").api_key
        assert key is not None
        projects.rate_limits.update_rate_limit("rl-gpt-4o", project_id=project, max_requests_per_1_day=10)
        robots = [client(server, key.value) for server in (one, other)]

        def answers() -> int:
            answered = 0
            for number in range(14):
                with suppress(openai.RateLimitError):
                    messages: Any = [{"role": "user", "content": "hi"}]
                    robots[number % 2].chat.completions.create(model="gpt-4o", messages=messages)
                    answered += 1
            return answered

        assert answers() == 10
        robots[1].files.list()
        projects.api_keys.delete(key.id, project_id=project)
        begun = time.monotonic()
        with pytest.raises(openai.AuthenticationError):
            robots[0].files.list()
        with pytest.raises(openai.AuthenticationError):
            while True:
                robots[1].files.list()
                assert time.monotonic() < begun + 20
