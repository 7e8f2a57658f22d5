"""Bills are by line item, from prices with a source."""

from typing import Any

import pytest

from fakeai.core.catalog import Catalog, ModelCard
from fakeai.services.prices import Prices
from fakeai.store.usage import Amounts

PRICES = Prices(
    Catalog({"m": ModelCard("m", price_input=2.0, price_cached=0.5, price_output=8.0), "plain": ModelCard("plain")})
)


def lines(amounts: Amounts, **used: Any) -> dict[str, float]:
    row = {"kind": "completions", "model": "m", "batch": False, "service_tier": "default", **used}
    return {item.name: item.usd for item in PRICES.items(row, amounts)}


def test_tokens_cost_what_the_models_card_says() -> None:
    million = Amounts(1, input=1_000_000, cached=400_000, output=500_000)
    assert lines(million) == {"m, input_tokens": 1.2, "m, cached_input_tokens": 0.2, "m, output_tokens": 4.0}
    assert lines(million, batch=True) == {
        "m, input_tokens": 0.6,
        "m, cached_input_tokens": 0.1,
        "m, output_tokens": 2.0,
    }
    assert lines(million, service_tier="priority")["m, output_tokens"] == 8.0
    assert lines(million, service_tier="never heard of") == lines(million)
    assert lines(Amounts(1)) == {}


def test_sound_costs_more_where_a_model_speaks() -> None:
    used = Amounts(1, input=1_000_000, output=2_000_000, input_audio=1_000_000, output_audio=1_000_000)
    told = lines(used, model="gpt-4o-mini-audio-preview")
    assert told["gpt-4o-mini-audio-preview, input_audio_tokens"] == 10.0
    assert told["gpt-4o-mini-audio-preview, output_audio_tokens"] == 20.0
    assert lines(used)["m, input_audio_tokens"] == 2.0


@pytest.mark.parametrize(
    ("kind", "model", "amount", "name", "usd"),
    [
        ("file_search_calls", "", 1_000, "file search tool calls", 2.5),
        ("web_search_calls", "m", 1_000, "web search tool calls", 10.0),
        ("code_interpreter_sessions", "", 10, "code interpreter sessions", 0.3),
        ("audio_speeches", "tts-1-hd", 1_000_000, "tts-1-hd, characters", 30.0),
        ("audio_transcriptions", "whisper-1", 600, "whisper-1, duration_seconds", 0.06),
        ("images", "gpt-image-1.5", 2, "gpt-image-1.5, images", 0.068),
        ("images", "never-heard-of", 2, "never-heard-of, images", 0.0),
    ],
)
def test_other_things_cost_by_the_piece(kind: str, model: str, amount: int, name: str, usd: float) -> None:
    assert lines(Amounts(1, amount=amount), kind=kind, model=model) == {name: pytest.approx(usd)}


def test_a_model_without_a_price_for_a_piece_costs_by_the_token() -> None:
    used = Amounts(1, input=1_000_000, output=1_000_000, output_audio=1_000_000, amount=4_000_000)
    assert lines(used, kind="audio_speeches") == {"m, input_tokens": 2.0, "m, output_audio_tokens": 8.0}
    assert lines(used, kind="audio_speeches", model="tts-1") == {"tts-1, characters": 60.0}


def test_storage_costs_by_size_and_time() -> None:
    item = PRICES.storage(2**30 * 24.0)
    assert (item.quantity, item.unit, item.usd) == (24.0, "gibibyte_hours", pytest.approx(0.1))
    assert PRICES.free_bytes() == 2**30
