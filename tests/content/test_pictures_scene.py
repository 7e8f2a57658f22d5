"""What prompts make one see."""

from fakeai.content.pictures_scene import COLOURS, read_scene


def test_words_decide_hour_land_and_weather() -> None:
    scene = read_scene("A stormy night at the sea", b"1")
    assert (scene.hour, scene.land, scene.weather) == ("night", "sea", "rain")
    assert read_scene("A rocket on its way to a planet", b"1").land == "space"
    assert read_scene("high mountains", b"1").mountains == 3


def test_a_thing_has_the_colour_just_before_it_and_the_sky_what_is_left() -> None:
    scene = read_scene("a red house beside a blue boat under a pink sky", b"1")
    assert [(thing.kind, thing.colour) for thing in scene.things] == [
        ("house", COLOURS["red"]),
        ("boat", COLOURS["blue"]),
    ]
    assert scene.tint == COLOURS["pink"]


def test_what_the_prompt_leaves_open_its_seed_decides_once_and_for_all() -> None:
    scenes = {read_scene("something", bytes([seed])) for seed in range(40)}
    assert len({scene.land for scene in scenes}) > 2
    assert read_scene("something", b"1") == read_scene("something", b"1")


def test_a_prompt_of_many_things_shows_a_few() -> None:
    assert len(read_scene("house cat dog bird fish tree flower boat car " * 5_000, b"1").things) == 4


def test_vivid_has_a_colour_where_the_prompt_has_none() -> None:
    assert read_scene("a house", b"1").tint is None
    assert read_scene("a house", b"1", "vivid").tint is not None
