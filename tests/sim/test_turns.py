"""By turns: which pass computes what, by hand. That nothing is lost or left behind, `test_engine` has for all policies."""

import pytest

from fakeai.backends import turns as server
from fakeai.sim.turns import PART
from tests.sim.engines import Notes, cluster, prompt

WAKE = 1e-4


def run(*requests, **options):
    notes = Notes()
    made = cluster(notes=notes, policy="transformers", **options)
    for at, request in requests:
        made.submit(request, at)
    made.advance(float("inf"))
    return notes


def passes(notes):
    """Prompt tokens and tokens made of each step."""
    return [(prompts, tokens) for _, _, _, tokens, prompts in notes.steps]


def test_prompts_are_read_one_at_a_time_with_a_token_for_everyone_in_between():
    notes = run((0.0, prompt("a", 10, 3)), (0.0, prompt("b", 20, 3)))
    assert passes(notes) == [(10, 1), (0, 1), (20, 1), (0, 2), (0, 1)]
    one, other = notes.ended_by_id["a"], notes.ended_by_id["b"]
    first = WAKE + 0.01 + 10 * 1e-4
    assert one.first_token == pytest.approx(first)
    decoded = first + 0.011 + 11e-6
    assert other.first_token == pytest.approx(decoded + 0.01 + 20 * 1e-4)
    assert one.last_token == pytest.approx(other.first_token + 0.012 + (12 + 21) * 1e-6)


def test_a_long_prompt_is_read_in_parts():
    notes = run((0.0, prompt("a", 4, 4)), (0.0, prompt("b", 20, 1)), max_num_seqs=4, max_num_batched_tokens=8)
    assert passes(notes) == [(4, 1), (0, 1), (8, 0), (0, 1), (8, 0), (0, 1), (4, 1)]


def test_without_anybody_to_decode_the_parts_follow_each_other():
    assert passes(run((0.0, prompt("a", 20, 2)), max_num_seqs=4, max_num_batched_tokens=8)) == [
        (8, 0),
        (8, 0),
        (4, 1),
        (0, 1),
    ]


def test_no_prompt_is_read_while_all_places_are_taken():
    notes = run((0.0, prompt("a", 4, 4)), (0.0, prompt("b", 5, 1)), max_num_seqs=1, max_num_batched_tokens=8)
    assert passes(notes) == [(4, 1), (0, 1), (0, 1), (0, 1), (5, 1)]


def test_when_blocks_run_out_the_last_to_come_starts_over():
    # Eight blocks of four tokens: two answers of 20 tokens do not fit together.
    notes = run((0.0, prompt("a", 8, 16)), (0.0, prompt("b", 8, 16)), blocks=8)
    assert notes.preemptions > 0
    assert notes.ended_by_id["a"].preemptions == 0
    assert [one.made for one in notes.ended_by_id.values()] == [16, 16]


def test_parts_are_as_long_as_the_servers():
    assert PART == server._PART
