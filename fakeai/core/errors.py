"""What can go wrong for a caller, as OpenAI's API words it.

    ApiError                      status, type, code, param, message, retry_after
    ├── BadRequest                400 invalid_request_error
    │   ├── ContextLengthExceeded 400 code=context_length_exceeded, param=messages
    │   └── UnsupportedParameter  400 code=unsupported_parameter
    ├── Unauthorized              401 invalid_request_error, code=invalid_api_key
    │   └── MissingKey            401 code=missing_api_key
    ├── QuotaExhausted            402 insufficient_quota, code=quota_exhausted, never to be retried
    ├── Forbidden                 403 invalid_request_error
    ├── NotFound                  404 invalid_request_error
    │   └── ModelNotFound         404 code=model_not_found
    ├── UnknownRoute              404 invalid_request_error, "Invalid URL (GET /v1/foo)"
    ├── MethodNotAllowed          405 code=method_not_supported
    ├── Conflict                  409 invalid_request_error
    ├── RequestTimeout            408 the body did not arrive in time
    ├── PayloadTooLarge           413
    ├── RateLimited               429 type by what ran out, code=rate_limit_exceeded, with retry-after
    ├── QuotaExceeded             429 insufficient_quota, code=insufficient_quota
    ├── UpgradeRequired           426 code=websocket_required
    ├── HeadersTooLarge           431
    ├── RangeNotSatisfiable       416 with the size in content-range
    ├── UnsupportedMediaType      415 code=unsupported_content_type
    ├── Unprocessable             422 invalid_request_error, code=validation_error
    ├── ServerError               500 server_error
    ├── BadGateway                502 server_error, code=upstream_error
    ├── Unavailable               503 server_error, code=model_unavailable
    │   └── StorageUnavailable    503 code=storage_unavailable, with retry-after
    ├── GatewayTimeout            504 server_error, code=upstream_timeout
    └── StorageFull               507 server_error, code=storage_full, with retry-after

Raised once, at the place that knows; `server/codec.py` makes replies of them.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

_SHOWN = 50
"""Models that are told where one is not there."""


class ApiError(Exception):
    """An answer that is an error. `retry_after` is in seconds; `headers` are added to the reply's."""

    status = 500
    type = "server_error"
    code: str | None = None
    param: str | None = None
    numbered = False
    """Whether the status's number is told as code."""
    more: Mapping[str, Any] = MappingProxyType({})
    """What the error tells beside the four fields of all."""

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        retry_after: float | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        if param is not None:
            self.param = param
        if code is not None:
            self.code = code
        self.retry_after = retry_after
        self.headers = headers or {}


def envelope(error: ApiError) -> dict[str, Any]:
    """OpenAI's error body, which is vLLM's too. Any: JSON."""
    code = error.status if error.numbered else error.code
    return {"error": {"message": error.message, "type": error.type, "param": error.param, "code": code, **error.more}}


class BadRequest(ApiError):
    """The request is malformed or breaks a rule; `param` names the field (`messages[0].content`)."""

    status = 400
    type = "invalid_request_error"


class ContextLengthExceeded(BadRequest):
    """Prompt and requested output do not fit the model's window."""

    code = "context_length_exceeded"
    param = "messages"


class UnsupportedParameter(BadRequest):
    """The field exists, but not for this model."""

    code = "unsupported_parameter"


class Unauthorized(ApiError):
    """The key was given out once, and is good for nothing any more, or for somebody else only."""

    status = 401
    type = "invalid_request_error"
    code = "invalid_api_key"


class MissingKey(Unauthorized):
    """The front door is shut, and no key was shown."""

    code = "missing_api_key"

    def __init__(self) -> None:
        super().__init__(
            "You didn't provide an API key. Provide it in the 'Authorization' header using Bearer auth (i.e. "
            "'Authorization: Bearer YOUR_KEY'), or in the 'X-API-Key' header."
        )


class Forbidden(ApiError):
    """The caller is known, and may not do this."""

    status = 403
    type = "invalid_request_error"


class NotFound(ApiError):
    """No object of that id."""

    status = 404
    type = "invalid_request_error"


class ModelNotFound(NotFound):
    """The model id is not in the catalog (and `--strict-models` is on)."""

    code = "model_not_found"

    def __init__(self, model: str, others: Iterable[str] = ()) -> None:
        known = ", ".join(list(others)[:_SHOWN])
        there = f" There are: {known}." if known else ""
        super().__init__(f"The model `{model}` does not exist or you do not have access to it.{there}")


