"""What is asked of the Realtime API but for what is said over its sockets: keys for browsers.

The beta's sessions are asked for by the SDK: the document's body of them is their answer's.
"""

from contract.steps import Step

VAD = {"type": "server_vad", "threshold": 0.6, "prefix_padding_ms": 200, "silence_duration_ms": 400}
FUNCTION = {"type": "function", "name": "weather", "description": "The weather.", "parameters": {"type": "object"}}

STEPS = [
    Step("POST", "/realtime/client_secrets", {}),
    Step(
        "POST",
        "/realtime/client_secrets",
        {
            "expires_after": {"anchor": "created_at", "seconds": 60},
            "session": {
                "type": "realtime",
                "model": "gpt-realtime",
                "instructions": "Be brief.",
                "output_modalities": ["audio"],
                "audio": {
                    "input": {
                        "format": {"type": "audio/pcmu"},
                        "noise_reduction": {"type": "near_field"},
                        "transcription": {"model": "gpt-4o-transcribe", "language": "en"},
                        "turn_detection": VAD,
                    },
                    "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "cedar", "speed": 1.1},
                },
                "tools": [FUNCTION],
                "tool_choice": "auto",
                "max_output_tokens": 200,
                "truncation": {"type": "retention_ratio", "retention_ratio": 0.5},
            },
        },
    ),
    Step(
        "POST",
        "/realtime/client_secrets",
        {"session": {"type": "transcription", "audio": {"input": {"transcription": {"model": "whisper-1"}}}}},
    ),
    Step("POST", "/realtime/translations/client_secrets", {"session": {"model": "gpt-realtime-translate"}}),
    Step("POST", "/realtime/transcription_sessions", {"input_audio_transcription": {"model": "whisper-1"}}),
]
