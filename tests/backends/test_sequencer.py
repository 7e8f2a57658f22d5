"""What a cluster is asked: sizes as they are charged, and blocks that those have in common who share content."""

from typing import Any

import pytest

from fakeai.backends.block_contents import BlockContents
from fakeai.backends.block_keys import chain, root
from fakeai.backends.sequencer import Sequencer
from fakeai.content.script import Script
from fakeai.content.template import prompt_ids
from fakeai.content.tokens import INLINE_LIMIT, encoding
from fakeai.core.catalog import ModelCard
from fakeai.core.generation import Delta, Media, Message, Placement, Reasoning, Stop, Text, Usage
from tests.backends.asking import ask

CARD = ModelCard("gpt-4o")
ENC = encoding("o200k_base")
SEA = "Tell me about the sea, and about the boats that are on it, and about the people in the boats. " * 3


def request(text: str = SEA, **more: Any) -> Any:
    made = ask(text, **{"model": CARD, **more})
    return made._replace(prompt_tokens=len(prompt_ids(made.messages, (), ENC, CARD)))


def script(*choices: str) -> Script:
    said: list[list[Delta]] = [[Text(n, ENC.pieces(words)), Stop(n, "stop")] for n, words in enumerate(choices)]
    return Script(said, Usage(0, 0))


def test_sizes_are_those_that_are_charged_and_wishes_are_passed_on():
    asked = request(sampling={"max_tokens": 50}, placement=Placement("me", 3, "salt"), streamed=True)
    (one,) = Sequencer("gpt-4o", 16).sequences(asked, script("The sea is wide."))
    assert (one.prompt_tokens, one.output_tokens, one.max_tokens) == (asked.prompt_tokens, 5, 50)
    assert (one.priority, one.affinity, one.streamed, one.choices, one.lora) == (3, "me", True, 1, "")


def test_choices_share_the_prompts_blocks_and_have_answers_of_their_own():
    made = Sequencer("gpt-4o", 4)
    one, other = made.sequences(request(), script("The sea is very wide today.", "A boat is out on it today."))
    assert one.blocks == other.blocks
    assert len(one.blocks) == one.prompt_tokens // 4
    assert not set(one.output_blocks) & set(other.output_blocks)
    assert (one.id, other.id, one.choices) == ("1-0", "1-1", 2)
    assert [each.id for each in made.sequences(request(), script("Yes."))] == ["2-0"]


def test_an_answers_blocks_are_those_of_the_conversation_that_goes_on():
    answer = "The sea is very wide today, and so it was when the first of them put out."
    made = Sequencer("gpt-4o", 4)
    (first,) = made.sequences(request(), script(answer))
    talk = (Message("user", SEA), Message("assistant", answer), Message("user", "And then?"))
    later = request()._replace(messages=talk, prompt_tokens=len(prompt_ids(talk, (), ENC, CARD)))
    (second,) = made.sequences(later, script("Nothing."))
    so_far = [*first.blocks, *first.output_blocks]
    assert list(second.blocks[: len(so_far)]) == so_far
    assert len(so_far) > len(first.blocks) + 2


@pytest.mark.parametrize("deltas", [[Reasoning(0, ["hm"]), Text(0, [" sea"] * 40)], [Text(0, [""] * 40)]], ids=str)
def test_an_answer_of_more_than_text_has_no_blocks(deltas):
    (one,) = Sequencer("gpt-4o", 4).sequences(request(), Script([[*deltas, Stop(0, "stop")]], Usage(0, 0)))
    assert len(one.output_blocks) == 0
    assert one.output_tokens >= 40


def test_adapters_and_salts_have_blocks_of_their_own():
    made = Sequencer("gpt-4o", 16)
    salted = request(placement=Placement("", 0, "salt"))
    tuned = request()._replace(model=ModelCard("ft:gpt-4o:org::1"))
    found = [made.sequences(asked, script("Yes."))[0] for asked in (request(), salted, tuned)]
    assert len({one.blocks for one in found}) == 3
    assert [one.lora for one in found] == ["", "", "ft:gpt-4o:org::1"]


@pytest.mark.parametrize("charged", [20, 60])
def test_a_text_given_as_ids_has_as_many_tokens_as_those(charged):
    asked = request("Once upon a time there was a boat.", raw_prompt=True)._replace(prompt_tokens=charged)
    (one,) = Sequencer("gpt-4o", 4).sequences(asked, script("Yes."))
    assert (one.prompt_tokens, len(one.blocks)) == (charged, charged // 4)
    given = asked._replace(prompt_ids=tuple(range(charged)))
    (own,) = Sequencer("gpt-4o", 4).sequences(given, script("Yes."))
    assert list(own.blocks) == chain(list(range(charged)), 4, root("gpt-4o", "", ""))[0]


def test_an_echo_is_not_made():
    asked = request("The sea is wide.", raw_prompt=True, echo=True)
    (one,) = Sequencer("gpt-4o", 4).sequences(asked, script("The sea is wide. So it is."))
    assert one.output_tokens == ENC.count(" So it is.")
    (silent,) = Sequencer("gpt-4o", 4).sequences(asked, script("The sea is wide."))
    assert silent.output_tokens == 1


def test_what_is_in_blocks_is_learned():
    contents = BlockContents(4)
    asked = request()
    (one,) = Sequencer("gpt-4o", 4, contents).sequences(asked, script("The sea is very wide today."))
    ids = prompt_ids(asked.messages, (), ENC, CARD)
    assert contents.of(one.blocks) == (ids[: len(one.blocks) * 4], "")
    assert contents.of(list(one.output_blocks))[0] != []


def test_prompts_that_are_read_share_blocks_and_make_one_token():
    first, second = Sequencer("e", 4).readings([list(range(10)), [*range(8), 99, 98, 97, 96]])
    assert first.blocks == second.blocks[:2]
    assert [(one.id, one.prompt_tokens, one.output_tokens) for one in (first, second)] == [
        ("1-0", 10, 1),
        ("1-1", 12, 1),
    ]
    assert Sequencer("e", 4).readings([[]])[0].prompt_tokens == 1


def test_long_prompts_and_pictures_take_long():
    made = Sequencer("gpt-4o", 16)
    assert not made.heavy(request())
    assert made.heavy(ask("x" * INLINE_LIMIT))
    picture = Media("image", None, url="https://example.com/cat.png")
    assert made.heavy(ask()._replace(messages=(Message("user", "Hi", (picture,)),)))
