"""What several services share: how strictly a call is to be judged."""

from fakeai.core.call import Call


def synthesizes(call: Call, default: bool) -> bool:
    """Whether this call wants objects for ids nobody has seen: its `x-fakeai-unknown-ids` header, else the setting."""
    wish = call.headers.get("x-fakeai-unknown-ids")
    return default if wish is None else wish == "synthesize"


def lenient(call: Call, default: bool) -> bool:
    """Whether this call is held to the document's rules only: its `x-fakeai-validation` header, else the setting."""
    wish = call.headers.get("x-fakeai-validation")
    return default if wish is None else wish == "schema"
