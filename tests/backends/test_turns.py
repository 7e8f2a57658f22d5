"""Whose turn it is: one pass for all who run, prompts in parts, room kept, failures and leavers contained. No thread."""

import logging

import pytest
from contract import tiny

torch = pytest.importorskip("torch", reason="needs the extra 'transformers'")
transformers = pytest.importorskip("transformers", reason="needs the extra 'transformers'")

from backends.asking import Posted, ask  # noqa: E402
from fakeai.backends.answering import Answer, Reader  # noqa: E402
from fakeai.backends.batch import Forward  # noqa: E402
from fakeai.backends.turns import Turns  # noqa: E402
from fakeai.core.chance import Chance  # noqa: E402
from fakeai.core.errors import BadRequest, ContextLengthExceeded, ServerError, Unavailable  # noqa: E402
from fakeai.core.generation import Message, Stop  # noqa: E402

NO_END = {2: -100.0}


class Counting(Forward):
    """Remembers how many rows, and how long a part of a prompt, went through each pass; fails when told to."""

    def __init__(self, model):
        super().__init__(model)
        self.shapes = []
        self.failing = False

    def _run(self, tokens, *rest):
        if self.failing:
            raise RuntimeError("out of memory")
        self.shapes.append(tuple(tokens.shape))
        return super()._run(tokens, *rest)


@pytest.fixture(scope="module")
def model(tiny_chat):
    return transformers.AutoModelForCausalLM.from_pretrained(tiny_chat).eval()


@pytest.fixture(scope="module")
def words():
    return tiny.tokenizer()


@pytest.fixture
def forward(model):
    return Counting(model)


@pytest.fixture
def make(forward, words):
    def made(max_batch=4):
        return Turns(forward, Reader(words, 512, len(words), [words.eos_token_id], Chance(1)), max_batch)

    return made


def take(turns, text="Tell me", **sampling):
    posted = Posted()
    more = {key: sampling.pop(key) for key in ("messages", "echo", "raw_prompt", "prompt_ids") if key in sampling}
    answer = Answer(ask(text, sampling={"logit_bias": NO_END, **sampling}, **more), posted)
    turns.take(answer)
    return answer, posted


def run(turns, most=500):
    for _ in range(most):
        if not turns.busy():
            return
        turns.turn()
    raise AssertionError("it does not come to an end")


def test_whoever_runs_shares_each_pass(make, forward):
    turns = make()
    posted = [take(turns, f"Number {number}", max_tokens=12)[1] for number in range(4)]
    run(turns)
    assert all(one.finished and one.usage.completion == 12 for one in posted)
    steps = [rows for rows, width in forward.shapes if width == 1]
    assert sum(steps) == 4 * 11  # each choice's first token comes of its prompt
    assert len(steps) == 11 + 3  # one prompt is read a turn: the last joins three steps after the first
    assert max(steps) == 4


def test_answers_are_the_same_alone_and_together(make):
    alone = []
    for number in range(4):
        turns = make()
        alone.append(take(turns, f"Number {number}", max_tokens=12)[1])
        run(turns)
    turns = make()
    together = [take(turns, f"Number {number}", max_tokens=12)[1] for number in range(4)]
    run(turns)
    assert [one.text() for one in together] == [one.text() for one in alone]


def test_there_are_never_more_rows_than_there_is_room_for(make, forward):
    turns = make(max_batch=2)
    first = take(turns, n=5, max_tokens=6, temperature=1.0, seed=3)[1]
    second = take(turns, max_tokens=6)[1]
    run(turns)
    assert first.finished
    assert second.finished
    assert first.usage.completion == 30
    assert max(rows for rows, _ in forward.shapes) == 2
    assert sum(width > 1 for _, width in forward.shapes) == 2  # each prompt was read once


def test_long_prompts_are_read_in_parts_between_others_tokens(make, forward):
    turns = make()
    short = take(turns, max_tokens=20)[1]
    turns.turn()
    long = take(turns, "", raw_prompt=True, prompt_ids=tuple([40, 41] * 240), max_tokens=2)[1]
    forward.shapes.clear()
    bursts = short.bursts
    turns.turn()
    assert short.bursts == bursts + 1
    run(turns)
    assert long.usage.prompt == 480
    assert all(width <= 512 for _, width in forward.shapes)


def test_who_leaves_frees_its_row_at_the_next_turn(make, forward):
    turns = make()
    stays = take(turns, max_tokens=30)[1]
    leaver, left = take(turns, "Another", max_tokens=400)
    for _ in range(5):
        turns.turn()
    leaver.cancel()
    bursts = left.bursts
    forward.shapes.clear()
    turns.turn()
    assert forward.shapes == [(1, 1)]
    run(turns, most=40)
    assert left.bursts == bursts
    assert stays.finished


def test_who_leaves_before_its_turn_is_never_read(make, forward):
    turns = make()
    leaver, left = take(turns)
    leaver.cancel()
    run(turns, most=2)
    assert forward.shapes == []
    assert left.bursts == 0


def test_a_prompt_that_is_refused_holds_up_nobody(make):
    turns = make()
    refused = take(turns, messages=(Message("forbidden", "x"),))[1]
    too_long = take(turns, "sea " * 600)[1]
    fine = take(turns)[1]
    turns.turn()
    assert isinstance(refused.error, BadRequest)
    assert isinstance(too_long.error, ContextLengthExceeded)
    run(turns)
    assert fine.finished


def test_a_step_that_fails_ends_who_is_under_way_and_nobody_else(make, forward, caplog):
    turns = make(max_batch=1)
    first, waiting = take(turns, max_tokens=9)[1], take(turns, max_tokens=3)[1]
    turns.turn()
    forward.failing = True
    with caplog.at_level(logging.CRITICAL):
        turns.turn()
    forward.failing = False
    assert isinstance(first.error, ServerError)
    assert "memory" not in first.error.message
    run(turns)
    assert waiting.finished


def test_the_end_of_the_engine_is_told_to_all(make):
    turns = make(max_batch=1)
    posted = [take(turns)[1] for _ in range(3)]
    turns.turn()
    turns.fail_all(Unavailable("closed"))
    assert [type(one.error) for one in posted] == [Unavailable] * 3


def test_an_echo_comes_first_with_log_probabilities_of_the_prompt(make, model, words):
    turns = make()
    posted = take(turns, "The sea", raw_prompt=True, echo=True, max_tokens=1, top_logprobs=0)[1]
    run(turns)
    ids = words("The sea")["input_ids"]
    with torch.inference_mode():
        own = model(torch.tensor([ids])).logits[0].log_softmax(-1)
    echoed = posted.deltas[0]
    assert "".join(echoed.pieces) == "The sea"
    expected = [float(own[at, token]) for at, token in enumerate(ids[1:])]
    assert [token.logprob for token in echoed.logprobs[1:]] == pytest.approx(expected, abs=1e-3)
    assert posted.deltas[-2] == Stop(0, "length")
