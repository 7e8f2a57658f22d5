"""Requests about fine-tuning, and the lines of its files."""

from typing import Any

import orjson
import pytest

from fakeai.core.errors import BadRequest
from fakeai.wire.base import parse
from fakeai.wire.fine_tuning import Conversation, JobCreate, PermissionCreate, Preference

LEAST = {"model": "gpt-4o-mini", "training_file": "file-1"}


def job(**more: Any) -> JobCreate:
    return parse(JobCreate, orjson.dumps({**LEAST, **more}))


def test_numbers_may_be_left_to_the_server() -> None:
    body = job(hyperparameters={"n_epochs": "auto", "batch_size": 4, "learning_rate_multiplier": 2})
    assert body.hyperparameters is not None
    assert (body.hyperparameters.n_epochs, body.hyperparameters.batch_size) == ("auto", 4)
    assert body.hyperparameters.learning_rate_multiplier == 2.0


@pytest.mark.parametrize(
    ("param", "body"),
    [
        ("training_file", {"training_file": None}),
        ("suffix", {"suffix": "x" * 65}),
        ("seed", {"seed": -1}),
        ("hyperparameters.n_epochs", {"hyperparameters": {"n_epochs": 0}}),
        ("hyperparameters.batch_size", {"hyperparameters": {"batch_size": 257}}),
        ("hyperparameters.n_epochs", {"hyperparameters": {"n_epochs": "many"}}),
        ("method.type", {"method": {"type": "guessing"}}),
        ("method.dpo.hyperparameters.beta", {"method": {"type": "dpo", "dpo": {"hyperparameters": {"beta": 3}}}}),
        ("method.reinforcement.grader", {"method": {"type": "reinforcement", "reinforcement": {}}}),
        ("integrations[0].wandb", {"integrations": [{"type": "wandb"}]}),
    ],
)
def test_what_cannot_be_is_refused_by_name(param: str, body: dict[str, Any]) -> None:
    with pytest.raises(BadRequest) as refused:
        job(**body)
    assert refused.value.param == param


def test_permissions_are_of_at_least_one_project() -> None:
    with pytest.raises(BadRequest, match="project_ids"):
        parse(PermissionCreate, b'{"project_ids": []}')


def test_lines_keep_what_a_grader_looks_at() -> None:
    line = parse(Conversation, b'{"messages": [{"role": "user", "content": "hi"}], "answer": [1]}')
    assert line.model_extra == {"answer": [1]}
    with pytest.raises(BadRequest, match="preferred_output"):
        parse(Preference, b'{"input": {"messages": [{"role": "user", "content": "hi"}]}}')
