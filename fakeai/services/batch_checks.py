"""What must hold of a batch's file before any of its lines is worked on."""

from collections.abc import Container, Iterator, Mapping, Sequence
from io import BytesIO
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from fakeai.wire.base import BODY_LIMIT, MOST, bulky
from fakeai.wire.batches import BatchError

MOST_LINES = 50_000
MOST_BYTES = 200 * 2**20

_MOST_TOLD = 100
_MOST_EMBEDDED = 50_000
_NONE: Mapping[str, str] = MappingProxyType({})
_WANTED = (("custom_id", str), ("method", str), ("url", str), ("body", dict))


class Line(NamedTuple):
    """One line of a batch's file; `number` counts from one, empty lines too."""

    number: int
    custom_id: str
    body: dict[str, Any]


class Checked(NamedTuple):
    """What a file holds, or why it cannot be worked on."""

    total: int
    model: str | None
    errors: list[BatchError]


def lines(data: bytes, but: Container[int] = (), models: Mapping[str, str] = _NONE) -> Iterator[Line]:
    """The lines of a file that was checked, without those of the numbers `but`; deployments' names stand for their models."""
    for number, raw in enumerate(BytesIO(data), 1):
        if number not in but and raw.strip():
            found = orjson.loads(raw)
            body = found["body"]
            if models:
                body["model"] = models.get(body.get("model"), body.get("model"))
            yield Line(number, found["custom_id"], body)


def check(data: bytes, endpoint: str, *, azure: bool = False, models: Mapping[str, str] = _NONE) -> Checked:
    """Look at every line. A file has one model; at most a hundred faults are told.

    Azure's lines may do without `/v1`, and name deployments where there are some: `models` by their names.
    """
    if len(data) > MOST_BYTES:
        return _refused("file_too_large", f"The input file is larger than {MOST_BYTES} bytes.")
    checker = _Checker(endpoint, (endpoint, endpoint.removeprefix("/v1")) if azure else (endpoint,), models)
    for number, raw in enumerate(BytesIO(data), 1):
        if raw.strip():
            checker.look(number, raw)
    if not checker.total:
        return _refused("empty_file", "The input file is empty. Please ensure it contains at least one request.")
    if checker.total > MOST_LINES:
        told = (
            f"The input file has {checker.total} requests. The maximum number of requests in a batch is {MOST_LINES}."
        )
        return _refused("too_many_tasks", told)
    if checker.embedded > _MOST_EMBEDDED:
        told = f"The requests have {checker.embedded} embedding inputs. The maximum of a batch is {_MOST_EMBEDDED}."
        return _refused("too_many_inputs", told)
    model = checker.model
    return Checked(checker.total, None if model is None else models.get(model, model), checker.errors)


def _refused(code: str, message: str) -> Checked:
    return Checked(0, None, [{"code": code, "line": None, "message": message, "param": None}])


class _Checker:
    """Goes through the lines, and remembers what must not come twice or differ."""

    def __init__(self, endpoint: str, urls: Sequence[str], models: Mapping[str, str]) -> None:
        self.total = 0
        self.embedded = 0
        self.model: str | None = None
        self.errors: list[BatchError] = []
        self._endpoint = endpoint
        self._urls = urls
        self._models = models
        self._ids: set[str] = set()

    def look(self, number: int, raw: bytes) -> None:
        self.total += 1
        if bulky(raw):
            told = f"This line is too large: it has more than {BODY_LIMIT} bytes, {MOST}."
            self._fault(number, "line_too_large", told, None)
            return
        try:
            found = orjson.loads(raw)
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            self._fault(number, "invalid_json_line", "This line is not parseable as valid JSON.", None)
            return
        for name, kind in _WANTED:
            if name not in found:
                self._fault(number, "missing_required_parameter", f"Missing required parameter: '{name}'.", name)
                return
            if not isinstance(found[name], kind):
                wanted = "an object" if kind is dict else "a string"
                self._fault(number, "invalid_type", f"Invalid type for '{name}': expected {wanted}.", name)
                return
        self._compare(number, found)

    def _compare(self, number: int, found: dict[str, Any]) -> None:
        if found["custom_id"] in self._ids:
            told = "The custom_id for this request is a duplicate of another request. The custom_id parameter must be unique "
            self._fault(number, "duplicate_custom_id", told + "for each request in a batch.", "custom_id")
        self._ids.add(found["custom_id"])
        if found["method"].upper() != "POST":
            told = f"Invalid method: '{found['method'][:20]}'. The only supported method is 'POST'."
            self._fault(number, "invalid_method", told, "method")
        if found["url"] not in self._urls:
            told = "The URL provided for this request does not match the batch endpoint."
            self._fault(number, "invalid_url", told, "url")
        self._compare_body(number, found["body"])

    def _compare_body(self, number: int, body: dict[str, Any]) -> None:
        model = body.get("model")
        if self.model is None and isinstance(model, str):
            self.model = model
        if isinstance(model, str) and model != self.model:
            told = f"The model '{model[:100]}' is not that of the lines before, '{(self.model or '')[:100]}'. "
            self._fault(number, "mismatched_model", told + "A batch has one model.", "body.model")
        if self._models and not (isinstance(model, str) and model in self._models):
            told = f"There is no deployment '{str(model)[:100]}' of this resource."
            self._fault(number, "model_not_found", told, "body.model")
        if body.get("stream"):
            self._fault(number, "invalid_request", "Batches cannot be streamed.", "body.stream")
        given = body.get("input")
        if self._endpoint == "/v1/embeddings":
            self.embedded += len(given) if isinstance(given, list) and given and not isinstance(given[0], int) else 1

    def _fault(self, number: int, code: str, message: str, param: str | None) -> None:
        if len(self.errors) < _MOST_TOLD:
            self.errors.append({"code": code, "line": number, "message": message, "param": param})
