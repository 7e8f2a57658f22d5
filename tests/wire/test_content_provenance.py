"""The form of a check."""

import pytest

from fakeai.core.errors import BadRequest
from fakeai.wire.content_provenance import ContentProvenanceCheckCreate
from fakeai.wire.form import parse_form


def test_a_check_needs_a_file() -> None:
    with pytest.raises(BadRequest, match="file") as refused:
        parse_form(ContentProvenanceCheckCreate, b"--x--\r\n", "multipart/form-data; boundary=x")
    assert refused.value.param == "file"