class UnknownRoute(NotFound):
    """No endpoint has this path."""

    def __init__(self, method: str, path: str) -> None:
        super().__init__(f"Invalid URL ({method} {path})")


class MethodNotAllowed(ApiError):
    """The path exists, with other methods; `allow` lists them."""

    status = 405
    type = "invalid_request_error"
    code = "method_not_supported"

    def __init__(self, method: str, path: str, allow: str) -> None:
        super().__init__(
            f"Not allowed to {method} on {path}. (HINT: Perhaps you meant to use a different HTTP method?)",
            headers={"allow": allow},
        )


class Conflict(ApiError):
    """It is not in a state for this."""

    status = 409
    type = "invalid_request_error"


class RequestTimeout(ApiError):
    """The client took too long to send its request."""

    status = 408
    type = "invalid_request_error"


class PayloadTooLarge(ApiError):
    """The body is larger than the server takes."""

    status = 413
    type = "invalid_request_error"


class UnsupportedMediaType(ApiError):
    """The body is not of a type the endpoint reads."""

    status = 415
    type = "invalid_request_error"
    code = "unsupported_content_type"


class RangeNotSatisfiable(ApiError):
    """A range that begins behind the end of what is asked for."""

    status = 416
    type = "invalid_request_error"

    def __init__(self, size: int) -> None:
        super().__init__(
            f"The requested range is not satisfiable: there are {size} bytes.",
            headers={"content-range": f"bytes */{size}"},
        )


class Unprocessable(ApiError):
    """A field of a request to fakeai's own API is not what it takes; `param` names it."""

    status = 422
    type = "invalid_request_error"
    code = "validation_error"


class RateLimited(ApiError):
    """The project has used what it may of a model in a minute or a day. The type is `requests` or `tokens`: of which."""

    status = 429
    type = "requests"
    code = "rate_limit_exceeded"

    def __init__(self, message: str, of: str, retry_after: float) -> None:
        super().__init__(message, retry_after=retry_after)
        self.type = of


class QuotaExceeded(ApiError):
    """The organization or the project has spent what it may."""

    status = 429
    type = "insufficient_quota"
    code = "insufficient_quota"

    def __init__(self) -> None:
        super().__init__(
            "You exceeded your current quota, please check your plan and billing details. For more information on this "
            "error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors."
        )


class QuotaExhausted(ApiError):
    """The key has used what it may in its period. Another try has no better chance before `reset_at` (epoch seconds)."""

    status = 402
    type = "insufficient_quota"
    code = "quota_exhausted"

    def __init__(self, message: str, reset_at: int, reset_in_s: int) -> None:
        super().__init__(message, headers={"x-should-retry": "false"})
        self.more = {"reset_at": reset_at, "reset_in_seconds": reset_in_s}


class UpgradeRequired(ApiError):
    """The endpoint talks over a WebSocket, of the version that all clients speak."""

    status = 426
    type = "invalid_request_error"
    code = "websocket_required"

    def __init__(self, message: str = "You must be using a websocket to connect to this endpoint.") -> None:
        super().__init__(message, headers={"upgrade": "websocket", "sec-websocket-version": "13"})


class HeadersTooLarge(ApiError):
    """Request line and headers are larger than the server takes."""

    status = 431
    type = "invalid_request_error"

    def __init__(self, limit: int) -> None:
        super().__init__(f"Your request's headers are larger than {limit} bytes.")


class ServerError(ApiError):
    """A defect of ours; the message never holds internals."""


class BadGateway(ApiError):
    """The server that a request was passed on to could not be reached, or broke off."""

    status = 502
    code = "upstream_error"


class Unavailable(ApiError):
    """A real model that could not be loaded, or whose engine has ended."""

    status = 503
    code = "model_unavailable"


class StorageUnavailable(Unavailable):
    """What is kept cannot be reached for now: a database that is locked, restarting or gone."""

    code = "storage_unavailable"

    def __init__(self, message: str = "The server's storage is not available at the moment. Please retry.") -> None:
        super().__init__(message, retry_after=1.0)


class GatewayTimeout(ApiError):
    """The server that a request was passed on to did not answer in time."""

    status = 504
    code = "upstream_timeout"


class StorageFull(ApiError):
    """No room is left where things are kept; reading still works."""

    status = 507
    code = "storage_full"

    def __init__(self) -> None:
        super().__init__("The server's storage is full. Nothing of your request was kept.", retry_after=5.0)
