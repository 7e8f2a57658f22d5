"""A run of tokens is a sequence of bursts, whoever looks."""

from fakeai.core.generation import Run, Text


def test_a_run_is_a_burst_a_token() -> None:
    run = Run(2, ["a", "b", "c"])
    bursts = [(Text(2, ("a",)),), (Text(2, ("b",)),), (Text(2, ("c",)),)]
    assert list(run) == bursts
    assert list(reversed(run)) == bursts[::-1]
    assert (len(run), run[-1]) == (3, bursts[-1])
    assert isinstance(run[1:], Run) and list(run[1:]) == bursts[1:]
