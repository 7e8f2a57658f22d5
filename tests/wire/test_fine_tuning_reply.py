"""What is told of fine-tuning has the SDK's shapes."""

from typing import Any

import pytest
from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent
from openai.types.fine_tuning.checkpoints import PermissionListResponse
from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint

from fakeai.wire.example import example
from fakeai.wire.fine_tuning_reply import Job, JobCheckpoint, JobEvent, Permission


@pytest.mark.parametrize(
    ("shape", "theirs"),
    [
        (Job, FineTuningJob),
        (JobEvent, FineTuningJobEvent),
        (JobCheckpoint, FineTuningJobCheckpoint),
        (Permission, PermissionListResponse),
    ],
)
def test_examples_are_what_the_sdk_reads(shape: Any, theirs: Any) -> None:
    made = example(shape, "x")
    assert theirs.model_validate(made, strict=True).to_dict(exclude_none=False).keys() >= made.keys()
    required = {name for name, field in theirs.model_fields.items() if field.is_required()}
    assert required <= made.keys()
