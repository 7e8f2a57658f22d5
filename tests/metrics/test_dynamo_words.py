"""A worker's kind is told in Dynamo's words."""

import pytest

from fakeai.metrics.dynamo_words import dynamo_kind

from .scene import SNAPSHOT


@pytest.mark.parametrize(("role", "kind"), [("both", "decode"), ("decode", "decode"), ("prefill", "prefill")])
def test_a_worker_that_does_both_decodes(role, kind):
    assert dynamo_kind(SNAPSHOT._replace(role=role)) == kind


def test_a_worker_nobody_knows_decodes():
    assert dynamo_kind(None) == "decode"
