"""Refusals of the front door are marked."""

from fakeai.core.errors import MissingKey
from fakeai.gateway.refusals import ours


def test_a_refusal_is_told_from_a_simulated_error_by_a_header() -> None:
    error = MissingKey()
    assert ours(error) is error
    assert error.headers == {"x-fakeai-origin": "gateway"}
