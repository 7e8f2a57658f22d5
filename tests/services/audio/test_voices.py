"""Custom voices and consents: what is kept of them, and how they speak."""

from typing import Any

import pytest

from fakeai.content.speech import speak
from fakeai.content.voices import OTHER
from fakeai.core.call import Call
from fakeai.core.chance import Chance, Ids
from fakeai.core.errors import BadRequest, NotFound, PayloadTooLarge
from fakeai.core.form import Upload
from fakeai.services.audio.voices import LARGEST, CustomVoices
from fakeai.store.sql import SqlDatabase
from fakeai.wire.audio.voices import ConsentCreate, VoiceCreate
from services.conftest import MakeCall

LOW = Upload("a.wav", "audio/wav", speak("How are you all today, my friends?", "onyx", "wav", Chance(1)))
NONE = Upload("a.wav", "audio/wav", b"no sound")


@pytest.fixture
def service(db: SqlDatabase, ids: Ids) -> CustomVoices:
    return CustomVoices(db, ids, lenient=False, synthesize=False)


@pytest.fixture
def call(service: CustomVoices, make_call: MakeCall) -> Any:
    def make(handler: str, body: Any = None, headers: Any = None, **params: str) -> Call:
        made = make_call(service, "list_consents", headers=headers, params=params)
        made.body = body
        return made

    return make


async def consent(service: CustomVoices, call: Any) -> str:
    body = ConsentCreate(name="Ann", language="en-US", recording=LOW)
    return str((await service.create_consent(call("create_consent", body))).body["id"])


async def test_a_voice_speaks_as_high_as_its_sample(service: CustomVoices, call: Any) -> None:
    body = VoiceCreate(name="low", audio_sample=LOW, consent=await consent(service, call))
    made = (await service.create_voice(call("create_voice", body))).body
    assert set(made) == {"id", "object", "created_at", "name", "type"}
    assert (await service.find(call("find"), made["id"])).pitch == pytest.approx(92, rel=0.12)


async def test_a_voice_needs_a_consent_and_a_sample(service: CustomVoices, call: Any) -> None:
    known = await consent(service, call)
    for body, error in (
        (VoiceCreate(name="a", audio_sample=LOW, consent="cons_none"), NotFound),
        (VoiceCreate(name="a", audio_sample=NONE, consent=known), BadRequest),
        (VoiceCreate(name="a", audio_sample=LOW), BadRequest),
        (VoiceCreate(name="a", consent=known), BadRequest),
        (VoiceCreate(name="a", type="prompt"), BadRequest),
        (VoiceCreate(name="a", type="prompt", prompt="deep", consent=known), BadRequest),
        (VoiceCreate(name="a", audio_sample=Upload("a.wav", "", bytes(LARGEST + 1)), consent=known), PayloadTooLarge),
    ):
        with pytest.raises(error):
            await service.create_voice(call("create_voice", body))


async def test_a_voice_made_of_words_reads_nothing_out(service: CustomVoices, call: Any) -> None:
    body = VoiceCreate(name="deep", type="prompt", prompt="A deep voice.")
    made = (await service.create_voice(call("create_voice", body))).body
    assert made["prompt"] == "A deep voice."
    with pytest.raises(BadRequest, match="only in Live"):
        await service.find(call("find"), made["id"])


async def test_ids_nobody_has_seen_are_refused_or_made_up(service: CustomVoices, call: Any) -> None:
    with pytest.raises(NotFound):
        await service.find(call("find"), "voice_none")
    wished = {"x-fakeai-unknown-ids": "synthesize", "x-fakeai-validation": "schema"}
    assert await service.find(call("find", headers=wished), "voice_none") == OTHER
    body = VoiceCreate(name="a", audio_sample=NONE, consent="cons_none")
    assert (await service.create_voice(call("create_voice", body, headers=wished))).body["name"] == "a"


async def test_a_consent_is_renamed_and_forgotten(service: CustomVoices, call: Any) -> None:
    known = await consent(service, call)
    body = type("Body", (), {"name": "Anna"})()
    assert (await service.update_consent(call("update_consent", body, consent_id=known))).body["name"] == "Anna"
    assert (await service.delete_consent(call("delete_consent", consent_id=known))).body["deleted"]
    with pytest.raises(NotFound):
        await service.retrieve_consent(call("retrieve_consent", consent_id=known))
