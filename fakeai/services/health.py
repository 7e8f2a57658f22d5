"""Probes and metrics: `/healthz` (alive), `/readyz` (ready to answer), `/health` (both, in a line), `/metrics`."""

from collections.abc import Awaitable, Callable

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.readiness import Readiness
from fakeai.wire.health import Alive, Ready


class Health:
    """Never refused, never counted: probes go around the middlewares."""

    ENDPOINTS = (
        Endpoint("GET", "/healthz", "alive", "Whether the process lives", probe=True, tag="Health"),
        Endpoint("GET", "/readyz", "ready", "Whether it can answer", probe=True, tag="Health"),
        Endpoint("GET", "/health", "health", "Status and version", probe=True, tag="Health"),
        Endpoint("GET", "/metrics", "metrics", "Prometheus metrics", reply="bytes", probe=True, tag="Health"),
    )

    def __init__(
        self, version: str, readiness: Callable[[], Awaitable[Readiness]], exposition: Callable[[], bytes]
    ) -> None:
        self._version = version
        self._readiness = readiness
        self._exposition = exposition

    async def alive(self, call: Call) -> Reply:
        """200 as long as the loop turns."""
        body: Alive = {"status": "ok"}
        return Reply(body)

    async def ready(self, call: Call) -> Reply:
        """200, or 503 with what is wrong."""
        now = await self._readiness()
        fit = now.reason is None
        body: Ready = {
            "status": "draining" if now.draining else "ready" if fit else "not_ready",
            "db": now.db,
            "llm": now.llm,
            "redis": now.redis,
        }
        return Reply(body, 200 if fit else 503)

    async def health(self, call: Call) -> Reply:
        """The same for people and dashboards."""
        reason = (await self._readiness()).reason
        status = "ok" if reason is None else "not ready"
        return Reply({"status": status, "version": self._version, "reason": reason})

    async def metrics(self, call: Call) -> Reply:
        """The text exposition format."""
        return Reply(self._exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")
