"""What it takes to answer requests, and whether it is there: what probes ask."""

from typing import NamedTuple

OK = "ok"
DISABLED = "disabled"


class Readiness(NamedTuple):
    """`ok` each, or why it is not; Redis may be `disabled`. `draining`: the server is about to end."""

    db: str = OK
    llm: str = OK
    redis: str = DISABLED
    draining: bool = False

    @property
    def reason(self) -> str | None:
        """Why requests would have to wait or be refused, or None."""
        if self.draining:
            return "the server is shutting down"
        return next((state for state in (self.llm, self.db, self.redis) if state not in (OK, DISABLED)), None)
