"""Steps as they are made up."""

from openai.types.beta.threads.runs import RunStep as Sdk

from fakeai.wire.assistants.run_steps import RunStep
from fakeai.wire.example import example


def test_one_that_is_made_up_is_one_for_the_sdk() -> None:
    assert Sdk.model_validate(example(RunStep, "step_x")).step_details.type == "message_creation"
