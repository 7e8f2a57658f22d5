"""Sets of code points."""

from fakeai.content.regex_classes import ascii_part, common, invert, merge


def points(ranges):
    return {point for low, high in ranges for point in range(low, high + 1)}


def test_merge_keeps_the_points_and_drops_overlaps():
    ranges = ((5, 9), (1, 3), (8, 12), (4, 4))
    assert merge(ranges) == ((1, 12),)
    assert merge(((1, 2), (4, 5))) == ((1, 2), (4, 5))


def test_invert_is_everything_else_but_surrogates():
    inverse = points(invert(((0, 96), (98, 0x10FFFF))))
    assert inverse == {97}
    assert not points(invert(((97, 97),))) & set(range(0xD800, 0xE000))


def test_common_is_the_intersection():
    first, second = ((1, 5), (10, 20)), ((4, 12), (20, 30))
    assert points(common(first, second)) == points(first) & points(second)


def test_ascii_part_ends_at_the_tilde():
    assert points(ascii_part(((100, 300),))) == set(range(100, 127))
