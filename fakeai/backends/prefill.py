"""The time of answers that come in one piece: the model reads its input once, which takes one TTFT."""

from collections.abc import Iterable
from hashlib import blake2b

from fakeai.core.chance import Chance
from fakeai.core.clock import Clock
from fakeai.core.generation import Timing
from fakeai.sim.timing import LatencyProfile


class Prefill:
    """Draws durations from a profile. Equal inputs take equally long, whatever else is going on."""

    def __init__(self, clock: Clock, profile: LatencyProfile) -> None:
        self._clock = clock
        self._profile = profile

    def due(self, model: str, texts: Iterable[str], timing: Timing) -> float:
        """The Clock second at which an answer begun at this moment is due. Raises ValueError for a bad spec."""
        now = self._clock.now()
        ttft = self._profile.latency(model, timing.ttft_ms, timing.itl_ms).ttft
        if ttft.is_zero:
            return now
        digest = blake2b(model.encode("utf-8", "surrogatepass"), digest_size=32)
        for text in texts:
            digest.update(b"\0" + text.encode("utf-8", "surrogatepass"))
        return now + ttft.draw(Chance(digest.digest()))

    async def wait(self, due: float) -> None:
        """Sleep until then; a deadline that has passed costs nothing, not even a turn of the loop."""
        if due > self._clock.now():
            await self._clock.sleep_until(due)
