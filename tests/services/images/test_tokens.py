"""What pictures cost in tokens: the figures of OpenAI's guide."""

import pytest

from fakeai.services.images.tokens import given_tokens, made_tokens


@pytest.mark.parametrize(
    ("size", "quality", "tokens"),
    [
        ((1024, 1024), "low", 272),
        ((1024, 1024), "medium", 1_056),
        ((1024, 1024), "high", 4_160),
        ((1024, 1536), "low", 408),
        ((1536, 1024), "medium", 1_568),
        ((1536, 1024), "high", 6_208),
        ((512, 512), "low", 68),
        ((2048, 2048), "high", 16_640),
    ],
)
def test_made_pictures_cost_by_size_and_quality(size: tuple[int, int], quality: str, tokens: int) -> None:
    assert made_tokens(*size, quality) == tokens


def test_better_costs_more() -> None:
    costs = [made_tokens(1024, 1024, quality) for quality in ("low", "medium", "high", "xhigh", "max")]
    assert costs == sorted(set(costs))


# 65 + 129 a tile, the shorter side scaled to 512: 1024x1024 is one tile, 1024x1536 is 512x768: two.
@pytest.mark.parametrize(
    ("sizes", "fidelity", "tokens"),
    [
        ([], None, 0),
        ([(1024, 1024)], None, 194),
        ([(1024, 1536)], "low", 323),
        ([(1024, 1024)], "high", 194 + 4_160),
        ([(1024, 1536)], "high", 323 + 6_240),
        ([(64, 64), (64, 64)], None, 388),
    ],
)
def test_given_pictures_cost_by_tiles(sizes: list[tuple[int, int]], fidelity: str | None, tokens: int) -> None:
    assert given_tokens(sizes, fidelity) == tokens
