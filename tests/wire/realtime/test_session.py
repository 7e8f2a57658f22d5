"""Settings of sessions are what the SDK says they may be."""

import openai.types.realtime as types
import pytest
from openai.types.realtime import realtime_audio_input_turn_detection as turns
from openai.types.realtime import realtime_tools_config_union as tools
from pydantic import ValidationError

from fakeai.wire.realtime import session as wire


@pytest.mark.parametrize(
    ("ours", "theirs", "more"),
    [
        (wire.RealtimeSession, types.RealtimeSessionCreateRequest, {"temperature"}),
        (wire.TranscriptionSession, types.RealtimeTranscriptionSessionCreateRequest, set()),
        (wire.Input, types.RealtimeAudioConfigInput, set()),
        (wire.Output, types.RealtimeAudioConfigOutput, set()),
        (wire.Transcription, types.AudioTranscription, set()),
        (wire.ServerVad, turns.ServerVad, set()),
        (wire.SemanticVad, turns.SemanticVad, set()),
        (wire.McpTool, tools.Mcp, set()),
        (wire.FunctionTool, types.RealtimeFunctionTool, set()),
        (wire.RetentionRatio, types.RealtimeTruncationRetentionRatio, set()),
    ],
)
def test_every_field_of_the_sdk_is_known(ours, theirs, more) -> None:
    assert set(ours.model_fields) == set(theirs.model_fields) | more


@pytest.mark.parametrize(
    "audio", [{"output": {"speed": 2.0}}, {"input": {"format": {"type": "audio/mp3"}}}, {"input": 5}]
)
def test_what_no_session_can_be_is_refused(audio) -> None:
    with pytest.raises(ValidationError):
        wire.RealtimeSession.model_validate({"type": "realtime", "audio": audio})
