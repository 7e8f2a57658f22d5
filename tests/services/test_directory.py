"""Which card answers for an id."""

import logging
from dataclasses import replace

import pytest

from fakeai.core.errors import ModelNotFound
from fakeai.services.directory import ModelDirectory


@pytest.fixture
def strict(directory: ModelDirectory) -> ModelDirectory:
    return ModelDirectory(directory.catalog, strict=True, default="gpt-4o-mini")


def test_known_models_have_their_card_and_no_model_the_default(strict: ModelDirectory) -> None:
    assert strict.card("gpt-4o").id == "gpt-4o"
    assert strict.card(None).id == strict.card("").id == "gpt-4o-mini"


def test_an_unknown_model_is_accepted_and_noted_once(
    directory: ModelDirectory, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "fakeai.models")
    card = directory.card("acme-large")
    assert (card.id, card.known, card.family) == ("acme-large", False, "chat")
    assert directory.card("acme-large") is card
    assert [record.message for record in caplog.records] == [
        "model 'acme-large' is not in the catalog: accepted, answered like a chat model"
    ]


def test_an_adapter_is_a_model_from_loading_to_unloading(directory: ModelDirectory) -> None:
    directory.card("rhymes")
    base = directory.card("gpt-4o")
    card = replace(base, id="rhymes", parent="gpt-4o", root="/adapters/rhymes")
    directory.add_adapter(card)
    assert directory.card("rhymes") is card
    assert directory.adapters() == [card]
    assert directory.names("rhymes") and directory.names("gpt-4o") and not directory.names("acme-large")
    directory.remove_adapter("rhymes")
    assert directory.adapters() == []
    assert directory.find("rhymes") is None
    with pytest.raises(ModelNotFound):
        directory.card("rhymes")
    with pytest.raises(KeyError):
        directory.remove_adapter("rhymes")
    directory.add_adapter(card)
    assert directory.card("rhymes") is card


def test_strict_directories_refuse_it(strict: ModelDirectory) -> None:
    with pytest.raises(ModelNotFound) as caught:
        strict.card("acme-large")
    assert caught.value.message == "The model `acme-large` does not exist or you do not have access to it."
    assert (caught.value.status, caught.value.code) == (404, "model_not_found")


def test_an_id_that_is_no_id_is_refused_shortened(directory: ModelDirectory) -> None:
    with pytest.raises(ModelNotFound) as caught:
        directory.card("m" * 1_000_000)
    assert len(caught.value.message) < 400


def test_fine_tunes_answer_like_their_base(directory: ModelDirectory) -> None:
    card = directory.card("ft:gpt-3.5-turbo:acme::abc123")
    assert (card.context_window, card.known) == (16_385, False)
    directory.card("acme-large")
    directory.use("org-acme/mine", card.id)
    assert directory.fine_tunes("org-acme/mine") == [card]


def test_who_uses_a_fine_tune_is_nobody_elses_business(directory: ModelDirectory) -> None:
    name = "ft:gpt-4o-mini:acme::abc123"
    directory.card(name)
    for owner in ("org-acme/mine", "org-acme/other"):
        directory.use(owner, name)
    directory.forget("org-acme/mine", name)
    with pytest.raises(ModelNotFound):
        directory.use("org-acme/mine", name)
    assert directory.fine_tunes("org-acme/mine") == []
    directory.use("org-acme/other", name)
    assert [card.id for card in directory.fine_tunes("org-acme/other")] == [name]
    assert directory.fine_tunes("org-else/third") == []
    with pytest.raises(ModelNotFound):
        directory.use("org-else/third", "ft:" + "m" * 1_000_000)


def test_no_more_cards_of_tuned_models_are_held_than_memory_allows(directory: ModelDirectory) -> None:
    base = directory.card("gpt-4o")
    for number in range(65):
        directory.add_tuned(replace(base, id=f"ft:{number}", known=False))
    assert directory.tuned("ft:0") is None and directory.find("ft:0") is None
    assert directory.card("ft:64") is directory.tuned("ft:64")
    directory.forget_tuned("ft:64")
    assert directory.find("ft:64") is None


def test_deleted_models_are_gone(directory: ModelDirectory) -> None:
    name = "ft:gpt-4o-mini:acme::abc123"
    directory.card(name)
    directory.delete(name)
    assert directory.find(name) is None
    with pytest.raises(ModelNotFound):
        directory.card(name)


def test_made_up_ids_without_end_take_bounded_memory(
    directory: ModelDirectory, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, "fakeai.models")
    for number in range(10_001):
        directory.card(f"m{number}")
    assert directory.find("m0") is None and directory.find("m10000") is not None
    assert directory.card("m0").id == "m0"
