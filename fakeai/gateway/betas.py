"""The beta APIs ask for a header that says so: without it a call is refused in OpenAI's words, before its body is looked at."""

from collections.abc import Awaitable, Sequence
from typing import Final, NamedTuple

from fakeai.core.call import Call, Endpoint, Handler, Origin, Reply
from fakeai.core.errors import BadRequest
from fakeai.services.base import lenient


class _Beta(NamedTuple):
    name: str
    value: str
    paths: Sequence[str]
    """How the paths of its rows begin. Browsers' own ChatKit paths ask for a session's secret instead."""


_BETAS: Final = (
    _Beta("Assistants", "assistants=v2", ("/assistants", "/threads")),
    _Beta("ChatKit", "chatkit_beta=v1", ("/chatkit/sessions", "/chatkit/threads")),
)


class Betas:
    """In the way of calls of beta APIs only. Azure's paths ask for no such header."""

    origins: frozenset[Origin] = frozenset({"http"})

    def __init__(self, *, lenient: bool) -> None:
        self._lenient = lenient

    def applies(self, endpoint: Endpoint) -> bool:
        """Whether the endpoint is one of a beta API's."""
        return _of(endpoint) is not None

    def __call__(self, call: Call, next: Handler) -> Awaitable[Reply]:
        """Raises BadRequest."""
        beta = _of(call.endpoint)
        assert beta is not None, "applies to no other endpoint"
        if not call.azure and not _has(call, beta.value) and not lenient(call, self._lenient):
            raise BadRequest(
                f"You must provide the 'OpenAI-Beta' header to access the {beta.name} API. Please try again by setting the "
                f"header 'OpenAI-Beta: {beta.value}'.",
                code="invalid_beta",
            )
        return next(call)


def asked(endpoint: Endpoint) -> str:
    """What the `OpenAI-Beta` header of an endpoint's calls must have in it; empty if it asks for none."""
    beta = _of(endpoint)
    return "" if beta is None else beta.value


def _of(endpoint: Endpoint) -> _Beta | None:
    return next((beta for beta in _BETAS if endpoint.path.startswith(tuple(beta.paths))), None)


def _has(call: Call, value: str) -> bool:
    return value in (word.strip().lower() for word in call.headers.get("openai-beta", "").split(","))
