"""What was used, in money: by line item, as OpenAI's bills have it.

Prices of models' tokens are in their cards, all others in `data/prices.toml`. What has no price costs nothing.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from fakeai.core.catalog import Catalog
from fakeai.store.usage import Amounts

_MILLION = 1e6


class Item(NamedTuple):
    """A line of a bill. `quantity` in `unit`."""

    name: str
    quantity: float
    unit: str | None
    usd: float


class Prices:
    """The price list."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def items(self, used: Mapping[str, Any], amounts: Amounts) -> Iterator[Item]:
        """The lines for one sum; `used` has its kind, model, batch, tier. Any: a row's values."""
        kind, model = used["kind"], used["model"]
        if kind in _BY_PIECE and not (_by_token(kind, model) and amounts.input + amounts.output):
            yield from self._pieces(kind, model, amounts)
        elif kind in _BY_CALL:
            name, calls = _BY_CALL[kind], amounts.amount
            yield Item(name, calls, None, calls * _list()["calls"][kind])
        elif kind != "vector_stores":
            yield from self._tokens(model, _factor(used), amounts)

    def storage(self, byte_hours: float) -> Item:
        """The line for what was kept in vector stores, the free part already taken off."""
        gib_hours = byte_hours / 2**30
        return Item("vector store storage", gib_hours, "gibibyte_hours", gib_hours / 24 * _list()["storage"]["gib_day"])

    def free_bytes(self) -> float:
        """What vector stores may hold for nothing."""
        return float(_list()["storage"]["free_gib"]) * 2**30

    def _tokens(self, model: str, factor: float, used: Amounts) -> Iterator[Item]:
        card = self._catalog.get(model) or self._catalog.accept(model)
        sound_in, sound_out = _audio(model)
        lines = (
            ("input_tokens", used.input - used.cached - used.input_audio, card.price_input),
            ("cached_input_tokens", used.cached, card.price_cached or card.price_input),
            ("input_audio_tokens", used.input_audio, sound_in or card.price_input),
            ("output_tokens", used.output - used.output_audio, card.price_output),
            ("output_audio_tokens", used.output_audio, sound_out or card.price_output),
        )
        for name, tokens, price in lines:
            if tokens:
                yield Item(f"{model}, {name}", tokens, "tokens", tokens * price * factor / _MILLION)

    def _pieces(self, kind: str, model: str, used: Amounts) -> Iterator[Item]:
        unit, table, size = _BY_PIECE[kind]
        price = _longest(_list()[table], model)
        yield Item(f"{model}, {unit}", used.amount, unit, used.amount / size * price)


_BY_PIECE: Mapping[str, tuple[str, str, float]] = {
    "images": ("images", "images", 1.0),
    "videos": ("duration_seconds", "films", 1.0),
    "audio_speeches": ("characters", "characters", _MILLION),
    "audio_transcriptions": ("duration_seconds", "minutes", 60.0),
}
"""Unit, table of prices, and how many units a price is for."""

_BY_CALL: Mapping[str, str] = {
    "file_search_calls": "file search tool calls",
    "web_search_calls": "web search tool calls",
    "code_interpreter_sessions": "code interpreter sessions",
}


def _by_token(kind: str, model: str) -> bool:
    """Whether a model that makes pieces has no price for one, as those that are paid by the token."""
    return not _longest(_list()[_BY_PIECE[kind][1]], model)


def _factor(used: Mapping[str, Any]) -> float:
    tiers = _list()["tiers"]
    return float(tiers["batch"] if used["batch"] else tiers.get(used["service_tier"], 1.0))


@lru_cache(maxsize=256)
def _audio(model: str) -> tuple[float, float]:
    """Prices of sound, in and out; 0 for models that have none of their own."""
    rows = {row["id"]: row for row in _list()["audio"]["models"]}
    fits = max((name for name in rows if model.startswith(name)), key=len, default=None)
    return (rows[fits]["input"], rows[fits]["output"]) if fits is not None else (0.0, 0.0)


def _longest(prices: Mapping[str, Any], model: str) -> float:
    fits = max((name for name in prices if name != "source" and model.startswith(name)), key=len, default=None)
    return float(prices[fits]) if fits is not None else 0.0


@lru_cache(maxsize=1)
def _list() -> Mapping[str, Any]:
    return tomllib.loads(files("fakeai").joinpath("data/prices.toml").read_text("utf-8"))
