"""Films are told of as the SDK has them."""

from openai.types import Video as SdkVideo
from openai.types import VideoCreateCharacterResponse

from fakeai.wire.videos.reply import Character, Video


def test_keys_are_those_of_the_sdk() -> None:
    assert set(Video.__annotations__) == set(SdkVideo.model_fields)
    assert Video.__required_keys__ == set(SdkVideo.model_fields)
    assert set(Character.__annotations__) == set(VideoCreateCharacterResponse.model_fields)
