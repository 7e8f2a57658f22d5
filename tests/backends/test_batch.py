"""Rows decoded together say what each would say alone: transformers' own `generate` is the slow second method."""

import pytest
from contract import tiny

torch = pytest.importorskip("torch", reason="needs the extra 'transformers'")
transformers = pytest.importorskip("transformers", reason="needs the extra 'transformers'")

from fakeai.backends.batch import Batch, Forward, Unsupported  # noqa: E402

PROMPTS = [[5, 6, 7], list(range(30, 70)), [9], list(range(100, 117))]


@pytest.fixture(scope="module", params=["llama", "gpt2", "qwen2"])
def model(request, tmp_path_factory):
    """Of several families: rotary positions, learned ones, and layers that look back 16 tokens only."""
    folder = tiny.save_chat(tmp_path_factory.mktemp(request.param), model=request.param)
    return transformers.AutoModelForCausalLM.from_pretrained(folder).eval()


def alone(model, prompt, tokens):
    ids = torch.tensor([prompt])
    made = model.generate(
        ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=tokens, eos_token_id=-1
    )
    return made[0, len(prompt) :].tolist()


def best(logits):
    return int(logits.argmax())


def begun(forward, prompt, part=512):
    cache = forward.cache()
    for at in range(0, len(prompt), part):
        logits = forward.read(prompt[at : at + part], cache)
    return cache, best(logits)


def test_rows_that_join_and_leave_at_any_time_say_what_they_would_alone(model):
    expected = [alone(model, prompt, 12) for prompt in PROMPTS]
    forward = Forward(model)
    batch = Batch(forward)
    said: dict[int, list[int]] = {}
    rows: list[int] = []
    for turn in range(40):
        if turn % 3 == 0 and len(said) < len(PROMPTS):
            number = len(said)
            cache, first = begun(forward, PROMPTS[number], part=7)
            batch.join(cache)
            rows.append(number)
            said[number] = [first]
        if not rows:
            break
        logits = batch.step([said[number][-1] for number in rows])
        for at, number in enumerate(rows):
            said[number].append(best(logits[at]))
        going = [at for at, number in enumerate(rows) if len(said[number]) < 12]
        batch.keep(going)
        rows = [rows[at] for at in going]
    assert [said[number] for number in range(len(PROMPTS))] == expected
    assert batch.lengths == []


def test_a_step_is_one_pass_however_many_rows_there_are(model):
    forward = Forward(model)
    batch = Batch(forward)
    for prompt in PROMPTS:
        batch.join(begun(forward, prompt)[0])
    before = forward.passes
    assert batch.step([1, 2, 3, 4]).shape[0] == 4
    assert forward.passes == before + 1


def test_the_cache_shrinks_to_what_the_rows_that_go_on_need(model):
    forward = Forward(model)
    batch = Batch(forward)
    for prompt in PROMPTS[:2]:
        batch.join(begun(forward, prompt)[0])
    assert batch._mask.shape == (2, 40)
    batch.keep([0])
    assert batch._mask.shape == (1, 3)
    assert batch._cache.layers[0].keys.shape[2] == 3


def test_a_prompt_that_was_read_can_begin_several_rows(model):
    forward = Forward(model)
    batch = Batch(forward)
    cache, first = begun(forward, PROMPTS[1])
    batch.join(cache)
    batch.join(cache)
    logits = batch.step([first, first])
    assert best(logits[0]) == best(logits[1]) == alone(model, PROMPTS[1], 2)[1]
    assert cache.get_seq_length() == len(PROMPTS[1])


def test_all_logits_are_those_after_each_token(model):
    forward = Forward(model)
    every = forward.read(PROMPTS[0], forward.cache(), all_logits=True)
    assert every.shape[0] == 3
    assert torch.allclose(every[1], forward.read(PROMPTS[0][:2], forward.cache()), atol=1e-4)


def test_a_model_of_keys_and_values_passes_the_check(model):
    Forward(model).check()


def test_a_model_that_keeps_something_else_is_refused():
    config = transformers.MambaConfig(vocab_size=50, hidden_size=16, num_hidden_layers=1, state_size=4)
    with pytest.raises(Unsupported):
        Forward(transformers.MambaForCausalLM(config).eval()).check()
