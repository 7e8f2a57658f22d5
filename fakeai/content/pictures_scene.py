"""What a prompt makes one see: the time of day, the land, the weather, the things in it and their colours.

Words of the prompt decide; what it does not say, its seed does. Knows English words and no pixels.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, TypeAlias

from fakeai.core.chance import Chance

Colour: TypeAlias = tuple[int, int, int]
Hour = Literal["dawn", "day", "sunset", "night"]
Land = Literal["hills", "sea", "city", "desert", "snow", "forest", "space", "studio"]
Weather = Literal["clear", "clouds", "rain", "snow", "rainbow"]

_MOST_WORDS: Final = 400
_MOST_THINGS: Final = 4
_NEAR: Final = 2
"""Words between a colour and the thing it is of."""

COLOURS: Final[Mapping[str, Colour]] = MappingProxyType(
    {
        "red": (214, 62, 56),
        "crimson": (168, 28, 52),
        "orange": (240, 138, 46),
        "yellow": (247, 205, 70),
        "gold": (222, 172, 52),
        "golden": (222, 172, 52),
        "green": (84, 160, 84),
        "emerald": (40, 150, 108),
        "teal": (42, 150, 152),
        "turquoise": (64, 196, 188),
        "cyan": (82, 196, 222),
        "blue": (62, 116, 204),
        "navy": (34, 50, 104),
        "purple": (136, 84, 178),
        "violet": (148, 96, 200),
        "lilac": (190, 160, 220),
        "pink": (238, 134, 172),
        "magenta": (204, 60, 150),
        "brown": (136, 94, 62),
        "white": (245, 244, 240),
        "black": (44, 44, 52),
        "grey": (142, 148, 158),
        "gray": (142, 148, 158),
        "silver": (192, 198, 206),
    }
)
_USUAL: Final[tuple[Colour, ...]] = tuple(
    COLOURS[name] for name in ("red", "orange", "yellow", "teal", "blue", "purple", "pink", "emerald")
)


def _words(**of: str) -> Mapping[str, str]:
    return MappingProxyType({word: kind for kind, words in of.items() for word in words.split()})


_HOURS: Final = _words(
    dawn="dawn sunrise morning misty fog foggy pastel",
    day="day noon sunny sun bright daylight summer spring",
    sunset="sunset dusk evening twilight autumn warm",
    night="night midnight moon moonlit stars starry dark galaxy nebula space neon cosmic",
)
_LANDS: Final = _words(
    sea="sea ocean lake river beach water coast harbor harbour boat ship sailboat whale fish island wave waves surf",
    city="city town street skyline building buildings skyscraper tower office urban neon traffic bridge",
    desert="desert dune dunes sand cactus camel pyramid pyramids mars",
    snow="snow snowy winter ice arctic glacier penguin ski skiing polar",
    forest="forest wood woods jungle trees tree pine fir bear fox owl deer rainforest",
    hills="hill hills meadow field fields garden park farm countryside valley village mountain mountains grass",
    space="space galaxy nebula planet planets rocket spaceship astronaut cosmic orbit universe",
    studio="logo icon product portrait poster sticker badge emblem studio cup bottle mug sneaker lotion gift",
)
_WEATHERS: Final = _words(
    clouds="cloud clouds cloudy overcast",
    rain="rain rainy storm stormy thunder",
    snow="snowing snowfall blizzard snowflakes christmas",
    rainbow="rainbow",
)
_THINGS: Final = _words(
    house="house houses home cottage cabin hut barn farm village",
    castle="castle palace fortress",
    cat="cat cats kitten kitty",
    dog="dog dogs puppy fox wolf otter bear rabbit bunny deer lion tiger monkey horse",
    bird="bird birds parrot eagle seagull owl duck penguin",
    fish="fish goldfish shark whale dolphin",
    tree="tree trees oak apple park garden",
    pine="pine fir forest christmas woods",
    flower="flower flowers rose tulip sunflower daisy bouquet garden spring",
    boat="boat boats ship sailboat yacht harbor harbour",
    car="car cars taxi truck bus traffic",
    rocket="rocket spaceship spacecraft astronaut",
    planet="planet planets saturn mars jupiter",
    robot="robot robots android ai machine computer",
    balloon="balloon balloons party birthday gift",
    heart="heart hearts love valentine",
    star="star logo icon badge emblem award",
    cup="cup mug coffee tea bottle lotion drink",
    cactus="cactus cacti",
    person="person man woman boy girl child people portrait astronaut king queen teacher doctor astronauts people",
    train="train locomotive railway",
)


_NATURAL: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "cat": ("orange", "grey", "white", "black"),
        "dog": ("brown", "gold", "grey"),
        "star": ("gold", "yellow"),
        "heart": ("red", "pink"),
        "tree": ("red", "yellow", "emerald"),
        "pine": ("gold", "red"),
        "fish": ("orange", "gold", "teal"),
        "castle": ("red", "blue", "purple"),
        "rocket": ("red", "blue", "orange"),
    }
)
"""The colours that things have where the prompt gives them none; others have any."""


class Thing(NamedTuple):
    """Something that stands, swims or flies in the picture; `at` and `size` are parts of its width."""

    kind: str
    colour: Colour
    at: float
    size: float


class Scene(NamedTuple):
    """What there is to see. `mountains` are how many rows of them."""

    hour: Hour
    land: Land
    weather: Weather
    tint: Colour | None
    """The colour that the prompt names and no thing has: the sky's."""
    mountains: int
    sun_at: float
    things: tuple[Thing, ...]
    seed: bytes


