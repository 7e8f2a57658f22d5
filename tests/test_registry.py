"""The table of contents: everything in it exists, nothing in it is doubled, and what it lacks is named."""

import subprocess
import sys
from typing import Any

import pytest

from fakeai import registry
from fakeai.core.call import Endpoint

TABLES = {
    "services": registry.SERVICES,
    "middleware": registry.MIDDLEWARE,
    "backends": registry.BACKENDS,
    "shared": registry.SHARED,
    "metrics": registry.METRICS,
    "engine metrics": registry.ENGINE_METRICS,
}


@pytest.mark.parametrize("kind", TABLES)
def test_every_row_names_a_class_and_says_what_it_is(kind: str) -> None:
    for name, cls in registry.table(kind, TABLES[kind]).items():
        assert isinstance(cls, type), name
        assert cls.__doc__, name


def test_every_engine_is_a_function_that_says_what_it_makes() -> None:
    for name, make in registry.table("engine", registry.ENGINES).items():
        assert callable(make), name
        assert make.__doc__, name


def test_services_have_endpoints_whose_handlers_they_have() -> None:
    for cls in registry.table("service", registry.SERVICES):
        assert all(isinstance(row, Endpoint) and callable(getattr(cls, row.handler)) for row in cls.ENDPOINTS)


def test_services_are_looked_for_where_their_paths_begin() -> None:
    for name, _, roots in registry.SERVICES:
        service = registry.table("service", registry.SERVICES).get(name)
        assert (name, set(roots.split())) == (name, {row.path.split("/")[1] for row in service.ENDPOINTS})


def test_a_name_of_two_rows_is_refused() -> None:
    rows = (("chat", "fakeai.services.chat:Chat"), ("chat", "fakeai.services.models:Models"))
    with pytest.raises(ValueError, match="chat"):
        registry.table("service", rows)


def test_a_name_nobody_has_lists_those_there_are() -> None:
    with pytest.raises(LookupError, match="gateway"):
        registry.table("metric family", registry.METRICS).get("nothing")


def test_making_a_table_imports_nothing() -> None:
    code = "import sys; from fakeai import registry; registry.table('s', registry.SERVICES); print('fakeai.services' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


class Kept:
    def __init__(self, first: int, second: int = 2, *, third: int, fourth: int = 4) -> None:
        self.parts = (first, second, third, fourth)


@pytest.mark.parametrize(
    ("parts", "made"),
    [
        ({"first": 1, "third": 3}, (1, 2, 3, 4)),
        ({"first": 10, "second": 20, "third": 30, "fourth": 40, "fifth": 50}, (10, 20, 30, 40)),
        ({"third": 30, "first": 10, "fourth": 40}, (10, 2, 30, 40)),
    ],
)
def test_a_class_gets_the_parts_that_its_parameters_name(parts: dict[str, int], made: tuple[int, ...]) -> None:
    assert registry.assemble(Kept, parts).parts == made


def test_a_default_in_between_shifts_nothing() -> None:
    class Between:
        def __init__(self, first: Any, second: Any = "default", third: Any = None) -> None:
            self.parts = (first, second, third)

    assert registry.assemble(Between, {"first": 1, "third": 3}).parts == (1, "default", 3)


def test_parts_that_nobody_has_are_named_with_who_needs_them() -> None:
    with pytest.raises(TypeError, match="Kept needs first, third, which no App has"):
        registry.assemble(Kept, {"second": 2})


def test_a_class_that_needs_nothing_is_made() -> None:
    class Plain:
        """Has no parameters."""

    assert isinstance(registry.assemble(Plain, {"clock": object()}), Plain)


class Inner:
    def __init__(self, clock: object) -> None:
        self.clock = clock


class Outer:
    def __init__(self, inner: Inner) -> None:
        self.inner = inner


class Loop:
    def __init__(self, loop: object) -> None:
        self.loop = loop


def of(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, f"{__name__}:{name.title()}") for name in names)


def test_parts_are_made_with_one_another_when_they_are_asked_for() -> None:
    parts = registry.Parts({"clock": "a clock"}, of("outer", "inner"))
    assert set(parts) == {"clock", "outer", "inner"} and len(parts) == 3 and "inner" in parts and "other" not in parts
    assert parts["outer"].inner is parts["inner"] and parts["inner"].clock == "a clock"
    parts["clock"] = "another"
    del parts["inner"]
    assert parts["inner"].clock == "another" and parts["outer"].inner is not parts["inner"]
    with pytest.raises(KeyError, match="other"):
        parts["other"]


def test_a_part_that_needs_itself_is_refused() -> None:
    with pytest.raises(TypeError, match="loop > loop"):
        registry.Parts({}, of("loop"))["loop"]


def test_a_part_that_is_given_and_made_is_refused() -> None:
    with pytest.raises(ValueError, match="inner"):
        registry.Parts({"inner": 1}, of("inner"))
