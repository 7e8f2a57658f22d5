"""The shipped catalog is complete and honest, and ids outside it get a fitting card."""

import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from fakeai.core.catalog import Catalog, ModelCard, _shipped, load


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load()


@pytest.mark.parametrize(
    ("model", "window", "output"),
    [
        ("gpt-4o", 128_000, 16_384),
        ("gpt-4o-2024-05-13", 128_000, 4_096),
        ("gpt-4.1", 1_047_576, 32_768),
        ("gpt-5", 400_000, 128_000),
        ("gpt-5.6-sol", 1_050_000, 128_000),
        ("gpt-6-luna", 1_050_000, 128_000),
        ("o1", 200_000, 100_000),
        ("o3", 200_000, 100_000),
        ("gpt-4", 8_192, 8_192),
        ("gpt-4-turbo", 128_000, 4_096),
        ("gpt-3.5-turbo", 16_385, 4_096),
        ("gpt-3.5-turbo-instruct", 4_096, 4_096),
        ("gpt-oss-20b", 131_072, 131_072),
    ],
)
def test_windows_and_output_limits_are_those_documented(catalog: Catalog, model: str, window: int, output: int) -> None:
    card = catalog.cards[model]
    assert (card.context_window, card.max_output) == (window, output)


@pytest.mark.parametrize(
    ("model", "prices"),
    [
        ("gpt-4o", (2.5, 1.25, 10.0)),
        ("gpt-4o-mini", (0.15, 0.075, 0.6)),
        ("gpt-5", (1.25, 0.125, 10.0)),
        ("gpt-6-astra", (10.0, 1.0, 50.0)),
        ("o3", (2.0, 0.5, 8.0)),
        ("text-embedding-3-small", (0.02, 0.0, 0.0)),
    ],
)
def test_prices_are_those_documented(catalog: Catalog, model: str, prices: tuple[float, float, float]) -> None:
    card = catalog.cards[model]
    assert (card.price_input, card.price_cached, card.price_output) == prices


def test_there_are_at_least_seventy_ids_and_each_says_where_its_figures_come_from(catalog: Catalog) -> None:
    assert len(catalog.cards) >= 70
    assert [card.id for card in catalog.cards.values() if not card.source] == []


def test_figures_of_every_card_are_possible(catalog: Catalog) -> None:
    for card in catalog.cards.values():
        assert card.known
        assert card.context_window >= card.max_output >= 0, card.id
        assert card.price_cached <= card.price_input, card.id
        assert 1_650_000_000 < card.created < 1_800_000_000, card.id
        assert (card.dimensions > 0) == (card.family == "embedding"), card.id
        assert card.encoding in ("o200k_base", "cl100k_base"), card.id


def test_every_capability_and_family_in_the_file_is_one_the_card_knows() -> None:
    from typing import get_args

    from fakeai.core.catalog import Capability, Family

    rows = tomllib.loads(files("fakeai").joinpath("data/models.toml").read_text("utf-8"))["model"]
    assert {name for row in rows for name in row.get("capabilities", ())} == set(get_args(Capability))
    assert {row.get("family", "chat") for row in rows} == set(get_args(Family))


def test_every_id_with_a_default_endpoint_family_is_in_the_catalog(catalog: Catalog) -> None:
    families = {
        "gpt-4o-mini": "chat",
        "davinci-002": "completion",
        "babbage-002": "completion",
        "gpt-3.5-turbo-instruct": "completion",
        "text-embedding-ada-002": "embedding",
        "omni-moderation-latest": "moderation",
        "text-moderation-stable": "moderation",
        "whisper-1": "audio",
        "tts-1": "audio",
        "gpt-realtime": "realtime",
        "dall-e-3": "image",
        "sora-2": "video",
        "nvidia/cosmos-reason1-7b": "chat",
        "rerank-v3.5": "rerank",
        "nvidia/llama-3.2-nv-rerankqa-1b-v2": "rerank",
    }
    assert {model: catalog.cards[model].family for model in families} == families


def test_dated_alias_is_its_model_under_another_id(catalog: Catalog) -> None:
    alias, model = catalog.cards["gpt-4o-2024-08-06"], catalog.cards["gpt-4o"]
    assert alias.id == "gpt-4o-2024-08-06"
    assert {f: getattr(alias, f) for f in ModelCard.__slots__ if f != "id"} == {
        f: getattr(model, f) for f in ModelCard.__slots__ if f != "id"
    }


def test_reasoning_models_are_the_o_series_gpt5_gpt6_and_gpt_oss_but_not_the_chat_variants(catalog: Catalog) -> None:
    for model in ("o1", "o3-mini", "o4-mini", "gpt-5", "gpt-5-nano", "gpt-5.6-terra", "gpt-6.1-sol", "gpt-oss-120b"):
        assert catalog.cards[model].can("reasoning"), model
    for model in ("gpt-5-chat-latest", "gpt-5.1-chat-latest", "gpt-4o", "gpt-4.1", "gpt-3.5-turbo", "deepseek-chat"):
        assert not catalog.cards[model].can("reasoning"), model


