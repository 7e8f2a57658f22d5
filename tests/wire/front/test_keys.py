"""What may be said of keys, and what may not."""

import pytest

from fakeai.core.errors import Unprocessable
from fakeai.wire.base import parse
from fakeai.wire.front.keys import KeyChange, KeyCreate


def test_a_key_needs_a_label_only() -> None:
    made = parse(KeyCreate, b'{"label":"me"}')
    assert (made.label, made.role, made.quota, made.key) == ("me", None, None, None)


def test_null_is_not_the_same_as_nothing() -> None:
    assert parse(KeyChange, b'{"quota":null}').model_fields_set == {"quota"}
    assert parse(KeyChange, b"{}").model_fields_set == set()


@pytest.mark.parametrize(
    ("said", "param"),
    [
        (b'{"label":""}', "label"),
        (b'{"label":"a","rpm":-1}', "rpm"),
        (b'{"label":"a","quota":1.5}', "quota"),
        (b'{"label":"a","quota_unit":"words"}', "quota_unit"),
        (b'{"label":"a","models":["",1]}', "models[0]"),
        (b'{"label":"a","key":"short"}', "key"),
        (b'{"label":"a","active":null}', "active"),
        (b'{"label":"a","budget_usd":NaN}', "budget_usd"),
    ],
)
def test_what_cannot_be_is_named(said: bytes, param: str | None) -> None:
    with pytest.raises(Unprocessable) as refused:
        parse(KeyCreate, said)
    assert refused.value.param == param
