"""`fakeai state` saves, loads and resets over the wire, and says what went wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakeai.cli.program import run
from fakeai.testing import FakeAI


@pytest.fixture
def fake() -> Iterator[FakeAI]:
    with FakeAI(seed=1) as made:
        yield made


def names(fake: FakeAI) -> list[str]:
    return sorted(file.filename for file in fake.client().files.list())


def kept(fake: FakeAI, *files: str) -> None:
    for name in files:
        fake.client().files.create(file=(name, name.encode() * 1_000), purpose="user_data")


def test_what_was_saved_is_there_again(fake: FakeAI, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = str(tmp_path / "state.tar")
    kept(fake, "a", "b")
    assert run(["state", "save", archive, "--url", fake.url]) == 0
    assert run(["state", "reset", "--url", fake.url]) == 0
    assert names(fake) == []
    kept(fake, "c")
    assert run(["state", "load", archive, "--url", fake.url]) == 0
    assert names(fake) == ["a", "b"]
    said = capsys.readouterr().out
    assert "bytes" in said and "everything is forgotten" in said and "2 blobs loaded" in said
    assert [path.name for path in tmp_path.iterdir()] == ["state.tar"]


def test_what_is_no_archive_changes_nothing(fake: FakeAI, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.tar"
    broken.write_bytes(b"this is no archive" * 1_000)
    kept(fake, "a")
    assert run(["state", "load", str(broken), "--url", fake.url]) == 1
    assert "no archive that fakeai has written" in capsys.readouterr().err
    assert names(fake) == ["a"]


def test_nobody_there_and_no_file_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["state", "save", str(tmp_path / "x"), "--url", "http://127.0.0.1:1"]) == 1
    assert "127.0.0.1:1 does not answer" in capsys.readouterr().err
    assert run(["state", "load", str(tmp_path / "x"), "--url", "http://127.0.0.1:1"]) == 1
    assert "No such file" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_told(
    fake: FakeAI, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["state", "save", str(tmp_path / "no" / "place"), "--url", fake.url]) == 1
    assert "No such file" in capsys.readouterr().err
