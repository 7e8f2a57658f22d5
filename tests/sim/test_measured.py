"""Which gaps are steps that only decode, by hand."""

import numpy as np
import pytest

from fakeai.sim.measured import Point, Sample, decode_steps, limit


def test_a_sample_knows_its_times():
    sample = Sample(10, 4, sent=1.0, arrivals=(1.5, 1.6, 1.7, 1.8))
    assert sample.ttft_s == pytest.approx(0.5)
    assert sample.tpot_s == pytest.approx(0.1)
    assert Sample(10, 1, 1.0, (1.5,)).tpot_s is None


def test_what_warms_up_does_not_count():
    samples = [Sample(10, 3, 0.0, (ttft, ttft + 1.0, ttft + 2.0 * ttft)) for ttft in (9.0, 0.1, 0.2, 0.4)]
    point = Point(1, 10, tuple(samples), warm=1)
    assert point.ttft_s == pytest.approx(0.2)
    assert point.tpot_s == pytest.approx(0.2)
    assert Point(1, 10, (Sample(10, 1, 0.0, (0.3,)),)).tpot_s is None


def test_every_gap_of_a_single_answer_is_a_step():
    found = decode_steps(Point(1, 100, (Sample(100, 4, 0.0, (1.0, 1.1, 1.3, 1.6)),)))
    assert found.whole
    assert list(found.decodes) == [1, 1, 1]
    assert found.seconds == pytest.approx([0.1, 0.2, 0.3])
    assert list(found.context) == [101, 102, 103]  # the first token is computed in the first step that decodes


def test_gaps_in_which_somebody_waits_or_comes_or_goes_are_left_out():
    # The second is sent at 1.5 and has its first token at 3: the first one's gaps 1–2 and 2–3 hold it. It ends at 5.
    first = Sample(10, 7, 0.0, (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0))
    second = Sample(10, 3, 1.5, (3.0, 4.0, 5.0))
    found = decode_steps(Point(2, 10, (first, second)))
    by_number = {int(n): sorted(found.context[found.decodes == n]) for n in np.unique(found.decodes)}
    assert by_number == {1: [15, 16], 2: [11, 12, 13, 14]}


def test_tokens_of_one_step_may_arrive_somewhat_apart():
    first = Sample(10, 4, 0.0, (1.0, 2.0, 3.0, 4.0))
    second = Sample(10, 3, 0.0, (1.1, 2.1, 3.1))
    found = decode_steps(Point(2, 10, (first, second)))
    assert sorted(zip(found.decodes.tolist(), found.context.tolist(), strict=True)) == [
        (1, 13), (2, 11), (2, 11), (2, 12), (2, 12),
    ]  # fmt: skip


def test_pieces_of_several_tokens_count_by_their_mean():
    found = decode_steps(Point(1, 10, (Sample(10, 9, 0.0, (1.0, 1.2, 1.4, 1.6, 1.8)),)))
    assert not found.whole
    assert found.seconds == pytest.approx([0.1] * 4)
    assert list(found.context) == [11, 13, 15, 17]


def test_answers_of_one_token_tell_nothing():
    assert len(decode_steps(Point(1, 10, (Sample(10, 1, 0.0, (1.0,)),))).decodes) == 0
    assert limit([Point(1, 10, (Sample(10, 1, 0.0, (1.0,)),))]) is None
    assert limit([]) is None


def queued(seqs):
    """Four users of a server that runs `seqs` at once: answers of ten tokens a second apart, three of each user."""
    samples = []
    for number in range(12):
        wave = number // seqs
        sent = 10.0 * max(0, (number - 4) // seqs + 1) if number >= 4 else 0.0
        first = 10.0 * wave + 1.0
        samples.append(Sample(10, 10, sent, tuple(first + at for at in range(10))))
    return Point(4, 10, tuple(samples))


def test_a_full_server_is_seen_and_those_who_queue_do_not_spoil_its_steps():
    point = queued(2)
    assert limit([point]) == 2
    assert len(decode_steps(point).decodes) < 2 * 9 + 1  # the last two: nobody waits any more
    found = decode_steps(point, limit=2)
    assert set(found.decodes) == {2}
    assert len(found.decodes) == 12 * 9


def test_a_server_that_runs_all_users_is_not_full():
    assert limit([queued(4)]) is None


def test_few_that_decode_do_not_make_a_server_full_that_has_run_more():
    assert limit([queued(2), queued(4)]) is None
