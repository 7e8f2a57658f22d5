"""Keys and sessions of the beta are asked for as the SDK asks."""

from openai.types.beta import realtime as old
from openai.types.realtime import client_secret_create_params as asked
from openai.types.realtime.translations import client_secret_create_params as translated

from fakeai.wire.realtime import secrets as wire


def test_every_parameter_of_the_sdk_is_known() -> None:
    for ours, theirs in (
        (wire.ClientSecretCreate, asked.ClientSecretCreateParams),
        (wire.TranslationSecretCreate, translated.ClientSecretCreateParams),
        (wire.BetaSessionCreate, old.SessionCreateParams),
        (wire.BetaTranscriptionCreate, old.TranscriptionSessionCreateParams),
    ):
        names = set(theirs.__annotations__)
        assert names <= set(ours.model_fields) <= names | {"prompt"}, ours
