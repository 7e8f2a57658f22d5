"""Keys for browsers: what is asked for, what is shown, and that none makes another."""

from typing import Any

import httpx
import pytest

from fakeai.testing import FakeAI, run_virtual


def ask(path: str, body: Any, headers: dict[str, str] | None = None, **settings: Any) -> httpx.Response:
    async def main() -> httpx.Response:
        async with FakeAI(seed=1, **settings) as fake:
            transport = fake.async_transport()
            async with httpx.AsyncClient(transport=transport, base_url="http://fakeai/v1") as http:
                return await http.post(path, json=body, headers=headers or {})

    return run_virtual(main())


def test_a_key_is_shown_once_with_its_session() -> None:
    made = ask("/realtime/client_secrets", {"session": {"type": "realtime", "instructions": "Sing."}}).json()
    assert made["value"].startswith("ek_") and made["session"]["instructions"] == "Sing."
    assert made["session"]["model"] == "gpt-realtime" and made["session"]["id"].startswith("sess_")
    writes = ask("/realtime/client_secrets", {"session": {"type": "transcription"}}).json()
    assert writes["session"]["object"] == "realtime.transcription_session"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"expires_after": {"seconds": 5}}, "expires_after.seconds"),
        ({"expires_after": {"seconds": 10_000}}, "expires_after.seconds"),
        ({"session": {"type": "dream"}}, "session.type"),
        ({"session": {"type": "realtime", "output_modalities": ["text", "audio"]}}, "session.output_modalities"),
        ({"session": {"type": "realtime", "audio": {"output": {"speed": 9}}}}, "session.audio.output.speed"),
    ],
)
def test_what_cannot_be_is_refused(body, param) -> None:
    answer = ask("/realtime/client_secrets", body)
    assert answer.status_code == 400 and answer.json()["error"]["param"] == param


def test_whoever_wants_only_the_documents_rules_gets_them() -> None:
    both = {"session": {"type": "realtime", "output_modalities": ["text", "audio"]}}
    assert ask("/realtime/client_secrets", both, {"x-fakeai-validation": "schema"}).status_code == 200


@pytest.mark.parametrize(
    "turns", [{}, {"type": "semantic_vad", "eagerness": "low"}, {"type": "server_vad", "eagerness": "low"}, None]
)
def test_the_betas_turns_are_detected_as_it_says(turns) -> None:
    made = ask("/realtime/sessions", {"turn_detection": turns}).json()
    assert made["client_secret"]["value"].startswith("ek_")
    wanted = None if turns is None else turns.get("type", "server_vad")
    assert (made["turn_detection"] or {}).get("type") == wanted


def test_the_betas_bad_fields_are_refused() -> None:
    for body in ({"voice": 5}, {"input_audio_format": "mp3"}, {"tools": [{"type": "function"}]}):
        assert ask("/realtime/sessions", body).status_code == 400
