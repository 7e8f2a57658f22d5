"""The cost of terminals, told from the text of a grammar."""

import pytest

from fakeai.content.lark_terminals import refusal


@pytest.mark.parametrize(
    "definition",
    [
        'start: A+\nA: "x"? /[a-z]+/',
        "",
        "not a grammar at all",
        'start: "?" "*" // ????????\n',
        "start: " + "item? " * 1000 + '\nitem: "a"',
        "start: A\nA: B\nB: A",
        "start: WORD\n%import common.WORD\n",
    ],
)
def test_modest_terminals_pass(definition):
    assert refusal(definition) is None


@pytest.mark.parametrize(
    "definition",
    [
        "start: T\nT: " + '"a"? ' * 200,
        "start: T\nT: " + "Z " * 1500 + "\nZ: /a?/",
        'start: T6\nT0: "a"?\n' + "".join(f"T{at}: T{at - 1} T{at - 1} T{at - 1} T{at - 1}\n" for at in range(1, 7)),
        'start: T7\nT0: "a"+\n' + "".join(f"T{at}: T{at - 1} T{at - 1} T{at - 1} T{at - 1}\n" for at in range(1, 8)),
        'start: T\nT: ("a"? "b")~1..500',
        "start: /" + "a?" * 400 + "/",
        "".join(f'r{at}: "a"\n' for at in range(600)),
    ],
)
def test_costly_ones_do_not(definition):
    assert refusal(definition)
