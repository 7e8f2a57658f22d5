"""What a session knows of time: how long it may last, when its sound has been played, how long nobody has spoken, and
how much of the model's allowance is left. Times are Clock seconds, and are always given."""

from collections import deque
from collections.abc import Iterator

from fakeai.core.catalog import ModelCard
from fakeai.core.generation import JsonObject, Usage
from fakeai.services.realtime.conversation import Event
from fakeai.services.realtime.response import Response
from fakeai.services.realtime.sound import RATE

LONGEST_S = 3600.0
_MINUTE_S = 60.0


class Hours:
    """The times of one session. `played`: whether its sound is played here, so that there is something to tell of it."""

    def __init__(self, now: float, turns: JsonObject | None, card: ModelCard, *, played: bool) -> None:
        self._end: float | None = now + LONGEST_S
        self._limits = card.requests_per_minute, card.tokens_per_minute
        self._played = played
        self._playing: str | None = None
        self._until = now
        self._idle_s: float | None = None
        self._idle_at: float | None = None
        self._recent: deque[tuple[float, int]] = deque()
        self.change(turns)

    def change(self, turns: JsonObject | None) -> None:
        """Other settings from here on."""
        wait = None if turns is None else turns.get("idle_timeout_ms")
        self._idle_s = None if wait is None else wait / 1000.0
        if self._idle_s is None:
            self._idle_at = None

    def due(self) -> float | None:
        """When something is to be looked at."""
        until = self._until if self._playing is not None else None
        return min((at for at in (self._end, self._idle_at, until) if at is not None), default=None)

    def expired(self, now: float) -> bool:
        """Whether the session is over; true once."""
        if self._end is None or now < self._end:
            return False
        self._end = None
        return True

    # -- who speaks

    def speaks(self) -> None:
        """Somebody does: nobody is waited for."""
        self._idle_at = None

    def idle(self, now: float) -> bool:
        """Whether the user has been waited for long enough; true once."""
        if self._idle_at is None or now < self._idle_at:
            return False
        self._idle_at = None
        return True

    def plays(self, response: Response, samples: int, now: float) -> Iterator[Event]:
        """More sound of a response."""
        self._until = max(self._until, now) + samples / RATE
        if self._played and self._playing != response.id:
            self._playing = response.id
            yield {"type": "output_audio_buffer.started", "response_id": response.id}

    def played(self, now: float) -> Iterator[Event]:
        """All of it has been heard, if it is so late."""
        if self._playing is not None and now >= self._until:
            done, self._playing = self._playing, None
            yield {"type": "output_audio_buffer.stopped", "response_id": done}

    def silenced(self, now: float) -> Iterator[Event]:
        """Nobody hears the rest."""
        self._until = min(self._until, now)
        if self._playing is not None:
            done, self._playing = self._playing, None
            yield {"type": "output_audio_buffer.cleared", "response_id": done}

    # -- responses

    def over(self, response: Response, used: Usage, now: float) -> Iterator[Event]:
        """A response is done: what is left of the allowance, and from when on the user is waited for."""
        if response.in_conversation and self._idle_s is not None:
            self._idle_at = max(self._until, now) + self._idle_s
        self._recent.append((now, used.prompt + used.completion))
        while self._recent and self._recent[0][0] <= now - _MINUTE_S:
            self._recent.popleft()
        taken = len(self._recent), sum(tokens for _, tokens in self._recent)
        limits = [
            {
                "name": name,
                "limit": limit,
                "remaining": max(0, limit - used_up),
                "reset_seconds": round(min(used_up, limit) * _MINUTE_S / limit, 3),
            }
            for name, limit, used_up in zip(("requests", "tokens"), self._limits, taken, strict=True)
        ]
        yield {"type": "rate_limits.updated", "rate_limits": limits}
