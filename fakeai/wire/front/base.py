"""What the requests of fakeai's own API share: a fault is 422, and names its field."""

from fakeai.core.errors import ApiError, Unprocessable
from fakeai.wire import wording
from fakeai.wire.base import Wire
from fakeai.wire.errors import Refusal


class FrontWire(Wire):
    """Base of them."""

    @classmethod
    def reword(cls, refusal: Refusal) -> ApiError:
        """The general error, with the status and the code of this API."""
        error = refusal.error
        if error.message == wording.UNREADABLE:
            return error
        return Unprocessable(error.message, param=error.param)
