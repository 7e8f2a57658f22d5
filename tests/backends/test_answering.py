"""One request's choices: what is posted, when they end, what they cost."""

import pytest
from contract import tiny

torch = pytest.importorskip("torch", reason="needs the extra 'transformers'")
pytest.importorskip("transformers", reason="needs the extra 'transformers'")

from backends.asking import Posted, ask  # noqa: E402
from fakeai.backends.answering import Answer, Reader, echo, rows  # noqa: E402
from fakeai.core.chance import Chance  # noqa: E402
from fakeai.core.errors import ServerError  # noqa: E402
from fakeai.core.generation import Finish, Reasoning, Stop, Text, Usage  # noqa: E402


@pytest.fixture(scope="module")
def words():
    return tiny.tokenizer()


@pytest.fixture
def reader(words):
    return Reader(words, 512, len(words), [words.eos_token_id], Chance(1))


def wants(words, token):
    """Logits that prefer one token by far."""
    logits = torch.zeros(len(words))
    logits[token] = 50.0
    return logits


def opened(reader, request):
    posted = Posted()
    answer = Answer(request, posted)
    answer.ids = reader.prompter.ids(request)
    return answer, posted


def test_a_choice_goes_on_until_the_model_ends_it_and_the_end_costs_nothing(reader, words):
    answer, posted = opened(reader, ask())
    row = rows(answer, reader)(0)
    assert row.go_on(wants(words, 40))
    assert row.last == 40
    assert not row.go_on(wants(words, words.eos_token_id))
    answer.flush()
    assert posted.deltas[-2:] == [Stop(0, "stop"), Finish(Usage(len(answer.ids), 1))]


def test_a_choice_ends_with_its_last_token(reader, words):
    answer, posted = opened(reader, ask(sampling={"max_tokens": 2}))
    row = rows(answer, reader)(0)
    assert [row.go_on(wants(words, 40)) for _ in range(2)] == [True, False]
    answer.flush()
    assert posted.deltas[-2:] == [Stop(0, "length"), Finish(Usage(len(answer.ids), 2))]


def test_no_token_is_drawn_where_none_is_wanted(reader, words):
    answer, posted = opened(reader, ask("a", raw_prompt=True, sampling={"max_tokens": 0}))
    assert not rows(answer, reader)(0).go_on(wants(words, 40))
    answer.flush()
    assert posted.deltas == [Stop(0, "length"), Finish(Usage(1, 0))]


def test_tokens_after_a_stop_string_are_not_drawn_but_the_stop_string_is_paid_for(reader, words):
    answer, posted = opened(reader, ask(sampling={"stop": ("!",), "max_tokens": 9}))
    row = rows(answer, reader)(0)
    assert row.go_on(wants(words, words.convert_tokens_to_ids("a")))
    assert not row.go_on(wants(words, words.convert_tokens_to_ids("!")))
    answer.flush()
    assert posted.text() == "a"
    assert posted.usage.completion == 2


def test_the_answer_ends_with_its_last_choice(reader, words):
    answer, posted = opened(reader, ask(sampling={"n": 2, "max_tokens": 1}))
    make = rows(answer, reader)
    make(0).go_on(wants(words, 40))
    answer.flush()
    assert not posted.finished
    make(1).go_on(wants(words, 41))
    answer.flush()
    assert posted.usage == Usage(len(answer.ids), 2)
    assert posted.bursts == 2


def test_the_first_choice_says_the_first_word(reader, words):
    answer, posted = opened(reader, ask(sampling={"n": 2, "max_tokens": 1}))
    make = rows(answer, reader)
    make(1).go_on(wants(words, 41))
    answer.flush()
    assert posted.bursts == 0
    make(0).go_on(wants(words, 40))
    answer.flush()
    assert [delta.choice for delta in posted.deltas[:-1]] == [0, 0, 1, 1]
    assert posted.finished


def test_nothing_is_posted_after_a_cancel_or_twice_after_a_failure(reader, words):
    answer, posted = opened(reader, ask())
    answer.say([Text(0, ["a"])])
    answer.cancel()
    answer.flush()
    answer.fail(ServerError("x"))
    assert posted.bursts == 0
    answer, posted = opened(reader, ask())
    answer.fail(ServerError("first"))
    answer.fail(ServerError("second"))
    assert str(posted.error) == "first"


def test_a_seed_decides_and_without_one_each_answer_is_drawn_anew(reader, words):
    flat = torch.zeros(len(words))

    def drawn(**sampling):
        answer, _ = opened(reader, ask(sampling={"temperature": 1.0, "max_tokens": 20, **sampling}))
        row = rows(answer, reader)(0)
        return [row.last for _ in range(6) if row.go_on(flat) or True]

    assert drawn(seed=5) == drawn(seed=5) != drawn(seed=6)
    assert drawn() != drawn()


def test_log_probabilities_are_told_in_words(reader, words):
    answer, posted = opened(reader, ask(sampling={"top_logprobs": 2}))
    rows(answer, reader)(0).go_on(wants(words, words.convert_tokens_to_ids("a")))
    answer.flush()
    [token] = posted.deltas[0].logprobs
    assert (token.token, token.logprob) == ("a", pytest.approx(0, abs=1e-6))
    assert token.top[0].token == "a"


def test_an_echo_tells_each_token_of_the_prompt_with_what_made_it_likely(reader, words):
    answer, _ = opened(reader, ask("ab", raw_prompt=True, echo=True, sampling={"top_logprobs": 1}))
    after = torch.stack([wants(words, answer.ids[1]), wants(words, 0)])
    told = echo(answer, reader, 3, after)
    assert (told.choice, list(told.pieces)) == (3, ["a", "b"])
    assert [token.token for token in told.logprobs] == ["a", "b"]
    assert told.logprobs[1].logprob == pytest.approx(0, abs=1e-6)
    assert echo(answer, reader, 0, None) == Text(0, ["a", "b"])


def test_thoughts_of_a_model_that_thinks_are_counted_apart():
    template = tiny.TEMPLATE.replace("assistant\n{% endif %}", "assistant\n<think>{% endif %}")
    words = tiny.tokenizer(template)
    reader = Reader(words, 512, len(words), [words.eos_token_id], Chance(1))
    answer, posted = opened(reader, ask(sampling={"max_tokens": 30}))
    row = rows(answer, reader)(0)
    said = words("abc</think>d")["input_ids"]
    for token in [*said, words.eos_token_id]:
        row.go_on(wants(words, token))
    answer.flush()
    thought = "".join(piece for delta in posted.deltas if isinstance(delta, Reasoning) for piece in delta.pieces)
    assert (thought, posted.text()) == ("abc", "d")
    assert 0 < posted.usage.reasoning < posted.usage.completion == len(said)
