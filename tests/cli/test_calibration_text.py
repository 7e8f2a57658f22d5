"""Tables and files of calibrations."""

import pytest

from fakeai.cli.calibration_text import profile, server, summary, table
from fakeai.sim.fitting import Fitted
from fakeai.sim.rehearsal import Choice, Errors, Row, Stage
from fakeai.sim.tables import Linear, MeasuredTable, load_profile

ROWS = [Row(1, 128, False, 0.100, 0.110, 0.0100, 0.0095), Row(16, 2048, True, 1.0, 0.9, None, None)]
TABLE = MeasuredTable([1, 4], [128.5], [[0.00001], [0.02]], [0.0, 1.0, 128.0], [1e-6, 0.01, 0.05], 1e-07)
LINE = Linear(0.008, 1e-05, 2e-8, 5e-5)


def fitted(most):
    return Fitted((1,), (1.0,), ((0.1,),), ((9,),), (10.0,), (0.2,), (0.1, 0.0, 0.0), most)


def test_the_table_has_a_line_for_each_point_with_aligned_columns():
    head, first, second = table(ROWS).splitlines()
    assert first.split() == ["1", "128", "100.00", "ms", "110.00", "ms", "+10.0%", "10.00", "ms", "9.50", "ms", "-5.0%"]
    assert second.split() == ["16", "2048", "1000.00", "ms", "900.00", "ms", "-10.0%", "–", "–", "–", "held", "out"]
    assert head.index("TTFT measured") + len("TTFT measured") == first.index(" 100.00 ms") + len(" 100.00 ms")


def test_the_summary_tells_of_both_halves():
    told = summary(Errors(12, 0.031, 0.02, 0.011, 0.01), Errors(6, 0.05, 0.04, 0.03, 0.02)).splitlines()
    assert told[0] == "fitted: 12 points; TTFT off by 3.1% in the mean, 2.0% in the median; TPOT 1.1% and 1.0%"
    assert told[1].startswith("held out: 6 points; TTFT off by 5.0%")
    assert summary(None, None) == "fitted: no points\nheld out: no points"


@pytest.mark.parametrize(
    ("most", "said"), [(None, "closest to the engine sglang with 512 tokens"), (16, "it runs 16 sequences at once")]
)
def test_what_the_profile_does_not_say_is_told(most, said):
    told = server(Choice("linear", LINE, Stage("sglang", 16, 512, 0.0042)), fitted(most))
    assert said in told
    assert "4.2 ms of each request" in told


@pytest.mark.parametrize("timing", [TABLE, LINE])
@pytest.mark.parametrize("name", ["profile.toml", "profile.json"])
def test_a_file_is_read_back_as_it_was(tmp_path, timing, name):
    path = tmp_path / name
    path.write_text(profile(path, Choice("table", timing, Stage()), ["what it is\nof 2 lines", 'a "word"']))
    again = load_profile(path)
    if isinstance(timing, Linear):
        assert again == timing
    else:
        assert again.decode_s == timing.decode_s
        assert (again.batches, again.contexts, again.prompts) == (timing.batches, timing.contexts, timing.prompts)
        assert (again.prefill_s, again.pair_s) == (timing.prefill_s, timing.pair_s)
    if name.endswith("toml"):
        assert path.read_text().startswith('# what it is\n# of 2 lines\n# a "word"\nkind = ')
