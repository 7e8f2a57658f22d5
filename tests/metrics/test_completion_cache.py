"""What the completion cache was asked for is counted by what it had."""

from fakeai.core.events import Bus, CacheAsked
from fakeai.metrics.completion_cache import CompletionCacheMetrics


def test_hits_and_misses_are_counted() -> None:
    bus = Bus()
    family = CompletionCacheMetrics(bus)
    for result in ("hit", "miss", "hit"):
        bus.publish(CacheAsked(result))
    told = "".join(family.expose())
    assert 'fakeai_completion_cache_requests_total{result="hit"} 2' in told
    assert 'fakeai_completion_cache_requests_total{result="miss"} 1' in told


def test_what_was_never_asked_is_named_all_the_same() -> None:
    assert "# TYPE fakeai_completion_cache_requests_total counter" in "".join(CompletionCacheMetrics(Bus()).expose())
