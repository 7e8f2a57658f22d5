"""What is delegated: all but small talk, or only deeds where nobody has said to whom."""

import pytest

from fakeai.services.live.setup import ASKED
from fakeai.services.live.tasks import is_task


@pytest.mark.parametrize(
    ("said", "asked", "task"),
    [
        ("Hello there!", True, False),
        ("Thank you very much.", True, False),
        ("Who are you?", True, False),
        ("What is the weather in Paris?", True, True),
        ("What is the weather in Paris?", False, False),
        ("Please book a table for two.", False, True),
        ("Turn the light off.", False, True),
    ],
)
def test_tasks_are_told_from_talk(said: str, asked: bool, task: bool) -> None:
    assert is_task(said, {ASKED: asked}) is task