def read_scene(prompt: str, seed: bytes, style: str = "") -> Scene:
    """The scene of a prompt: equal prompts and seeds, equal scenes. `style` is `vivid`, `natural` or nothing."""
    words = re.findall(r"[a-z]+", prompt[:8_000].lower())[:_MOST_WORDS]
    chance = Chance(seed).stream("scene")
    hours, lands, weathers = chance.stream("hour"), chance.stream("land"), chance.stream("weather")
    land: Land = _first(words, _LANDS) or lands.pick(("hills", "sea", "hills", "forest", "desert"))  # type: ignore[assignment]
    hour: Hour = _first(words, _HOURS) or hours.pick(("dawn", "day", "day", "sunset"))  # type: ignore[assignment]
    weather: Weather = _first(words, _WEATHERS) or weathers.pick(("clear", "clouds", "clouds"))  # type: ignore[assignment]
    if land == "space":
        hour, weather = "night", "clear"
    things, tint = _things(words, chance.stream("things"))
    if style == "vivid" and tint is None:
        tint = chance.stream("tint").pick(_USUAL)
    high = "mountain" in words or "mountains" in words or "alps" in words
    rows = 3 if high else chance.stream("rows").pick((0, 1, 2)) if land in ("hills", "sea", "snow", "forest") else 0
    return Scene(hour, land, weather, tint, rows, 0.15 + 0.7 * chance.unit(), things, seed)


def _first(words: list[str], of: Mapping[str, str]) -> str | None:
    return next((of[word] for word in words if word in of), None)


def _things(words: list[str], chance: Chance) -> tuple[tuple[Thing, ...], Colour | None]:
    """The things that are named, each in the colour just before it; and the first colour that is of none."""
    found: dict[str, Colour | None] = {}
    colour, told_at, tint = None, -9, None
    for at, word in enumerate(words):
        if word in COLOURS:
            if colour is not None and tint is None:
                tint = colour
            colour, told_at = COLOURS[word], at
        elif (kind := _THINGS.get(word)) is not None and kind not in found and len(found) < _MOST_THINGS:
            near = colour if at - told_at <= _NEAR else None
            found[kind] = near
            colour = None if near is not None else colour
    spaces = len(found) + 1
    things = [
        Thing(
            kind,
            colour or _natural(kind, chance),
            (n + 1) / spaces + (chance.unit() - 0.5) * 0.16 / spaces,
            (0.34 if spaces == 2 else 0.25) * (0.9 + 0.2 * chance.unit()),
        )
        for n, (kind, colour) in enumerate(found.items())
    ]
    return tuple(things), tint or colour


def _natural(kind: str, chance: Chance) -> Colour:
    usual = _NATURAL.get(kind)
    return chance.pick(_USUAL) if usual is None else COLOURS[chance.pick(usual)]
