"""What a picture or a film costs in tokens, given its size: the rules of model families.

Pure arithmetic on numbers; knows no file format (`image_headers`, `film_headers`) and no request (`media`).

Sources:
- images: https://platform.openai.com/docs/guides/images-vision#calculating-costs
- films: https://github.com/nvidia-cosmos/cosmos-reason1 and cosmos-reason2, `configs/vision_config.yaml` (frame rate
  and pixel budget), with the frame arithmetic of https://github.com/QwenLM/Qwen3-VL,
  `qwen-vl-utils/src/qwen_vl_utils/vision_process.py`
"""

from functools import lru_cache
from math import ceil, floor, sqrt
from typing import NamedTuple, TypeAlias

from fakeai.core.generation import Look


class Tiles(NamedTuple):
    """512-pixel tiles: fit into 2048 x 2048, then the short side to 768, then base + tile x number of tiles."""

    base: int
    tile: int


class Patches(NamedTuple):
    """32-pixel patches, at most `budget` of them, times `percent` / 100. `original` is the budget at that detail."""

    percent: int
    budget: int = 1_536
    original: int = 1_536


class Frames(NamedTuple):
    """Qwen-VL's patches: `patch` pixels wide after merging; films in pairs of frames at `fps`, of `patches` in all."""

    patch: int
    fps: float
    patches: int


Rule: TypeAlias = Tiles | Patches | Frames

_COSMOS_1 = Frames(28, 4.0, 2 * 8_192)
_COSMOS_2 = Frames(32, 1.0, 8_192)

# OpenAI's guide up to gpt-5 and the -mini and -nano models; from gpt-5.2 on, the guide gives patch budgets
# and the multiplier is what the API bills, https://community.openai.com/t/1377015. The longest prefix counts.
_IMAGE_RULES: tuple[tuple[str, Rule], ...] = (
    ("gpt-4o-mini", Tiles(2_833, 5_667)),
    ("o1", Tiles(75, 150)),
    ("o3", Tiles(75, 150)),
    ("gpt-5", Tiles(70, 140)),
    ("computer-use-preview", Tiles(65, 129)),
    ("gpt-4.1-mini", Patches(162)),
    ("gpt-4.1-nano", Patches(246)),
    ("o4-mini", Patches(172)),
    ("codex-mini", Patches(172)),
    ("gpt-5-mini", Patches(162)),
    ("gpt-5-nano", Patches(246)),
    ("gpt-5.2", Patches(120)),
    ("gpt-5.3", Patches(120)),
    ("gpt-5.4", Patches(120, 2_500, 10_000)),
    ("gpt-5.4-mini", Patches(162)),
    ("gpt-5.4-nano", Patches(246)),
    ("gpt-5.5", Patches(120, 2_500, 10_000)),
    ("gpt-5.6", Patches(120, 2_500, 10_000)),
    ("gpt-6", Patches(120, 2_500, 10_000)),
    ("cosmos-reason1", _COSMOS_1),
    ("cosmos-reason2", _COSMOS_2),
)
_DEFAULT_RULE = Tiles(85, 170)  # gpt-4o, gpt-4.1, gpt-4.5, gpt-4-turbo, and any model we have no rule for


@lru_cache(maxsize=256)
def image_rule(model: str) -> Rule:
    """How `model`, an id that may carry an owner or be a fine-tune's, charges for images."""
    base = model.split(":")[1] if model.startswith("ft:") and ":" in model[3:] else model
    name = base.rsplit("/", 1)[-1].lower()
    found = [(prefix, rule) for prefix, rule in _IMAGE_RULES if name.startswith(prefix)]
    return max(found, key=lambda row: len(row[0]))[1] if found else _DEFAULT_RULE


def film_rule(model: str) -> Frames:
    """How `model` charges for films: as Cosmos-Reason 1 unless it is another model of that kind."""
    rule = image_rule(model)
    return rule if isinstance(rule, Frames) else _COSMOS_1


def image_tokens(width: int, height: int, rule: Rule, detail: str = "auto", look: Look | None = None) -> int:
    """Tokens of an image by `rule`. `auto` is taken as `high`; `low` is the base of a tile model and has no effect on
    patch models, as the API bills it (https://community.openai.com/t/1377015)."""
    if isinstance(rule, Frames):
        area = rule.patch**2
        most = max(1.0, look.most / area) if look and look.most else 16_384
        least = look.least / area if look and look.least else 4
        high, wide = _resized(height, width, rule.patch, min(least, most), most)
        return high * wide
    if isinstance(rule, Patches):
        count = _patches(width, height, rule.original if detail == "original" else rule.budget)
        return -(-count * rule.percent // 100)
    if detail == "low":
        return rule.base
    shrink = min(1.0, 2048 / max(width, height))
    width, height = max(1, round(width * shrink)), max(1, round(height * shrink))
    shrink = min(1.0, 768 / min(width, height))
    return rule.base + rule.tile * ceil(round(width * shrink) / 512) * ceil(round(height * shrink) / 512)


def _patches(width: int, height: int, budget: int) -> int:
    """32-pixel patches that cover the image once it is shrunk to at most `budget` of them.

    The guide's recipe: shrink by sqrt(budget x 32² / area), then a little more, so that one side is a whole number of
    patches. 1800 x 2400 gives 33 x 44.
    """
    count = ceil(width / 32) * ceil(height / 32)
    if count <= budget:
        return count
    shrink = sqrt(budget * 1024 / (width * height))
    wide, high = width * shrink / 32, height * shrink / 32
    fit = min(max(1, floor(wide)) / wide, max(1, floor(high)) / high)
    return min(budget, max(1, ceil(round(wide * fit, 6))) * max(1, ceil(round(high * fit, 6))))


def film_tokens(
    seconds: float, width: int, height: int, fps: float | None, rule: Frames, look: Look | None = None
) -> int:
    """Tokens of a film as Cosmos-Reason sees it (sources: the module's docstring).

    Frames are sampled at `rule.fps` (4 to 768 of them, an even number, no more than there are), each shrunk to its
    share of the budget (at most 768 patches, at least 128 and 5 %), and two frames share their tokens. A size of 0
    is taken as 1280 x 720. A `look` has its own rate, number and sizes of frames.
    """
    look = look or Look()
    rate = look.fps or rule.fps
    there = seconds * fps if fps else seconds * rate
    wanted = max(seconds * rate, 4) if look.fps or not look.frames else look.frames
    frames = int(max(2, min(wanted, look.frames or 768, 768, there))) // 2 * 2
    area = rule.patch**2
    budget = look.total / area if look.total else rule.patches
    least = look.least / area if look.least else 128
    most = max(min(look.most / area if look.most else 768, budget / frames * 2), 1)
    if not (look.most or look.total):
        most = max(most, int(128 * 1.05 * area) / area)
    if not (width and height):
        width, height = 1280, 720
    high, wide = _resized(height, width, rule.patch, min(least, most), most)
    return frames // 2 * high * wide


def _resized(height: int, width: int, patch: int, least: float, most: float) -> tuple[int, int]:
    """Rows and columns of patches of a picture scaled to between `least` and `most` patches."""
    high, wide = max(1, round(height / patch)), max(1, round(width / patch))
    if high * wide > most:
        shrink = sqrt(height * width / most) / patch
        high, wide = max(1, floor(height / shrink / patch)), max(1, floor(width / shrink / patch))
        return min(high, int(most)), min(wide, int(most))
    if high * wide < least:
        grow = sqrt(least / (height * width)) * patch
        return ceil(height * grow / patch), ceil(width * grow / patch)
    return high, wide
