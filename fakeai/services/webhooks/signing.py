"""Signatures of what is sent, as Standard Webhooks has them: `v1,` and an HMAC over the message's id, time and body."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import sha256

from fakeai.core.chance import Ids

PREFIX = "whsec_"


def new_secret(ids: Ids) -> str:
    """A secret of 32 bytes."""
    return PREFIX + b64encode(bytes.fromhex(ids.hex("") + ids.hex(""))[:32]).decode()


def hint(secret: str) -> str:
    """What is shown of a secret ever after."""
    return f"{PREFIX}...{secret[-4:]}"


def signed(id: str, timestamp: int, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """The headers of a message that is signed with each of the secrets: who knows one of them can tell that it is ours."""
    told = f"{id}.{timestamp}.".encode() + body
    signatures = (b64encode(hmac.digest(_key(secret), told, sha256)).decode() for secret in secrets)
    return {
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
    }


def _key(secret: str) -> bytes:
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return b64decode(secret[len(PREFIX) :], validate=True)
    except ValueError:
        return secret.encode()
