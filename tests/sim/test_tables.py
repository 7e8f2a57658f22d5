"""Measured times come back where they were measured, lie on lines between, and survive their files."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.sim.tables import SHORTEST_S, Linear, MeasuredTable, Polynomial, dump_profile, load_profile
from fakeai.sim.types import StepShape

TABLE = MeasuredTable(
    batches=[1, 8, 32],
    contexts=[128, 1024, 8192],
    decode_s=[[0.010, 0.011, 0.018], [0.012, 0.014, 0.030], [0.016, 0.025, 0.090]],
    prompts=[64, 512, 4096],
    prefill_s=[0.012, 0.030, 0.200],
)
LINEAR = Linear(0.008, 1e-5, 1e-8, 5e-5, 1e-10)
PAIRS = MeasuredTable([1], [100], [[0.01]], [10, 100], [0.02, 0.03], pair_s=1e-6)
TIMINGS = [PAIRS, TABLE, LINEAR, Polynomial(100_000), MeasuredTable([4], [100], [[0.01]], [10], [0.02])]


def test_measured_steps_come_back() -> None:
    for i, batch in enumerate(TABLE.batches):
        for j, context in enumerate(TABLE.contexts):
            assert TABLE.seconds(StepShape(int(batch), int(batch * context))) == pytest.approx(TABLE.decode_s[i][j])
    assert TABLE.seconds(StepShape(0, 0, 512, 0, 1, 1)) == pytest.approx(0.030)


def test_between_and_beyond_is_linear() -> None:
    assert TABLE.seconds(StepShape(1, 576)) == pytest.approx(0.0105)
    assert TABLE.seconds(StepShape(1, 2 * 8192 - 1024)) == pytest.approx(0.025)
    assert TABLE.seconds(StepShape(20, 20 * 128)) == pytest.approx(0.014)
    assert TABLE.seconds(StepShape(0, 0, 2 * 4096 - 512, 0, 1, 1)) == pytest.approx(0.370)


def test_a_bilinear_truth_is_met_everywhere() -> None:
    def truth(n: float, context: float) -> float:
        return 0.005 + 1e-5 * n + 2e-9 * n * context

    batches, contexts = [1, 10, 100], [10, 5000]
    table = MeasuredTable(batches, contexts, [[truth(n, c) for c in contexts] for n in batches], [1], [0.01])
    for n, context in ((3, 100), (57, 2500), (200, 9000)):
        assert table.seconds(StepShape(n, n * context)) == pytest.approx(truth(n, context))


def test_a_mixed_step_counts_what_all_steps_take_once() -> None:
    mixed = TABLE.seconds(StepShape(8, 8 * 1024, 512, 0, 1, 1))
    assert mixed == pytest.approx(0.014 + 0.030 - 0.010)


def test_the_polynomial_is_dynamos() -> None:
    one = Polynomial(1000)
    assert one.seconds(StepShape(0, 0, 1000, 0, 1, 1)) == pytest.approx(
        (4.209989e-07 * 1e6 + 15.18344 + 16.50142) / 1e3
    )
    assert one.seconds(StepShape(5, 500)) == pytest.approx((-25.74 * 0.25 + 54.01 * 0.5 + 5.74) / 1e3)
    assert one.seconds(StepShape(5, 5000)) == one.seconds(StepShape(5, 1000))


def test_the_line_adds_up() -> None:
    step = StepShape(10, 5000, 100, 5050, 1, 1, drafts=4)
    assert LINEAR.seconds(step) == pytest.approx(0.008 + 14e-5 + 5e-5 + 5e-3 + 5.05e-7)


@pytest.mark.parametrize("timing", TIMINGS)
@given(decodes=st.integers(1, 500), kv=st.lists(st.integers(0, 10**7), min_size=1, max_size=20))
def test_runs_of_steps_take_to_the_bit_what_single_steps_take(timing, decodes, kv) -> None:
    runs = timing.decode_seconds(decodes, np.array(kv, np.float64))
    assert runs.tolist() == [timing.seconds(StepShape(decodes, each)) for each in kv]


@pytest.mark.parametrize("timing", TIMINGS)
def test_even_an_empty_step_takes_time(timing) -> None:
    assert timing.seconds(StepShape(0, 0)) >= SHORTEST_S


@pytest.mark.parametrize("timing", TIMINGS)
def test_files_bring_back_what_was_written(timing, tmp_path) -> None:
    path = tmp_path / "profile.json"
    path.write_text(dump_profile(timing))
    step = StepShape(7, 7000, 300, 45_000, 1, 1)
    assert load_profile(path).seconds(step) == timing.seconds(step)


def test_toml_files_are_read_too(tmp_path) -> None:
    path = tmp_path / "profile.toml"
    path.write_text('kind = "linear"\nstep_s = 0.01\n')
    assert load_profile(path).seconds(StepShape(1, 1)) == 0.01


GOOD = json.loads(dump_profile(TABLE))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"kind": "magic"}, r"kind: write linear, polynomial, table, not 'magic'"),
        ({"kind": None}, "kind: write"),
        ({"batches": []}, "batches: at least one number"),
        ({"batches": [1, 1, 2]}, "batches: numbers from 0 on, each greater"),
        ({"contexts": [1, 2]}, "decode_s: 3 numbers where the axis has 2"),
        ({"decode_s": [[0.1, 0.1, 0.1]]}, "decode_s has 1 rows for 3 batches"),
        ({"decode_s": [[0.1, 0.1, "x"]] * 3}, "decode_s: a number, not 'x'"),
        ({"decode_s": 5}, "decode_s: a list, not 5"),
        ({"prefill_s": [0.1, 0.0, 0.1]}, "prefill_s: seconds above 0"),
        ({"prefill_s": [0.1, float("nan"), 0.1]}, "prefill_s: a number, not nan"),
        ({"color": "red"}, "color: unknown key"),
    ],
)
def test_broken_tables_are_refused_with_file_key_and_reason(change, reason, tmp_path) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps({**GOOD, **change}))
    with pytest.raises(ValueError, match=rf"bad\.json: {reason}"):
        load_profile(path)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.json", "{", "is no JSON"),
        ("a.toml", "= 1", "is no TOML"),
        ("a.json", "[1]", "kind: write"),
        ("a.json", '{"kind": "table"}', "batches: missing; a table has"),
        ("a.json", '{"kind": "polynomial", "kv_tokens": 0}', "kv_tokens is at least 1"),
        ("a.json", '{"kind": "linear", "step_s": 0}', "step_s: a step takes some time"),
        ("a.json", '{"kind": "linear", "step_s": 1, "pair_s": -1}', "pair_s: seconds from 0 on"),
    ],
)
def test_what_is_no_profile_is_refused(name, text, reason, tmp_path) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ValueError, match=reason):
        load_profile(path)


def test_missing_files_are_refused(tmp_path) -> None:
    with pytest.raises(ValueError, match=r"nothing\.toml: cannot be read: No such file"):
        load_profile(tmp_path / "nothing.toml")


def test_pairs_of_prompt_tokens_come_on_top_of_the_table() -> None:
    assert PAIRS.seconds(StepShape(0, 0, 100, 5050, 1, 1)) == pytest.approx(0.03 + 5050e-6)
    assert PAIRS.seconds(StepShape(0, 0, 100, 2 * 50 * 51 // 2, 2, 2)) == pytest.approx(0.03 + 2550e-6)
    assert PAIRS.seconds(StepShape(1, 100, 10, 55, 1, 1)) == pytest.approx(0.01 + 0.02 + 55e-6 - 0.01)
    with pytest.raises(ValueError, match="pair_s"):
        MeasuredTable([1], [100], [[0.01]], [10], [0.02], pair_s=-1.0)
