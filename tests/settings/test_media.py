"""How long pictures and films take."""

import pytest

from fakeai.settings import SettingsError, load


def test_pictures_take_no_time_and_films_seconds_unless_told() -> None:
    media = load(environ={}).media
    assert (media.image_s, media.image_url_s, media.video_lifetime_s) == (0.0, 3_600.0, 86_400.0)
    assert media.video_queue_s + 12 * media.video_s_per_s < 10
    assert load(environ={"FAKEAI_MEDIA__IMAGE_S": "2.5"}).media.image_s == 2.5


@pytest.mark.parametrize(("name", "value"), [("image_s", -1), ("video_s_per_s", 0), ("image_url_s", "inf")])
def test_times_that_cannot_be_are_refused(name: str, value: object) -> None:
    with pytest.raises(SettingsError, match=name):
        load(flags={f"media.{name}": value}, environ={})
