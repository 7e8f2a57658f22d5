"""What a client may say in a session that translates."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from annotated_types import MaxLen

from fakeai.wire.base import Omittable, Wire
from fakeai.wire.realtime.client_events import LONGEST_EVENT_ID
from fakeai.wire.realtime.session import TranslationUpdate


class _Event(Wire):
    event_id: Omittable[Annotated[str, MaxLen(LONGEST_EVENT_ID)]] = None


class TranslationSessionUpdate(_Event):
    """Change the session."""

    type: Literal["session.update"]
    session: TranslationUpdate


class TranslationAppend(_Event):
    """More sound, in base64."""

    type: Literal["session.input_audio_buffer.append"]
    audio: str


class TranslationClose(_Event):
    """There is no more sound; say the rest."""

    type: Literal["session.close"]


TRANSLATION_KINDS: Mapping[str, type[Wire]] = MappingProxyType(
    {
        "session.update": TranslationSessionUpdate,
        "session.input_audio_buffer.append": TranslationAppend,
        "session.close": TranslationClose,
    }
)