def test_visible_reasoning_belongs_to_deepseek_style_ids(catalog: Catalog) -> None:
    for model in ("deepseek-reasoner", "deepseek-r1", "deepseek-ai/DeepSeek-R1", "nvidia/cosmos-reason1-7b"):
        assert catalog.cards[model].can("reasoning_content"), model
        assert not catalog.cards[model].can("reasoning"), model


def test_encoding_changes_with_gpt_4o(catalog: Catalog) -> None:
    for model in ("gpt-4", "gpt-4-turbo", "gpt-3.5-turbo", "text-embedding-3-small", "davinci-002"):
        assert catalog.cards[model].encoding == "cl100k_base", model
    for model in ("gpt-4o", "o1", "gpt-4.1", "gpt-5", "chatgpt-4o-latest"):
        assert catalog.cards[model].encoding == "o200k_base", model


def test_embedding_sizes(catalog: Catalog) -> None:
    sizes = {
        m: (catalog.cards[m].dimensions, catalog.cards[m].shortens) for m in catalog.cards if "text-embedding" in m
    }
    assert sizes == {
        "text-embedding-3-small": (1536, True),
        "text-embedding-3-large": (3072, True),
        "text-embedding-ada-002": (1536, False),
    }


@pytest.mark.parametrize(
    ("model", "like"),
    [
        ("openai/gpt-4o", "gpt-4o"),
        ("GPT-4o", "gpt-4o"),
        ("gpt-4o-2099-01-01", "gpt-4o"),
        ("gpt-4o-mini-2099-01-01", "gpt-4o-mini"),
        ("gpt-5.9-nova", "gpt-5"),
        ("gpt-6.9-astra", "gpt-6-sol"),
        ("ft:gpt-4o-mini:acme:support:abc123", "gpt-4o-mini"),
        ("ft:gpt-4o-mini-2024-07-18:acme::abc123", "gpt-4o-mini"),
        ("deepseek-r1:7b", "deepseek-r1"),
        ("bge-embedding-large", "text-embedding-3-small"),
        ("llama3.2:3b", "meta-llama/Llama-3.1-8B-Instruct"),
    ],
)
def test_unknown_id_takes_the_card_it_resembles_most(catalog: Catalog, model: str, like: str) -> None:
    card, known = catalog.accept(model), catalog.cards[like]
    assert (card.id, card.known) == (model, False)
    assert (card.family, card.context_window, card.capabilities, card.encoding) == (
        known.family,
        known.context_window,
        known.capabilities,
        known.encoding,
    )


@pytest.mark.parametrize("model", ["", "my-own-model", "gpt-50", "ft:", "ft:x", "o", "ft:nothing:known:here:x"])
def test_an_id_that_resembles_nothing_is_a_plain_chat_model(catalog: Catalog, model: str) -> None:
    card = catalog.accept(model)
    assert (card.id, card.family, card.known) == (model, "chat", False)
    assert card.can("tools") and not card.can("reasoning")


def test_an_accepted_id_has_no_shutdown_date(catalog: Catalog) -> None:
    assert catalog.cards["gpt-4o"].shutdown_date == "2027-01-14"
    assert catalog.accept("gpt-4o-custom").shutdown_date is None


def test_hostile_ids_are_accepted_quickly(catalog: Catalog) -> None:
    for model in ("-" * 1_000_000, "/" * 1_000_000, "ft:" + ":" * 1_000_000, "\ud800" * 100_000):
        assert catalog.accept(model).id == model


def test_get_knows_only_what_is_listed(catalog: Catalog) -> None:
    assert catalog.get("gpt-4o") is catalog.cards["gpt-4o"]
    assert catalog.get("GPT-4o") is None
    assert catalog.get("nothing") is None


def test_rows_do_not_repeat_an_id(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/models.toml").write_text("model = [{ id = 'a', aliases = ['b'] }, { id = 'b' }]")
    monkeypatch.setattr("fakeai.core.catalog.files", lambda package: tmp_path)
    with pytest.raises(ValueError, match="'b' is listed twice"):
        _shipped.__wrapped__()


def test_cards_that_join_take_the_place_of_those_of_the_same_id(catalog: Catalog) -> None:
    mine, own = ModelCard("mine", own_tokens=True), ModelCard("gpt-4o", context_window=7)
    joined = catalog.joined([mine, own])
    assert joined.get("mine") is mine
    assert joined.get("gpt-4o") is own
    assert catalog.get("mine") is None
    assert len(joined.cards) == len(catalog.cards) + 1
    assert not joined.accept("mine-custom").own_tokens  # there is one real model, and it is not this
