"""English verb forms."""

from fakeai.content.inflection import gerund, stem


def test_verbs_take_their_endings():
    assert [gerund(verb) for verb in ("bake", "run", "fly", "sort", "read", "see", "die", "swimming")] == [
        "baking", "running", "flying", "sorting", "reading", "seeing", "dying", "swimming",
    ]  # fmt: skip
    assert [stem(verb) for verb in ("merges", "finds", "tries", "matches", "passes", "pass")] == [
        "merge",
        "find",
        "try",
        "match",
        "pass",
        "pass",
    ]
