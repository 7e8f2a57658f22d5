"""What is signed here, the official SDK accepts; and what is not, it does not."""

import time

import pytest
from openai import InvalidWebhookSignatureError, OpenAI

from fakeai.core.chance import Ids
from fakeai.services.webhooks.signing import hint, new_secret, signed

BODY = '{"type":"batch.completed","data":{"id":"batch_ü"}}'.encode()
CLIENT = OpenAI(api_key="none")


@pytest.mark.parametrize("secret", [new_secret(Ids(b"a")), "plain text", "whsec_bm90IHBhZGRlZA", "whsec_!"])
def test_the_sdk_accepts_what_is_signed_with_one_of_the_secrets(secret: str) -> None:
    headers = signed("wh_1", int(time.time()), BODY, [new_secret(Ids(b"other")), secret])
    assert headers["webhook-signature"].count("v1,") == 2
    if secret in ("whsec_bm90IHBhZGRlZA", "whsec_!"):
        return  # nothing that the SDK can decode
    CLIENT.webhooks.verify_signature(BODY, headers, secret=secret)
    with pytest.raises(InvalidWebhookSignatureError):
        CLIENT.webhooks.verify_signature(BODY + b" ", headers, secret=secret)
    with pytest.raises(InvalidWebhookSignatureError):
        CLIENT.webhooks.verify_signature(BODY, {**headers, "webhook-id": "wh_2"}, secret=secret)


def test_secrets_differ_are_of_32_bytes_and_are_hinted_at_by_their_end() -> None:
    ids = Ids(b"seed")
    first, second = new_secret(ids), new_secret(ids)
    assert first != second and first.startswith("whsec_") and len(first) == len("whsec_") + 44
    assert hint(first) == f"whsec_...{first[-4:]}"
