"""Bodies of ChatKit sessions: the document's bounds, and variables of the types that it names."""

from typing import Any

import orjson
import pytest

from fakeai.core.errors import BadRequest
from fakeai.wire.base import parse
from fakeai.wire.chatkit.sessions import SessionCreate

GOOD: dict[str, Any] = {"user": "u", "workflow": {"id": "wf_1"}}


def test_variables_keep_their_types() -> None:
    given = {"a": 1, "b": True, "c": 1.5, "d": "x"}
    made = parse(SessionCreate, orjson.dumps({**GOOD, "workflow": {"id": "w", "state_variables": given}}))
    assert made.workflow.state_variables == given and made.workflow.state_variables is not None
    assert [type(value) for value in made.workflow.state_variables.values()] == [int, bool, float, str]


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"user": ""}, "user"),
        ({"workflow": {}}, "workflow.id"),
        ({"workflow": {"id": "w", "state_variables": {"k" * 65: 1}}}, "workflow.state_variables"),
        ({"workflow": {"id": "w", "state_variables": {str(n): n for n in range(65)}}}, "workflow.state_variables"),
        ({"expires_after": {"anchor": "created_at", "seconds": 601}}, "expires_after.seconds"),
        ({"expires_after": {"anchor": "last_active_at", "seconds": 1}}, "expires_after.anchor"),
        ({"rate_limits": {"max_requests_per_1_minute": 0}}, "rate_limits.max_requests_per_1_minute"),
        (
            {"chatkit_configuration": {"file_upload": {"max_file_size": 513}}},
            "chatkit_configuration.file_upload.max_file_size",
        ),
    ],
)
def test_what_is_out_of_bounds_is_refused(change: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        parse(SessionCreate, orjson.dumps({**GOOD, **change}))
    assert refused.value.param is not None and refused.value.param.startswith(param)
