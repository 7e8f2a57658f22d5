"""The reason is that of the first thing that is missing."""

from fakeai.core.readiness import Readiness


def test_there_is_a_reason_as_long_as_anything_is_missing() -> None:
    assert Readiness().reason is None
    assert Readiness(redis="ok").reason is None
    assert Readiness(db="away").reason == "away"
    assert Readiness(db="away", llm="loading", redis="gone").reason == "loading"
    assert Readiness(db="away", draining=True).reason == "the server is shutting down"
