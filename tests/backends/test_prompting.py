"""What a model is given to read: templates, plain conversations, raw texts; and what it cannot be asked."""

import pytest
from contract import tiny

from backends.asking import ask
from fakeai.backends.prompting import Prompter
from fakeai.core.errors import BadRequest, ContextLengthExceeded
from fakeai.core.generation import AudioOut, Media, Message, Tool, ToolChoice, ToolUse

TOOL = Tool("get", "Looks up.", schema={"type": "object", "properties": {}})


@pytest.fixture(scope="module")
def words():
    pytest.importorskip("transformers", reason="needs the extra 'transformers'")
    return tiny.tokenizer()


@pytest.fixture(scope="module")
def prompter(words):
    return Prompter(words, 512, len(words))


def test_a_conversation_is_written_by_the_models_own_template(prompter, words):
    request = ask(messages=(Message("developer", "Be brief."), Message("user", "Größe?")))
    assert words.decode(prompter.ids(request)) == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nGröße?<|im_end|>\n<|im_start|>assistant\n"
    )


def test_special_tokens_of_the_template_are_tokens(prompter, words):
    assert prompter.ids(ask())[0] == words.convert_tokens_to_ids("<|im_start|>")


def test_tools_go_to_the_template_unless_none_may_be_called(prompter, words):
    told = words.decode(prompter.ids(ask(tools=(TOOL,))))
    assert '"name": "get"' in told
    assert "# Tools" in told
    without = prompter.ids(ask(tools=(TOOL,), tool_choice=ToolChoice("none")))
    assert without == prompter.ids(ask())
    other = TOOL._replace(name="put")
    named = words.decode(prompter.ids(ask(tools=(TOOL, other), tool_choice=ToolChoice("required", ("put",)))))
    assert '"put"' in named
    assert '"get"' not in named


def test_calls_and_their_results_are_told_as_templates_read_them():
    seen = {}

    class Recorder:
        chat_template = "any"

        def apply_chat_template(self, messages, **options):
            seen.update(options, messages=messages)
            return ""

        def __call__(self, text, **options):
            return {"input_ids": [1]}

    history = (
        Message("assistant", tool_calls=(ToolUse("call_1", "get", '{"a": 1}'), ToolUse("call_2", "get", "no JSON"))),
        Message("tool", "42", tool_call_id="call_1"),
        Message("function", "43", name="get"),
    )
    Prompter(Recorder(), 512, 9).ids(ask(messages=history, reasoning_effort="low"))
    calls, result, function = seen["messages"]
    assert [call["function"]["arguments"] for call in calls["tool_calls"]] == [{"a": 1}, "no JSON"]
    assert result == {"role": "tool", "content": "42", "tool_call_id": "call_1"}
    assert function == {"role": "tool", "content": "43", "name": "get"}
    assert seen["reasoning_effort"] == "low"
    assert seen["tools"] is None


def test_a_template_that_refuses_is_the_clients_to_hear(prompter):
    with pytest.raises(BadRequest, match="no such role") as caught:
        prompter.ids(ask(messages=(Message("forbidden", "x"),)))
    assert caught.value.param == "messages"


def test_without_a_template_a_line_a_message_is_written(words):
    words = tiny.tokenizer(None)
    plain = Prompter(words, 512, len(words))
    request = ask(messages=(Message("system", "Be brief."), Message("user", "Hi")), tools=(TOOL,))
    lines = words.decode(plain.ids(request)).split("\n")
    assert lines[-3:] == ["system: Be brief.", "user: Hi", "assistant:"]
    assert "<tool_call>" in lines[0]
    assert not plain.has_template


def test_a_raw_prompt_is_read_as_it_is(prompter, words):
    assert words.decode(prompter.ids(ask("Once upon", raw_prompt=True))) == "Once upon"
    assert prompter.ids(ask("", raw_prompt=True, prompt_ids=(5, 6))) == [5, 6]
    assert prompter.ids(ask("", raw_prompt=True)) == [words.bos_token_id]
    with pytest.raises(BadRequest, match="outside the model's vocabulary"):
        prompter.ids(ask("", raw_prompt=True, prompt_ids=(5, 1_000_000)))


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"messages": (Message("user", "", (Media("image", b""),)),)}, "messages"),
        ({"suffix": "the end", "raw_prompt": True}, "suffix"),
        ({"web_search": True}, "web_search_options"),
        ({"audio": AudioOut("alloy", "wav")}, "modalities"),
        ({"tools": (Tool("free", kind="custom"),)}, "tools"),
    ],
)
def test_what_no_text_model_can_do_is_refused_by_name(prompter, asked, param):
    with pytest.raises(BadRequest) as caught:
        prompter.ids(ask(**asked))
    assert caught.value.param == param


def test_the_window_is_the_models_own_in_its_own_tokens(words):
    prompt = len(words("sea sea sea")["input_ids"])
    narrow = Prompter(words, prompt + 4, len(words))
    fits = ask("sea sea sea", raw_prompt=True, sampling={"max_tokens": 4})
    assert narrow.room(fits, len(narrow.ids(fits))) == 4
    open_end = ask("sea sea sea", raw_prompt=True, sampling={"max_tokens": None})
    assert narrow.room(open_end, len(narrow.ids(open_end))) == 4
    with pytest.raises(
        ContextLengthExceeded, match=rf"you requested {prompt + 5} tokens \({prompt} in the prompt, 5 in"
    ):
        narrow.ids(ask("sea sea sea", raw_prompt=True, sampling={"max_tokens": 5}))
    with pytest.raises(ContextLengthExceeded, match=f"your prompt resulted in {2 * prompt} tokens|resulted in"):
        narrow.ids(ask("sea sea sea sea sea sea sea sea sea", raw_prompt=True))
