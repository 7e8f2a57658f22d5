"""Names stand for one thing each, are listed when one is unknown, and may be loaded on first use."""

import sys

import pytest

from fakeai.core.registry import Registry


def registry(**things) -> Registry:
    made: Registry = Registry("router")
    for name, thing in things.items():
        made.add(name, thing)
    return made


def test_a_thing_is_found_by_its_name() -> None:
    thing = object()
    assert registry(a=1, b=thing).get("b") is thing


def test_a_second_thing_of_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="router 'a' is registered twice"):
        registry(a=1).add("a", 2)


def test_an_unknown_name_lists_the_known_ones_and_the_closest() -> None:
    with pytest.raises(KeyError, match=r"unknown router 'randon'; did you mean 'random'\? \(known: random, kv\)"):
        registry(random=1, kv=2).get("randon")


def test_a_name_that_resembles_none_gets_no_hint() -> None:
    with pytest.raises(KeyError) as caught:
        registry(random=1).get("zzz")
    assert "did you mean" not in str(caught.value)


def test_names_and_things_come_in_the_order_they_were_added() -> None:
    made = registry(z=26, a=1, m=13)
    assert made.names() == ["z", "a", "m"]
    assert list(made) == [26, 1, 13]
    assert list(made.items()) == [("z", 26), ("a", 1), ("m", 13)]


def test_a_string_is_imported_at_its_first_use_and_not_before(tmp_path, monkeypatch) -> None:
    (tmp_path / "imported_late_by_a_test.py").write_text("thing = object()\n")
    monkeypatch.syspath_prepend(tmp_path)
    made = registry(late="imported_late_by_a_test:thing")
    assert made.names() == ["late"]
    assert "imported_late_by_a_test" not in sys.modules
    thing = made.get("late")
    assert thing is sys.modules.pop("imported_late_by_a_test").thing
    assert made.get("late") is thing  # loaded once


def test_registries_do_not_share_names() -> None:
    registry(a=1)
    assert registry(a=2).get("a") == 2
