"""Addresses by settings need a secret, and are addresses."""

import pytest

from fakeai.settings import SettingsError, load


def settings(**named: object):
    return load(flags={f"webhooks.{name}": value for name, value in named.items()}, environ={}).webhooks


def test_addresses_are_told_apart_by_spaces_and_signed_for_with_one_secret() -> None:
    found = load(
        environ={
            "FAKEAI_WEBHOOKS__URLS": "https://a.example/hook http://127.0.0.1:9/x?y=1",
            "FAKEAI_WEBHOOKS__SECRET": "whsec_c2VjcmV0",
        }
    ).webhooks
    assert found.urls.split() == ["https://a.example/hook", "http://127.0.0.1:9/x?y=1"]
    assert found.secret is not None and found.secret.get_secret_value() == "whsec_c2VjcmV0"
    assert "c2VjcmV0" not in repr(found)


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ({"urls": "https://a.example"}, "need a 'secret'"),
        ({"urls": "ftp://a.example", "secret": "long enough"}, "should be http or https"),
        ({"urls": "https://me:pw@a.example/", "secret": "long enough"}, "should be http or https"),
        ({"urls": "https://a.example/#x", "secret": "long enough"}, "should be http or https"),
        ({"secret": "short"}, "at least 8"),
        ({"timeout_s": 0}, "greater than 0"),
    ],
)
def test_what_cannot_be_is_refused_at_the_start(named: dict[str, object], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        settings(**named)
