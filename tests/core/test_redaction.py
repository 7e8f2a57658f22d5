"""Keys are cut short wherever they stand, and nothing else is."""

import pytest

from fakeai.core.redaction import hide


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("sent sk-abcdefghijklmnop by", "sent sk-ab… by"),
        ("sk-fakeai-0123456789", "sk-fa…"),
        ("Authorization: Bearer my-own-secret", "Authorization: Bearer …"),
        ("a task-force asks: what is a risk-free rate?", "a task-force asks: what is a risk-free rate?"),
        ("", ""),
    ],
)
def test_a_key_is_cut_short(text: str, left: str) -> None:
    assert hide(text) == left
