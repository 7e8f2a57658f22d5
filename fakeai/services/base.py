"""What several services share: how strict a call is to be judged, and who it may see."""

from fakeai.core.call import Call
from fakeai.core.errors import NotFound


def synthesizes(call: Call, default: bool) -> bool:
    """Whether this call wants objects for ids nobody has seen: its `x-fakeai-unknown-ids` header, else the setting."""
    wish = call.headers.get("x-fakeai-unknown-ids")
    return default if wish is None else wish == "synthesize"


def lenient(call: Call, default: bool) -> bool:
    """Whether this call is held to the document's rules only: its `x-fakeai-validation` header, else the setting."""
    wish = call.headers.get("x-fakeai-validation")
    return default if wish is None else wish == "schema"


def found(object: object | None, what: str, id: str) -> None:
    """Raise OpenAI's NotFound unless there is an object."""
    if object is None:
        raise NotFound(f"{what} with id '{id[:200]}' not found.", param="id")
