"""How far a film is: its row says when it is begun and when it is done, and the Clock the rest.

Nothing is written while time passes: what is told of a film between its beginning and its end is worked out.
"""

from fakeai.store.base import Object
from fakeai.store.objects import shown

BEGINS, ENDS = "_begins", "_ends"
"""Private keys: epoch seconds."""


def at(video: Object, now: float) -> Object:
    """What is told of a film at that time."""
    told = shown(video)
    if video["status"] in ("completed", "failed") or BEGINS not in video:
        return told
    begins, ends = video[BEGINS], video[ENDS]
    if now < begins:
        return told
    part = (now - begins) / max(ends - begins, 1e-9)
    return {**told, "status": "in_progress", "progress": min(int(100 * part), 99)}


def completed(video: Object, now: float, lifetime_s: float) -> Object:
    """The film once it is done."""
    return {
        **video,
        "status": "completed",
        "progress": 100,
        "completed_at": int(now),
        "expires_at": int(now + lifetime_s),
    }


def failed(video: Object, code: str, message: str) -> Object:
    """The film that cannot be made."""
    return {**video, "status": "failed", "error": {"code": code, "message": message}}
