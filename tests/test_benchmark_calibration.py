"""The calibration benchmark: its models and its tables; what it measures is for a run by hand."""

import json

import pytest

from benchmarks import calibration, random_model
from fakeai.cli import measuring
from fakeai.cli.calibrate import calibration as calibrated
from fakeai.core.hardware import shape
from fakeai.sim.tables import Linear
from tests.sim.asked import asked


def test_a_shape_is_the_small_one_or_one_of_the_table():
    assert random_model.known("small").layers == 4
    assert random_model.known("llama-3.1-8b") == shape("llama-3.1-8b")
    with pytest.raises(ValueError, match="only dense models with plain attention"):
        random_model.known("mixtral-8x7b")


def test_a_random_model_has_the_shape_and_a_token_for_every_word(tmp_path):
    pytest.importorskip("torch", reason="needs the extra 'transformers'")
    transformers = pytest.importorskip("transformers", reason="needs the extra 'transformers'")
    words = measuring.WORDS.split()
    random_model.save(random_model.SMALL, tmp_path, "cpu", words)
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path)
    assert len(tokenizer) == random_model.SMALL.vocab
    assert len(tokenizer(" ".join(words))["input_ids"]) == len(words)
    model = transformers.AutoModelForCausalLM.from_pretrained(tmp_path)
    assert sum(weights.numel() for weights in model.parameters()) == pytest.approx(random_model.SMALL.params, rel=0.01)


def test_the_table_shows_both_sides_and_the_errors():
    timing = Linear(0.008, 1e-4, 2e-8, 5e-5)
    points = [asked(timing, users, prompt, 16, overhead_s=0.002) for users in (1, 2, 4) for prompt in (64, 256)]
    found = calibrated(points, [2], "vllm", 8192)
    table, told = calibration._tables(found, None)
    lines = table.splitlines()
    assert len({len(line) for line in lines}) == 1
    assert len(lines) == 2 + 6
    assert [line.count("held out") for line in lines[2:]] == [0, 0, 1, 1, 0, 0]
    assert told.splitlines()[0].startswith("fitted, 4 points: TTFT MAPE ")
    beside, told = calibration._tables(found, found.rows)
    assert "roofline: TTFT" in beside.splitlines()[0]
    assert told.splitlines()[-1].startswith("roofline, 6 points")
    rows = calibration._rows(found, found.rows, points)
    assert json.loads(json.dumps(rows))[0]["requests"] == 2
    assert rows[0]["ttft_roofline_s"] == rows[0]["ttft_predicted_s"]


def test_options():
    options = calibration._options(["--concurrency", "4,2", "--prompt", "10,5"])
    assert options.concurrency == [1, 2, 4]
    assert options.prompt == [5, 10]


def test_of_several_rounds_the_middle_one_counts():
    fast, slow, usual = (asked(Linear(step), 1, 64, 8) for step in (0.001, 0.1, 0.01))
    assert calibration._middle([[slow, fast], [usual, usual], [fast, slow]]) == [usual, usual]
    assert calibration._middle([[slow, fast], [usual]]) == [slow]
