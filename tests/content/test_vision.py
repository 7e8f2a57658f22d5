"""Image and film tokens against the guide's worked examples and what the API was seen to bill."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.content.vision import Frames, Patches, Tiles, film_rule, film_tokens, image_rule, image_tokens
from fakeai.core.generation import Look


@pytest.mark.parametrize(
    ("model", "size", "detail", "expected"),
    [
        ("gpt-4o", (1024, 1024), "high", 765),
        ("gpt-4o", (2048, 4096), "high", 1105),
        ("gpt-4o", (4096, 8192), "low", 85),
        ("gpt-4o", (1024, 1024), "auto", 765),
        ("gpt-4o", (100, 100), "high", 255),
        ("gpt-4.1", (2049, 513), "high", 1445),  # billed 1453 with 8 of text: community.openai.com/t/1281361
        ("gpt-4.1", (2050, 513), "high", 765),  # billed 773 with 8 of text, same place
        ("gpt-4.1-mini", (1024, 1024), "high", 1659),  # ceil(1024 x 1.62)
        ("gpt-4.1-mini", (1800, 2400), "high", 2353),  # the guide's 33 x 44 = 1452 patches x 1.62
        ("gpt-4.1-mini", (1800, 2400), "low", 2353),
        ("gpt-4.1-nano", (1800, 2400), "high", 3572),
        ("o4-mini", (320, 320), "high", 172),
        ("gpt-5-nano", (32, 32), "high", 3),
        ("gpt-5-mini", (320, 320), "high", 162),  # exactly 162: no rounding error
        ("gpt-4o-mini", (1024, 1024), "high", 2833 + 4 * 5667),
        ("gpt-4o-mini", (1024, 1024), "low", 2833),
        ("o1", (512, 512), "high", 225),
        ("o3", (512, 512), "high", 225),
        ("gpt-5", (1024, 1024), "high", 70 + 4 * 140),
        ("gpt-5-chat-latest", (1024, 1024), "low", 70),
        ("gpt-5.2", (1280, 720), "high", 1104),  # 40 x 23 = 920 patches x 1.2
        ("gpt-5.4", (1600, 1600), "high", 3000),  # 50 x 50 patches x 1.2
        ("gpt-5.4", (3200, 3200), "original", 12_000),
        ("gpt-4-turbo", (1024, 1024), "high", 765),
        ("my-own-model", (1024, 1024), "high", 765),
        ("ft:gpt-4o-mini:org:name:id", (64, 64), "low", 2833),
        ("openai/o4-mini-2025-04-16", (32, 32), "high", 2),
        ("nvidia/cosmos-reason1-7b", (1280, 720), "auto", 46 * 26),
    ],
)
def test_an_image_costs_what_the_rule_says(model: str, size: tuple[int, int], detail: str, expected: int):
    assert image_tokens(*size, image_rule(model), detail) == expected


@pytest.mark.parametrize("size", [(1, 2**31 - 1), (2**31 - 1, 1), (2**31 - 1, 2**31 - 1), (1, 1), (3, 100_000)])
@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4.1-mini", "gpt-5.4", "nvidia/cosmos-reason2-8b"])
def test_absurd_shapes_stay_within_the_budget(size: tuple[int, int], model: str):
    rule = image_rule(model)
    most = {Tiles: 85 + 8 * 170, Patches: 3_000, Frames: 16_384}[type(rule)]
    assert 1 <= image_tokens(*size, rule, "high") <= most


@pytest.mark.parametrize("width", range(900, 4000, 211))
def test_patches_never_exceed_the_budget_and_nearly_use_it(width: int):
    count = image_tokens(width, 3000, Patches(100))
    assert 1_300 < count <= 1_536


def test_a_film_costs_as_cosmos_reason_1_counts_it():
    # 10 s at 4 fps: 40 frames; 768 patches at most: 720 x 1280 shrinks to 20 x 36; two frames share their tokens.
    assert film_tokens(10, 1280, 720, 30, film_rule("nvidia/cosmos-reason1-7b")) == 20 * 20 * 36
    # 60 s: 240 frames; 16384 / 240 * 2 = 136.5 patches: shrink = sqrt(921600 / 136.53) / 28 = 2.934: 8 x 15.
    assert film_tokens(60, 1280, 720, 30, film_rule("nvidia/cosmos-reason1-7b")) == 120 * 8 * 15


def test_a_film_costs_as_cosmos_reason_2_counts_it():
    # 10 s at 1 fps: 10 frames of at most 768: sqrt(921600 / 768) / 32 = 1.0825: 20 x 36.
    assert film_tokens(10, 1280, 720, 30, film_rule("nvidia/cosmos-reason2-8b")) == 5 * 20 * 36


def test_a_film_has_at_least_one_pair_of_frames_and_at_most_384():
    rule = film_rule("gpt-4o")
    assert film_tokens(0, 280, 280, 30, rule) == 12 * 12  # 100 patches grow to at least 128
    assert film_tokens(1e300, 1280, 720, None, rule) == film_tokens(192, 1280, 720, 30, rule)
    assert film_tokens(1, 0, 0, 30, rule) == film_tokens(1, 1280, 720, 30, rule)


@pytest.mark.parametrize(
    ("look", "expected"),
    [
        (Look(), 32 * 16 * 16 // 2),
        (Look(fps=2), 16 * 16 * 16 // 2),
        (Look(fps=1, frames=6), 6 * 16 * 16 // 2),
        (Look(frames=10), 10 * 16 * 16 // 2),
        (Look(frames=3), 2 * 16 * 16 // 2),
        (Look(frames=5_000), 240 * 11 * 11 // 2),  # all there are, each with its share of the budget
        (Look(most=224 * 224), 32 * 8 * 8 // 2),
        (Look(total=32 * 112 * 112), 32 * 5 * 5 // 2),
        (Look(least=560 * 560), 32 * 20 * 20 // 2),
        (Look(most=1), 32 // 2),
    ],
)
def test_a_film_costs_what_is_looked_at(look: Look, expected: int):
    """8 seconds of 448 x 448 at 30 frames a second, in patches of 28 pixels, two frames at a time."""
    assert film_tokens(8, 448, 448, 30, film_rule("nvidia/cosmos-reason1-7b"), look) == expected


@given(
    st.builds(
        Look,
        st.none() | st.floats(1e-6, 2**31, allow_nan=False),
        *[st.none() | st.integers(1, 2**31 - 1)] * 4,
    ),
    st.floats(0, 1e6),
    st.integers(0, 100_000),
    st.integers(0, 100_000),
)
def test_whatever_the_look_the_cost_is_bounded(look: Look, seconds: float, width: int, height: int):
    assert 0 <= film_tokens(seconds, width, height, 30.0, film_rule("cosmos-reason2-8b"), look) < 2**41


def test_a_picture_costs_what_is_looked_at():
    rule = image_rule("nvidia/cosmos-reason1-7b")
    assert image_tokens(448, 448, rule, "auto", Look(most=224 * 224)) == 64
    assert image_tokens(56, 56, rule, "auto", Look(least=280 * 280)) == 100
    assert image_tokens(448, 448, image_rule("gpt-4o"), "auto", Look(most=1)) == image_tokens(
        448, 448, image_rule("gpt-4o")
    )
