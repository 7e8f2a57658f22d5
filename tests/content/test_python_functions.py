"""What little programs can use is bounded, and every name of a module is one that can be imported."""

import pytest

from fakeai.content.python_functions import FUNCTIONS, METHODS, MODULES, File, Unknown


def test_modules_are_those_of_the_functions() -> None:
    assert {"csv", "json", "math", "statistics"} == MODULES


def test_methods_are_there_and_change_nothing() -> None:
    for kind, names in METHODS:
        value = kind()
        assert all(callable(getattr(value, name)) and not name.startswith("_") for name in names)
    assert {"append", "clear", "pop", "format", "replace"}.isdisjoint(name for _, names in METHODS for name in names)


def test_places_of_a_rounded_number_are_bounded() -> None:
    assert FUNCTIONS["round"](2.567, 1) == 2.6 and FUNCTIONS["round"](2.5) == 2
    with pytest.raises(Unknown):
        FUNCTIONS["round"](7, -(10**9))


def test_lines_of_a_file_are_read_once() -> None:
    file = File("a\nb")
    assert (file.rest(), file.rest()) == (["a\n", "b"], [])
    assert FUNCTIONS["json.load"](File("[1]")) == [1]
    with pytest.raises(Unknown):
        FUNCTIONS["json.load"]("[1]")
