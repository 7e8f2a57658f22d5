"""What `/tokenize` counts is what is charged, and `/detokenize` undoes it."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeai.content import template
from fakeai.content.tokens import encoding
from fakeai.core.catalog import ModelCard
from fakeai.services import prompt
from fakeai.services.directory import ModelDirectory
from fakeai.services.tokenization import FRAMES, Tokenization, _byte_letters, _detokenized
from fakeai.testing import FakeAI
from fakeai.wire.base import parse
from fakeai.wire.chat import ChatRequest
from fakeai.wire.engines import EngineRefusal

from .conftest import MakeCall

TOOL = {
    "type": "function",
    "function": {"name": "look", "parameters": {"type": "object", "properties": {"at": {"type": "string"}}}},
}
PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
TALK = [
    {"role": "system", "content": "Answer in rhymes."},
    {"role": "user", "name": "ann", "content": [{"type": "text", "text": "Größe und 🐈?"}]},
    {"role": "assistant", "content": None, "tool_calls": [
        {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": '{"at": "cat"}'}}
    ]},
    {"role": "tool", "tool_call_id": "call_1", "content": "a cat"},
]  # fmt: skip


@pytest.fixture
def ask(directory: ModelDirectory, make_call: MakeCall) -> Any:
    service = Tokenization(directory)

    async def ask(handler: str, **body: Any) -> Any:
        call = make_call(service, handler, {"model": "gpt-4o", **body})
        call.raw = orjson.dumps(body)
        return (await getattr(service, handler)(call)).body

    return ask


async def test_a_text_is_cut_as_its_models_vocabulary_does(ask: Any) -> None:
    assert await ask("tokenize", prompt="hello world") == {
        "count": 2,
        "max_model_len": 128_000,
        "tokens": [24912, 2375],  # as tiktoken's own documentation has them
        "token_strs": None,
    }
    older = await ask("tokenize", model="gpt-4", prompt="hello world")
    assert (older["tokens"], older["max_model_len"]) == ([15339, 1917], 8_192)
    assert (await ask("tokenize", prompt=""))["tokens"] == []


async def test_tokens_are_written_as_byte_level_vocabularies_do(ask: Any) -> None:
    reply = await ask("tokenize", prompt="a cat\n", return_token_strs=True, add_special_tokens=True)
    assert reply["token_strs"] == ["a", "Ġcat", "Ċ"]
    strings = (await ask("tokenize", prompt="Größe 🐈", return_token_strs=True))["token_strs"]
    assert "".join(strings) == "GrÃ¶ÃŁeĠðŁĲĪ"  # each byte of UTF-8 as a letter, by GPT-2's table
    framed = await ask("tokenize", messages=[{"role": "user", "content": "hi"}], return_token_strs=True)
    assert framed["token_strs"] == [
        "<|im_start|>", "user", "<|im_sep|>", "hi", "<|im_end|>", "<|im_start|>", "assistant", "<|im_sep|>",
    ]  # fmt: skip


def test_every_byte_has_a_printable_letter_of_its_own() -> None:
    letters = _byte_letters()
    assert len(set(letters.values())) == 256
    assert [letters[byte] for byte in b" \n\x00~\xad\xff"] == ["Ġ", "Ċ", "Ā", "~", "Ń", "ÿ"]
    assert all(letter.isprintable() and not letter.isspace() for letter in letters.values())


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4"])
@pytest.mark.parametrize("tools", [None, [TOOL]])
def test_the_count_is_what_a_chat_is_charged_for(model: str, tools: Any) -> None:
    messages = TALK if model == "gpt-4" else [*TALK, {"role": "user", "content": [
        {"type": "text", "text": "This one?"}, {"type": "image_url", "image_url": {"url": PIXEL}}]}]  # fmt: skip
    more = {} if tools is None else {"tools": tools}
    with FakeAI() as fake, fake.client() as client:
        reply = client.post("/tokenize", body={"model": model, "messages": messages, **more}, cast_to=dict[str, Any])
        chat = client.chat.completions.create(model=model, messages=messages, max_tokens=5, **more)
        text = client.post(
            "/tokenize", body={"model": "gpt-3.5-turbo-instruct", "prompt": "One, two"}, cast_to=dict[str, Any]
        )
        completion = client.completions.create(model="gpt-3.5-turbo-instruct", prompt="One, two", max_tokens=5)
    assert chat.usage is not None and completion.usage is not None
    assert reply["count"] == len(reply["tokens"]) == chat.usage.prompt_tokens > 30
    assert text["count"] == completion.usage.prompt_tokens == 3


async def test_a_conversation_may_end_without_the_answer_begun_or_with_its_last_message_open(ask: Any) -> None:
    messages = [{"role": "user", "content": "Count"}, {"role": "assistant", "content": "One, two"}]
    whole = (await ask("tokenize", messages=messages))["tokens"]
    bare = await ask("tokenize", messages=messages, add_generation_prompt=False)
    still = await ask("tokenize", messages=messages, add_generation_prompt=False, continue_final_message=True)
    assert bare["tokens"] == whole[:-3]
    assert still["tokens"] == whole[:-4]
    texts = [(await ask("detokenize", tokens=tokens))["prompt"] for tokens in (whole, still["tokens"])]
    assert texts[0] == (
        "<|im_start|>user<|im_sep|>Count<|im_end|><|im_start|>assistant<|im_sep|>One, two<|im_end|>"
        "<|im_start|>assistant<|im_sep|>"
    )
    assert texts[1].endswith("<|im_sep|>One, two")
    nothing = await ask("tokenize", messages=[], add_generation_prompt=False)
    assert (nothing["count"], nothing["tokens"]) == (0, [])


async def test_special_tokens_in_a_text_are_text(ask: Any) -> None:
    tokens = (await ask("tokenize", prompt="<|im_start|><|endoftext|>"))["tokens"]
    assert not set(tokens) & {*FRAMES["o200k_base"], 199_999}
    assert (await ask("detokenize", tokens=tokens))["prompt"] == "<|im_start|><|endoftext|>"
    assert (await ask("detokenize", tokens=[199_999]))["prompt"] == "<|endoftext|>"


@settings(deadline=None)
@given(st.text(max_size=60), st.sampled_from(["gpt-4o", "gpt-4"]))
def test_detokenizing_undoes_tokenizing(text: str, model: str) -> None:
    enc = encoding("o200k_base" if model == "gpt-4o" else "cl100k_base")
    assert _detokenized(enc.encode(text), enc)["prompt"] == text


async def test_ids_that_stand_for_nothing_say_nothing_and_those_beyond_are_refused(ask: Any) -> None:
    cat = encoding("o200k_base").encode("cat")
    assert (await ask("detokenize", tokens=[200_000, *cat, 199_998]))["prompt"] == "cat"
    assert (await ask("detokenize", tokens=[]))["prompt"] == ""
    for token in (200_019, 2**32, 2**63 - 1):
        with pytest.raises(EngineRefusal, match=f"Token id {token} is out of vocabulary") as caught:
            await ask("detokenize", tokens=[*cat, token])
        assert (caught.value.status, caught.value.type) == (400, "BadRequestError")


async def test_long_inputs_are_cut_aside(ask: Any) -> None:
    words = "cat " * 20_000
    reply = await ask("tokenize", prompt=words)
    assert reply["count"] == 20_001
    assert (await ask("detokenize", tokens=reply["tokens"]))["prompt"] == words


@pytest.mark.parametrize(
    ("body", "kind", "param", "words"),
    [
        ({}, "Bad Request", "body.prompt", "Either 'prompt'"),
        ({"prompt": 3}, "Bad Request", "body.prompt", "string"),
        ({"messages": [{"role": "user"}]}, "Bad Request", "body.messages", "content"),
        (
            {"messages": [], "continue_final_message": True},
            "BadRequestError",
            None,
            "Cannot set both `continue_final_message` and `add_generation_prompt` to True.",
        ),
        ({"messages": [], "chat_template": "{{ x }}"}, "BadRequestError", None, "untrusted chat template"),
        ({"prompt": "x", "chat_template_kwargs": {"chat_template": "x"}}, "BadRequestError", None, "untrusted"),
    ],
)
async def test_refusals_are_vllms(ask: Any, body: Any, kind: str, param: str | None, words: str) -> None:
    with pytest.raises(EngineRefusal) as caught:
        await ask("tokenize", **body)
    error = caught.value
    assert (error.status, error.type) == (400, kind)
    assert words in error.message
    assert error.param == param or (param is not None and str(error.param).startswith(param))


async def test_a_model_that_is_not_there_or_real_is_refused(make_call: MakeCall, directory: ModelDirectory) -> None:
    real = ModelCard("local", own_tokens=True)
    strict = Tokenization(ModelDirectory(directory.catalog.joined([real]), strict=True, default="gpt-4o"))
    for handler, body in (("tokenize", {"prompt": "x"}), ("detokenize", {"tokens": [1]})):
        for model, told in (("nobody", (404, "NotFoundError", "model")), ("local", (501, "NotImplementedError", None))):
            with pytest.raises(EngineRefusal) as caught:
                await getattr(strict, handler)(make_call(strict, handler, {"model": model, **body}))
            assert (caught.value.status, caught.value.type, caught.value.param) == told
        call = make_call(strict, handler, body)
        await getattr(strict, handler)(call)
        assert call.model == "gpt-4o"


def test_equal_beginnings_have_equal_tokens() -> None:
    enc, card = encoding("o200k_base"), ModelCard("m")
    body = parse(ChatRequest, orjson.dumps({"model": "m", "messages": TALK}))
    messages = prompt.messages(body.messages)
    whole = template.prompt_ids(messages, (), enc, card)
    part = template.prompt_ids(messages[:-1], (), enc, card)
    assert whole[: len(part) - 3] == part[:-3]
