"""Faults of fakeai's own API are 422, and name their field."""

import pytest

from fakeai.core.errors import ApiError, BadRequest, Unprocessable
from fakeai.wire.base import parse
from fakeai.wire.front.base import FrontWire


class Asked(FrontWire):
    """Some request."""

    number: int


@pytest.mark.parametrize(("raw", "param"), [(b'{"number":"1"}', "number"), (b"{}", "number"), (b"[]", None)])
def test_a_fault_is_unprocessable(raw: bytes, param: str | None) -> None:
    with pytest.raises(Unprocessable) as refused:
        parse(Asked, raw)
    assert (refused.value.status, refused.value.code, refused.value.param) == (422, "validation_error", param)


def test_what_is_no_json_is_a_bad_request() -> None:
    with pytest.raises(ApiError) as refused:
        parse(Asked, b"{")
    assert type(refused.value) is BadRequest
