"""Custom voices and consents. A voice speaks as high as its sample does; recordings are listened to, and not kept."""

from fakeai.content.sound import SoundError, listen
from fakeai.content.voices import OTHER, Voice, pitch_of, pitched
from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.clock import off_loop
from fakeai.core.errors import ApiError, BadRequest, NotFound, PayloadTooLarge
from fakeai.core.form import Upload
from fakeai.services.base import lenient, synthesizes
from fakeai.services.resource import Resource, deleted
from fakeai.store.base import Database, Object, Tx
from fakeai.store.objects import shown
from fakeai.wire.audio import voices as wire
from fakeai.wire.example import example
from fakeai.wire.listing import ListQuery

LARGEST = 10 * 2**20
"""Bytes of a recording."""

_BODY = LARGEST + 2**20
_CONSENTS = "/audio/voice_consents"
_CONSENT = _CONSENTS + "/{consent_id}"
_TAG = "Audio"


class CustomVoices:
    """`/audio/voices` and `/audio/voice_consents`."""

    ENDPOINTS = (
        Endpoint(
            "POST",
            "/audio/voices",
            "create_voice",
            "Create a custom voice",
            body=wire.VoiceCreate,
            form=True,
            max_body=_BODY,
            tag=_TAG,
        ),
        Endpoint("DELETE", "/audio/voices/{voice_id}", "delete_voice", "Delete a custom voice", tag=_TAG),
        Endpoint("GET", _CONSENTS, "list_consents", "List voice consents", tag=_TAG),
        Endpoint(
            "POST",
            _CONSENTS,
            "create_consent",
            "Upload a consent to a voice",
            body=wire.ConsentCreate,
            form=True,
            max_body=_BODY,
            tag=_TAG,
        ),
        Endpoint("GET", _CONSENT, "retrieve_consent", "Get a voice consent", tag=_TAG),
        Endpoint("POST", _CONSENT, "update_consent", "Rename a voice consent", body=wire.ConsentUpdate, tag=_TAG),
        Endpoint("DELETE", _CONSENT, "delete_consent", "Delete a voice consent", tag=_TAG),
    )

    def __init__(
        self, db: Database, ids: Ids, *, lenient: bool, synthesize: bool, decoder_program: str | None = None
    ) -> None:
        self._db = db
        self._ids = ids
        self._lenient = lenient
        self._synthesize = synthesize
        self._program = decoder_program
        self._voices = Resource(db, "audio.voice", wire.Voice, _no_voice, synthesize=synthesize, made=_made)
        self._consents = Resource(db, "audio.voice_consent", wire.Consent, _no_consent, synthesize=synthesize)

    async def find(self, call: Call, voice_id: str) -> Voice:
        """How a custom voice speaks. Raises NotFound, and BadRequest for one that does not read texts out."""
        voice = await self._voices.get(call, voice_id)
        if voice["type"] == "prompt":
            raise BadRequest(
                "Voices created from text prompts are supported only in Live.", param="voice", code="unsupported_value"
            )
        pitch = voice.get("_pitch")
        return OTHER if pitch is None else pitched(pitch)

    # -- voices

    async def create_voice(self, call: Call) -> Reply:
        """A voice. Raises BadRequest for a sample that is no sound, or a consent that nobody gave."""
        body: wire.VoiceCreate = call.body
        easy = lenient(call, self._lenient)
        if not easy:
            wire.check_voice(body)
        by_prompt = body.type == "prompt"
        pitch = (
            None
            if by_prompt or body.audio_sample is None
            else await _pitch(body.audio_sample, easy, "audio_sample", self._program)
        )
        voice: Object = {
            "id": self._ids.make("voice_"),
            "object": "audio.voice",
            "created_at": int(self._db.now()),
            "name": body.name,
            "type": "prompt" if by_prompt else "audio_sample",
        }
        if by_prompt:
            voice["prompt"] = body.prompt
        owner, consent = call.principal.owner, body.consent
        checked = not by_prompt and consent is not None and not synthesizes(call, self._synthesize)

        def add(tx: Tx) -> None:
            if checked and consent is not None and self._consents.rows.get(tx, owner, consent) is None:
                raise _no_consent(consent[:200])
            self._voices.rows.add(tx, owner, {**voice, "_pitch": pitch})

        await self._db.run(add)
        return Reply(voice)

    async def delete_voice(self, call: Call) -> Reply:
        """Forget a voice; NotFound if there is none."""
        await self._voices.remove(call, call.params["voice_id"])
        return Reply(deleted(call.params["voice_id"], "audio.voice.deleted"))

    # -- consents

    async def list_consents(self, call: Call) -> Reply:
        """A page of consents, the newest first."""
        return Reply(await self._consents.page(call, ListQuery.from_query(call.query)))

    async def create_consent(self, call: Call) -> Reply:
        """A consent. Raises BadRequest for a recording that is no sound."""
        body: wire.ConsentCreate = call.body
        easy = lenient(call, self._lenient)
        if not easy:
            wire.check_consent(body)
        await _pitch(body.recording, easy, "recording", self._program)
        consent: wire.Consent = {
            "id": self._ids.make("cons_"),
            "object": "audio.voice_consent",
            "created_at": int(self._db.now()),
            "language": body.language,
            "name": body.name,
        }
        await self._db.run(lambda tx: self._consents.rows.add(tx, call.principal.owner, dict(consent)))
        return Reply(consent)

    async def retrieve_consent(self, call: Call) -> Reply:
        """A consent; NotFound if there is none."""
        return Reply(shown(await self._consents.get(call, call.params["consent_id"])))

    async def update_consent(self, call: Call) -> Reply:
        """The consent under another name; NotFound if there is none."""
        body: wire.ConsentUpdate = call.body
        changed = await self._consents.change(call, call.params["consent_id"], lambda it: {**it, "name": body.name})
        return Reply(shown(changed))

    async def delete_consent(self, call: Call) -> Reply:
        """Forget a consent; voices that were made with it stay. NotFound if there is none."""
        await self._consents.remove(call, call.params["consent_id"])
        return Reply(deleted(call.params["consent_id"], "audio.voice_consent"))


async def _pitch(recording: Upload, easy: bool, param: str, program: str | None) -> int | None:
    """How high somebody speaks, if that can be told. Raises BadRequest for what is no sound, unless it is taken easy."""
    if len(recording.data) > LARGEST:
        raise PayloadTooLarge(f"Maximum content size limit ({LARGEST}) exceeded ({len(recording.data)} bytes read)")
    try:
        return await off_loop(_heard_pitch, recording, program)
    except SoundError as error:
        if easy:
            return None
        raise SoundError(error.message, param=param, code=error.code) from error


def _heard_pitch(recording: Upload, program: str | None) -> int | None:
    sound = listen(recording.data, recording.filename, recording.media_type, program)
    return None if sound.start is None else pitch_of(sound.start, sound.rate)


def _made(id: str) -> Object:
    return {**example(wire.Voice, id), "id": id, "type": "audio_sample", "_pitch": None}


def _no_voice(id: str) -> ApiError:
    return NotFound(f"No voice found with id '{id}'.", param="voice")


def _no_consent(id: str) -> ApiError:
    return NotFound(f"No voice consent found with id '{id}'.", param="consent")
