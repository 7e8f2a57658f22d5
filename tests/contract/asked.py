"""All that is asked step by step, by what it is about. Each table begins with a server that has nothing yet."""

from types import MappingProxyType

from contract import (
    agents_steps,
    assistants_steps,
    audio_steps,
    chatkit_steps,
    kept,
    live_steps,
    media_steps,
    newer,
    organized,
    projected,
    realtime_steps,
    responses_steps,
    tuned,
    webhook_steps,
)

TABLES = MappingProxyType(
    {
        "organization": organized.STEPS,
        "projects": projected.STEPS,
        "what is kept": kept.STEPS,
        "fine-tuning": tuned.STEPS,
        "what is newer": newer.STEPS,
        "agents": agents_steps.STEPS,
        "assistants": assistants_steps.STEPS,
        "webhooks": webhook_steps.STEPS,
        "ChatKit": chatkit_steps.STEPS,
        "responses": responses_steps.STEPS,
        "sound": audio_steps.STEPS,
        "decisions and live": live_steps.STEPS,
        "pictures": media_steps.STEPS,
        "realtime": realtime_steps.STEPS,
    }
)
STEPS = [step for table in TABLES.values() for step in table]
