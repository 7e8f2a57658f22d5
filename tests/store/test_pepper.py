"""The secret beside a database is made once, is for its owner only, and is never made anew."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fakeai.store.pepper import pepper


def test_the_secret_stays_and_is_for_its_owner_only(tmp_path: Path) -> None:
    made = pepper(tmp_path)
    assert len(made) == 64
    assert pepper(tmp_path) == made
    assert [path.name for path in tmp_path.iterdir()] == ["pepper"]
    assert (tmp_path / "pepper").stat().st_mode & 0o777 == 0o600


def test_those_who_begin_together_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: pepper(tmp_path), range(32)))) == 1


def test_an_empty_secret_is_none(tmp_path: Path) -> None:
    (tmp_path / "pepper").touch()
    with pytest.raises(ValueError, match="is empty"):
        pepper(tmp_path)
