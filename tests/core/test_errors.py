"""Every error has the status, type and code the module's drawing says, in OpenAI's words."""

import re

import pytest

from fakeai.core import errors
from fakeai.core.errors import (
    ApiError,
    BadRequest,
    ContextLengthExceeded,
    HeadersTooLarge,
    MethodNotAllowed,
    ModelNotFound,
    PayloadTooLarge,
    RequestTimeout,
    ServerError,
    UnknownRoute,
    UnsupportedMediaType,
    UnsupportedParameter,
)


def kinds(cls: type[ApiError] = ApiError) -> list[type[ApiError]]:
    return [cls, *(kind for child in cls.__subclasses__() for kind in kinds(child))]


def own_kinds() -> list[type[ApiError]]:
    return [kind for kind in kinds() if kind.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", own_kinds()[1:], ids=lambda kind: kind.__name__)
def test_the_drawing_shows_each_error_as_it_is(kind: type[ApiError]) -> None:
    line = re.search(rf"[├└]── {kind.__name__} +(.*)", errors.__doc__ or "")
    assert line, f"{kind.__name__} is not drawn"
    assert line[1].startswith(str(kind.status))
    for word in ("invalid_request_error", "server_error"):
        if word in line[1]:
            assert kind.type == word
    for attribute, value in re.findall(r"(code|param)=(\w+)", line[1]):
        assert getattr(kind, attribute) == value
    if "code=" not in line[1]:
        assert kind.code is None


def test_statuses_below_500_blame_the_request() -> None:
    kinds = {kind.type for kind in own_kinds() if kind.status < 500 and kind.status not in (402, 429)}
    assert kinds == {"invalid_request_error"}
    assert {kind.type for kind in own_kinds() if kind.status >= 500} == {"server_error"}


def test_what_is_given_replaces_what_the_class_says() -> None:
    error = ContextLengthExceeded("too long", param="prompt", code="other", retry_after=1.5, headers={"a": "b"})
    assert (error.message, error.param, error.code, error.retry_after) == ("too long", "prompt", "other", 1.5)
    assert error.headers == {"a": "b"}
    assert (ContextLengthExceeded.param, ContextLengthExceeded.code) == ("messages", "context_length_exceeded")


def test_headers_of_one_error_are_not_anothers() -> None:
    one, other = BadRequest("a"), BadRequest("b")
    one.headers["x"] = "y"
    assert other.headers == {}


def test_openais_words() -> None:
    assert str(UnknownRoute("GET", "/v1/foo")) == "Invalid URL (GET /v1/foo)"
    assert ModelNotFound("gpt-9").message == "The model `gpt-9` does not exist or you do not have access to it."
    not_allowed = MethodNotAllowed("GET", "/v1/embeddings", "POST")
    assert not_allowed.message.startswith("Not allowed to GET on /v1/embeddings.")
    assert not_allowed.headers == {"allow": "POST"}
    assert "65536" in HeadersTooLarge(65_536).message


def test_an_error_says_its_message_when_printed() -> None:
    for kind in (RequestTimeout, PayloadTooLarge, UnsupportedMediaType, ServerError, UnsupportedParameter):
        assert str(kind("words")) == "words"
