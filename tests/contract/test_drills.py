"""Short versions of the drills of batches, webhooks and responses: real servers on a directory, killed, started again and taken over."""

from pathlib import Path

import pytest

from benchmarks import drill_batches as drills
from benchmarks import drill_responses, drill_webhooks


@pytest.mark.parametrize("state", ["50 %", "cancelling"])
async def test_a_batch_whose_server_is_killed_is_carried_on_by_the_next(tmp_path: Path, state: str) -> None:
    calm = None if state == "cancelling" else await drills.undisturbed(tmp_path / "calm", 600)
    _, ended, took = await drills.kill_at(tmp_path / "data", state, 600)
    assert ended.status == ("cancelled" if state == "cancelling" else "completed")
    assert drills.faults(ended, 600, calm) == (0, 0, 0)
    assert took < drills.LEASE_S + 20


async def test_events_whose_server_is_killed_reach_their_receivers_nevertheless(tmp_path: Path) -> None:
    outcome = await drill_webhooks.killed(tmp_path / "data", True)
    assert outcome.held, outcome.words


@pytest.mark.parametrize("drill", drill_responses.DRILLS)
async def test_responses_outlast_a_kill_and_end_when_another_server_cancels_them(tmp_path: Path, drill: str) -> None:
    outcome = await drill_responses.DRILLS[drill](tmp_path / "data", True)
    assert outcome.held, outcome.words
