"""What pictures cost in tokens.

Sources: developers.openai.com/api/docs/guides/image-generation (tokens of pictures that are made, by quality and size) and
.../guides/images-vision (tokens of pictures that are given to gpt-image-1: tiles of 512 pixels, the shorter side being
scaled to 512; 4,160 or 6,240 more with high fidelity). Sizes and qualities that are not in the table go by area and by our
estimate.
"""

from collections.abc import Mapping, Sequence
from math import ceil
from types import MappingProxyType
from typing import Final

_MADE: Final[Mapping[str, tuple[int, int, int]]] = MappingProxyType(
    {
        "low": (272, 408, 400),
        "medium": (1_056, 1_584, 1_568),
        "high": (4_160, 6_240, 6_208),
        "xhigh": (6_240, 9_360, 9_312),
        "max": (8_320, 12_480, 12_416),
    }
)
"""Square, upright (1024x1536) and wide (1536x1024). The last two rows are estimates."""
_SQUARE: Final = 1024 * 1024
_BASE, _TILE = 65, 129


def made_tokens(width: int, height: int, quality: str) -> int:
    """Tokens of one picture that is made."""
    square, upright, wide = _MADE.get(quality, _MADE["high"])
    known = {(1024, 1024): square, (1024, 1536): upright, (1536, 1024): wide}.get((width, height))
    return known if known is not None else ceil(square * width * height / _SQUARE)


def given_tokens(sizes: Sequence[tuple[int, int]], fidelity: str | None) -> int:
    """Tokens of the pictures that a request begins with."""
    return sum(_given(width, height, fidelity == "high") for width, height in sizes)


def _given(width: int, height: int, high: bool) -> int:
    scale = 512 / min(width, height)
    tiles = ceil(round(width * scale) / 512) * ceil(round(height * scale) / 512)
    extra = 0 if not high else 4_160 if 0.9 < width / height < 1.1 else 6_240
    return _BASE + _TILE * tiles + extra
