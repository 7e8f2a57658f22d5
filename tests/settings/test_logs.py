"""What is written down, and how."""

import pytest

from fakeai.settings import SettingsError, load


def test_nothing_is_written_down_of_requests_unless_told() -> None:
    settings = load(environ={})
    assert (settings.journal.path, settings.log.level, settings.log.format) == (None, "info", "text")
    assert load(environ={"FAKEAI_JOURNAL_MAX_BYTES": "1MiB"}).journal.max_bytes == 2**20


@pytest.mark.parametrize(("name", "value"), [("journal.max_bytes", 0), ("log.level", "loud"), ("log.format", "xml")])
def test_what_cannot_be_is_refused(name: str, value: object) -> None:
    with pytest.raises(SettingsError, match=name):
        load(flags={name: value}, environ={})
