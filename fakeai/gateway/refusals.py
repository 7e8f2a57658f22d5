"""How refusals of the front door are told from errors that are simulated: by a header."""

from typing import TypeVar

from fakeai.core.errors import ApiError

E = TypeVar("E", bound=ApiError)

ORIGIN = "x-fakeai-origin"


def ours(error: E) -> E:
    """The error, marked as the gateway's own."""
    error.headers[ORIGIN] = "gateway"
    return error
