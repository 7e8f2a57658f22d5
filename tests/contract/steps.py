"""Requests in an order in which they can be answered, and the asking: ids in replies go into later paths and bodies."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import httpx

from fakeai import registry

_POLL_S = 0.1
_PATIENCE_S = 600.0

BETAS: Mapping[str, str] = MappingProxyType({"OpenAI-Beta": "assistants=v2, chatkit_beta=v1"})
"""The headers that some endpoints ask for."""

SERVED = {
    (row.method, row.path.replace(":path", "")): row.tag
    for service in dict(registry.table("service", registry.SERVICES).items()).values()
    for row in service.ENDPOINTS
    if not row.probe
}
"""The tag of every endpoint, by its method and path."""


def row_of(method: str, path: str) -> str:
    """The path of the endpoint that answers `path`."""
    if (method, path) in SERVED:
        return path
    for known, row in SERVED:
        if known == method and re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(row)), path):
            return row
    raise LookupError(f"nothing answers {method} {path}")


class Step(NamedTuple):
    """One request. What `keeps` names is what its reply has at `at`, for later paths and bodies that have it in braces.

    With `files`, the body is a form. `until` is the status that the reply shall have: what is not so far is asked again.
    """

    method: str
    path: str
    body: Any = None
    keeps: str = ""
    at: str = "id"
    until: str = ""
    files: Mapping[str, tuple[str, bytes]] | None = None
    headers: Mapping[str, str] | None = None

    @property
    def row(self) -> str:
        """The path as the document has it, whatever this step's path calls its ids."""
        return row_of(self.method, self.path.partition("?")[0])


def one(many: str, name: str, made: Any, changed: Any = None, **more: Any) -> list[Step]:
    """Make one, show it and all of them, and change it if that can be."""
    single = f"{many}/{{{name}}}"
    steps = [Step("POST", many, made, name, **more), Step("GET", many), Step("GET", single)]
    return steps if changed is None else [*steps, Step("POST", single, changed)]


def filled(value: Any, ids: Mapping[str, str]) -> Any:
    """The value with the ids that its braces name."""
    text = json.dumps(value)
    for name, known in ids.items():
        text = text.replace(f"{{{name}}}", known)
    return json.loads(text)


def kept(step: Step, reply: Any) -> str:
    """What a step keeps of its reply: of one object, or of the first in a list."""
    found = reply["data"][0] if "data" in reply else reply
    for key in step.at.split("."):
        found = found[0][key] if isinstance(found, list) else found[key]
    return str(found)


Asking = Callable[[Any], Awaitable[httpx.Response]]
"""Sends a step's request with another body."""


async def answers(
    steps: Sequence[Step],
    door: httpx.AsyncClient,
    before: Callable[[Step, Any, Asking], Awaitable[None]] | None = None,
) -> AsyncIterator[tuple[Step, httpx.Response]]:
    """Ask step by step; `before` sees each with its body, and may ask with others first."""
    ids: dict[str, str] = {}
    for step in steps:
        path = filled(step.path, ids)
        body = filled(step.body, ids)

        async def ask(given: Any, step: Step = step, path: str = path) -> httpx.Response:
            sent = {"files": step.files, "data": given} if step.files else {"json": given}
            if step.method != "POST" or given is None:
                sent = {"files": step.files} if step.files else {}
            return await door.request(step.method, path, headers=step.headers, **sent)

        if before is not None:
            await before(step, body, ask)
        answer = await ask(body)
        for _ in range(int(_PATIENCE_S / _POLL_S)):
            if not step.until or answer.json()["status"] == step.until:
                break
            await asyncio.sleep(_POLL_S)
            answer = await ask(body)
        assert answer.is_success, (step, answer.text)
        assert not step.until or answer.json()["status"] == step.until, (step, answer.text)
        if step.keeps:
            ids[step.keeps] = kept(step, answer.json())
        yield step, answer
