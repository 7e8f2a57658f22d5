"""NVIDIA NIM's management routes, by which its charts and clients see whether and what it serves."""

from collections.abc import Awaitable, Callable
from hashlib import blake2b, sha1

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.catalog import Catalog, ModelCard
from fakeai.core.errors import Unavailable
from fakeai.wire import nim as wire

_TAG = "NVIDIA"
_LICENSE = "Apache-2.0"
_LICENSE_URL = "https://www.apache.org/licenses/LICENSE-2.0"
_LICENSE_TEXT = f"fakeai is licensed under the Apache License, Version 2.0: {_LICENSE_URL}\n"


class Nim:
    """`/health/live`, `/health/ready`, `/license`, `/metadata`, `/manifest`."""

    ENDPOINTS = (
        Endpoint("GET", "/health/live", "live", "Whether the process lives (NIM)", probe=True, tag="Health"),
        Endpoint("GET", "/health/ready", "ready", "Whether it can answer (NIM)", probe=True, tag="Health"),
        Endpoint("GET", "/license", "license", "The licence", tag=_TAG),
        Endpoint("GET", "/metadata", "metadata", "What is deployed", tag=_TAG),
        Endpoint("GET", "/manifest", "manifest", "The profiles of models", tag=_TAG),
    )

    def __init__(self, version: str, not_ready: Callable[[], Awaitable[str | None]], catalog: Catalog) -> None:
        self._version = version
        self._not_ready = not_ready
        self._catalog = catalog

    async def live(self, call: Call) -> Reply:
        """200 as long as the loop turns."""
        body: wire.NimHealth = {"object": "health.response", "message": "Service is live.", "status": "live"}
        return Reply(body)

    async def ready(self, call: Call) -> Reply:
        """200; raises Unavailable with the reason."""
        reason = await self._not_ready()
        if reason is not None:
            raise Unavailable(f"Service is not ready: {reason}.")
        body: wire.NimHealth = {"object": "health.response", "message": "Service is ready.", "status": "ready"}
        return Reply(body)

    async def license(self, call: Call) -> Reply:
        """Ours."""
        return Reply(_license())

    async def metadata(self, call: Call) -> Reply:
        """All models of the catalog."""
        cards = self._catalog.cards.values()
        body: wire.NimMetadata = {
            "version": self._version,
            "modelInfo": [{"shortName": _short(card), "modelUrl": f"ngc://nim/{card.id}"} for card in cards],
            "assetInfo": [],
            "licenseInfo": _license(),
            "repository_override": "",
            "selectedModelProfileId": _profile("".join(self._catalog.cards)),
        }
        return Reply(body)

    async def manifest(self, call: Call) -> Reply:
        """A profile for each model."""
        lines = ["schema_version: '2.0'", "profiles:"]
        for card in self._catalog.cards.values():
            lines += [f"- id: {_profile(card.id)}", f"  model: '{card.id}'", "  tags: {llm_engine: fakeai}"]
        body: wire.NimManifest = {"manifest_file": "\n".join(lines) + "\n", "repository_override": ""}
        return Reply(body)


def _license() -> wire.NimLicense:
    return {
        "name": _LICENSE,
        "path": "/LICENSE",
        "sha": sha1(_LICENSE_TEXT.encode(), usedforsecurity=False).hexdigest(),
        "size": len(_LICENSE_TEXT),
        "url": _LICENSE_URL,
        "type": "file",
        "content": _LICENSE_TEXT,
    }


def _short(card: ModelCard) -> str:
    return card.id.rpartition("/")[2]


def _profile(of: str) -> str:
    return blake2b(of.encode(), digest_size=32).hexdigest()
