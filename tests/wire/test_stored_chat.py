"""The body of an update of a stored completion."""

import pytest

from fakeai.core.errors import BadRequest
from fakeai.wire.base import parse
from fakeai.wire.stored_chat import StoredUpdate


def test_an_update_sets_or_clears_the_metadata() -> None:
    assert parse(StoredUpdate, b'{"metadata": {"a": "b"}}').metadata == {"a": "b"}
    assert parse(StoredUpdate, b'{"metadata": null}').metadata is None
    with pytest.raises(BadRequest, match=r"^Missing required parameter: 'metadata'.$"):
        parse(StoredUpdate, b"{}")
