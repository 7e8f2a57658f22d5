"""Made-up alerts and cases, held against the official SDK's types."""

import pytest
from openai.types import safety as sdk

from fakeai.wire.example import example
from fakeai.wire.safety import SafetyAlert, SafetyCase


@pytest.mark.parametrize(("shape", "kind"), [(SafetyAlert, sdk.SafetyAlert), (SafetyCase, sdk.SafetyCase)])
def test_examples_are_what_the_sdk_expects(shape: type, kind: type[sdk.SafetyAlert] | type[sdk.SafetyCase]) -> None:
    made = example(shape, "seed", id="one")
    assert kind.model_validate(made, strict=True).to_dict(exclude_unset=True) == made
