"""Predicted outputs: what an edit keeps of the known text, counted in tokens, and what the rest costs."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.content.prediction import answer, compare

CODE = "class User {\n  name: string;\n  username: string;\n}\nconst name = user.name;\n"


@pytest.mark.parametrize(
    ("prompt", "known", "said"),
    [
        ("Rename the variable `x` to `total`", "x = 1\nprint(x, ax, x1)", "total = 1\nprint(total, ax, x1)"),
        ("please replace foo with bar", "foo(foobar)", "bar(foobar)"),
        ("Change Username to Email.", "Username username", "Email username"),
        ("Replace the `username` property with an `email` property", "username: string;", "email: string;"),
        ("Substitute 'a' by 'b\\1c'", "a + a", "b\\1c + b\\1c"),
        ("Rename a.b to `c`", "a.b axb", "c axb"),
        ("Add a comment", CODE, CODE),
        ("Rename nothing_here to `x`", CODE, CODE),
        ("Rename x to `y`", "", ""),
    ],
)
def test_an_answer_is_the_known_text_with_the_edit_that_is_asked_for(prompt: str, known: str, said: str) -> None:
    assert answer(prompt, known) == said


def test_all_of_an_equal_answer_is_kept() -> None:
    assert compare(CODE, CODE) == (len(CODE), 0)
    assert compare("", CODE) == compare("", "") == (0, 0)
    assert compare(CODE, "") == (0, len(CODE))


def test_what_an_edit_replaced_is_lost_and_no_more() -> None:
    known = ["a", "x", "b", "x", "c", "x", "d"]
    assert compare(known, ["a", "y", "b", "y", "c", "y", "d"]) == (4, 3)
    assert compare(known, ["a", "y1", "y2", "y3", "b", "y1", "y2", "y3", "c", "y1", "y2", "y3", "d"]) == (4, 3)
    assert compare(known, ["a", "b", "c", "d"]) == (4, 3)
    assert compare(known, ["new", "first", "a", "x", "b", "x", "c", "x", "d"]) == (7, 0)
    assert compare(known, ["a", "x", "b", "x"]) == (4, 3)
    assert compare(["a", "b", "c"], ["x", "y", "z"]) == (0, 3)


def longest_common(left: str, right: str) -> int:
    """The length of a longest common subsequence, by the textbook's table."""
    row = [0] * (len(right) + 1)
    for a in left:
        before = row
        row = [0]
        for at, b in enumerate(right):
            row.append(before[at] + 1 if a == b else max(row[at], before[at + 1]))
    return row[-1]


@given(known=st.text("abc", max_size=30), said=st.text("abcd", max_size=30))
def test_kept_and_lost_are_all_and_no_more_is_kept_than_could_be(known: str, said: str) -> None:
    kept = compare(known, said)
    assert kept.accepted + kept.rejected == len(known)
    assert 0 <= kept.accepted <= longest_common(known, said)


@given(known=st.lists(st.sampled_from("abcx"), max_size=60), new=st.lists(st.sampled_from("vw"), max_size=9))
def test_a_word_replaced_everywhere_loses_only_itself(known: list[str], new: list[str]) -> None:
    said = [token for word in known for token in (new if word == "x" else [word])]
    assert compare(known, said) == (len(known) - known.count("x"), known.count("x"))


def test_time_and_size_are_in_proportion_whatever_the_edit() -> None:
    known = "".join(f"w{number * 7919 % 53} old " for number in range(20_000))
    began = time.process_time()
    said = answer(f"rename old to `{'n' * 200}`", known)
    assert len(said) <= len(known) + 10_000 * 200
    assert said.count("n" * 200) == 10_000
    words = known.split()
    kept = compare(words, [word if word != "old" else "new" for word in words])
    assert kept == (20_000, 20_000)
    assert compare(words, ["never"] * len(words)) == (0, 40_000)
    assert time.process_time() - began < 8.0  # 0.7 on an idle core
