"""Trees of regular expressions: shapes, sizes, and what is refused."""

from time import process_time

import pytest

from fakeai.content.regex_syntax import Alt, Anchor, Chars, Group, Look, RegexError, Repeat, Seq, loose, parse, weight


def test_a_pattern_becomes_a_tree():
    tree = parse(r"^(?<year>\d{4})|x+?$")
    assert tree == Alt(
        (
            Seq((Anchor("start"), Group(Repeat(Chars(((48, 57),)), 4, 4), 1, "year"))),
            Seq((Repeat(Chars(((120, 120),)), 1, None), Anchor("end"))),
        )
    )


@pytest.mark.parametrize(
    ("pattern", "ranges"),
    [
        ("[a-c]", ((97, 99),)),
        ("[-a]", ((45, 45), (97, 97))),
        (r"[\]\-]", ((45, 45), (93, 93))),
        (r"\x41", ((65, 65),)),
        (r"\u00e9", ((0xE9, 0xE9),)),
        (r"\u{1F600}", ((0x1F600, 0x1F600),)),
        (r"\/", ((47, 47),)),
        (r"[\d_]", ((48, 57), (95, 95))),
        ("é", ((0xE9, 0xE9),)),
    ],
)
def test_classes_and_escapes(pattern, ranges):
    node = parse(pattern)
    assert isinstance(node, Chars)
    assert node.ranges == ranges


def test_lookarounds_tell_their_side_and_sign():
    assert [
        (node.ahead, node.negative) for node in parse("(?=a)(?!a)(?<=a)(?<!a)").parts if isinstance(node, Look)
    ] == [
        (True, False),
        (True, True),
        (False, False),
        (False, True),
    ]


@pytest.mark.parametrize(
    "pattern",
    [
        "(",
        ")",
        "[",
        "[]",
        "[z-a]",
        "*a",
        "a**",
        "a{2,1}",
        "a{",
        "a{x}",
        "\\",
        r"\q",
        r"\p{Klingon}",
        "(?<n",
        "(?x)a",
        r"\u12",
        "[[:alpha:]]",
        "[a&&b]",
        "a{1000000}",
        "(" * 60 + ")" * 60,
        "a" * 5000,
        "a?" * 300,
        r"[\w-z]",
    ],
)
def test_what_is_no_bearable_pattern_is_refused_at_once(pattern):
    start = process_time()
    with pytest.raises(RegexError):
        parse(pattern)
    assert process_time() - start < 0.2


def test_weight_multiplies_repeats_out():
    assert weight(parse("a{3}")) == 3
    assert weight(parse("(a{10}){20}")) == 220  # ten characters and the group, twenty times
    assert weight(parse(".")) > 10 * weight(parse("a"))


def test_loose_counts_what_may_be_left_out():
    assert loose(parse("a?")).empty and not loose(parse("a")).empty
    assert loose(parse("a?b?c")).cost == 6
    assert loose(parse("a+b+c{3}")).cost == 2
    assert loose(parse("(a|)(b|)")).cost == 4
