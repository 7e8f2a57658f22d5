"""Probes and metrics: `/healthz` (alive), `/readyz` (ready to answer), `/health` (both, in JSON), `/metrics`."""

from collections.abc import Awaitable, Callable

from fakeai.core.call import Call, Endpoint, Reply


class Health:
    """Never refused, never counted: probes go around the middlewares."""

    ENDPOINTS = (
        Endpoint("GET", "/healthz", "alive", "Whether the process lives", reply="bytes", probe=True, tag="Health"),
        Endpoint("GET", "/readyz", "ready", "Whether it can answer", reply="bytes", probe=True, tag="Health"),
        Endpoint("GET", "/health", "health", "Status and version", probe=True, tag="Health"),
        Endpoint("GET", "/metrics", "metrics", "Prometheus metrics", reply="bytes", probe=True, tag="Health"),
    )

    def __init__(
        self, version: str, not_ready: Callable[[], Awaitable[str | None]], exposition: Callable[[], bytes]
    ) -> None:
        self._version = version
        self._not_ready = not_ready
        self._exposition = exposition

    async def alive(self, call: Call) -> Reply:
        """200 as long as the loop turns."""
        return Reply(b"ok\n", media_type="text/plain; charset=utf-8")

    async def ready(self, call: Call) -> Reply:
        """200, or 503 with the reason in a line."""
        reason = await self._not_ready()
        body = b"ok\n" if reason is None else f"{reason}\n".encode()
        return Reply(body, 200 if reason is None else 503, media_type="text/plain; charset=utf-8")

    async def health(self, call: Call) -> Reply:
        """The same for people and dashboards."""
        reason = await self._not_ready()
        status = "ok" if reason is None else "not ready"
        return Reply({"status": status, "version": self._version, "reason": reason})

    async def metrics(self, call: Call) -> Reply:
        """The text exposition format."""
        return Reply(self._exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")
