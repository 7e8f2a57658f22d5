"""Who gets what, and who is refused."""

import pytest

from fakeai.sim.router import LeastLoaded
from fakeai.sim.types import Busy, SimRequest
from fakeai.sim.worker import TooLongError
from tests.sim.engines import Notes, cluster, prompt


def test_the_router_sees_only_workers_that_are_ready() -> None:
    notes = Notes()
    made = cluster(workers=3, notes=notes, router=LeastLoaded, startup_s=5.0)
    made.add("both")
    made.drain(1, 0.0)
    for n in range(4):
        made.submit(prompt(str(n), 4, 2), 0.0)
    assert {choice.worker for _, choice, _ in notes.routes} == {0, 2}


def test_a_request_without_prompt_or_answer_is_refused() -> None:
    for request in (SimRequest("a", 0, 1), SimRequest("a", 1, 0)):
        with pytest.raises(ValueError, match="at least one token"):
            cluster().submit(request, 0.0)


def test_what_is_longer_than_a_request_may_be_or_than_the_cache_is_refused() -> None:
    with pytest.raises(TooLongError, match="do not fit into the KV cache of 64 blocks"):
        cluster().submit(prompt("a", 256, 1), 0.0)


def test_a_refused_request_leaves_nothing_behind() -> None:
    made = cluster()
    made.fail(0, 0.0)
    with pytest.raises(Busy):
        made.submit(prompt("a", 4, 2), 0.0)
    assert made.current("a") is None
    assert made.next_at() is None
