"""The engine for vLLM, over a stand-in for as much of vLLM 0.33 as it uses. What a GPU would do is not tested here."""

import asyncio
import sys
import threading
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from contract import tiny

pytest.importorskip("transformers", reason="needs the extra 'transformers'")

from backends.asking import Posted, ask
from fakeai.backends.local import Spec
from fakeai.backends.vllm import open_model, ranked
from fakeai.core.chance import Chance
from fakeai.core.errors import BadRequest, ServerError, Unavailable
from fakeai.core.generation import Message, Stop, Text, Tool, ToolChoice, ToolInput, ToolStart

WORDS = ["The", " sea", " is", " blue", "."]
GET = Tool("get", schema={"type": "object"})


class SamplingParams(SimpleNamespace):
    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        if given["max_tokens"] < 1:
            raise ValueError("max_tokens must be at least 1")
        if any(token > 10**6 for token in given["logit_bias"] or ()):
            raise ValueError("token_id(s) in logit_bias contain out-of-vocab token ids")


class AsyncLLM:
    """Says `script` in every choice, a token a time, each with its runner-up; `end` is the reason of its last output."""

    def __init__(self, arguments: Any) -> None:
        self.arguments = arguments
        self.words = tiny.tokenizer()
        self.script = self.words("".join(WORDS))["input_ids"]
        self.end = "stop"
        self.calls: list[Any] = []
        self.left: list[str] = []
        self.shut = False
        self.pause = threading.Event()
        self.fails: Exception | None = None

    @classmethod
    def from_engine_args(cls, arguments: Any) -> "AsyncLLM":
        asyncio.get_running_loop()  # vLLM begins to listen to its engine in the loop it is made in
        if arguments.model == "broken":
            raise RuntimeError("no CUDA device")
        made = cls(arguments)
        arguments.made.append(made)
        return made

    async def generate(self, prompt: Any, sampling_params: Any, request_id: str) -> Any:
        self.calls.append((prompt, sampling_params, request_id))
        try:
            if self.fails is not None:
                raise self.fails
            ids = [*self.script, self.words.eos_token_id] if self.end == "stop" else self.script
            ids = ids[: sampling_params.max_tokens]
            for at, token in enumerate(ids):
                last = at == len(ids) - 1
                reason = None if not last else "length" if len(ids) == sampling_params.max_tokens else self.end
                logprobs = None
                if sampling_params.logprobs is not None:
                    logprobs = [{token: SimpleNamespace(logprob=-0.5), 40: SimpleNamespace(logprob=-0.1)}]
                outputs = [
                    SimpleNamespace(index=index, text="", token_ids=[token], logprobs=logprobs, finish_reason=reason)
                    for index in range(sampling_params.n)
                ]
                yield SimpleNamespace(outputs=outputs, finished=last, num_cached_tokens=3)
                await asyncio.sleep(0)
                while self.pause.is_set():
                    await asyncio.sleep(0.001)
        except (asyncio.CancelledError, GeneratorExit):
            self.left.append(request_id)
            raise

    def shutdown(self, timeout: float | None = None) -> None:
        self.shut = True


@pytest.fixture
def engines(monkeypatch):
    """vLLM, as far as it goes; the engines it has made."""
    made: list[AsyncLLM] = []
    parts = {
        "vllm": {"TokensPrompt": lambda **given: given},
        "vllm.engine": {},
        "vllm.engine.arg_utils": {"AsyncEngineArgs": lambda **given: SimpleNamespace(made=made, **given)},
        "vllm.v1": {},
        "vllm.v1.engine": {},
        "vllm.v1.engine.async_llm": {"AsyncLLM": AsyncLLM},
        "vllm.sampling_params": {
            "SamplingParams": SamplingParams,
            "StructuredOutputsParams": lambda **given: given,
            "RequestOutputKind": SimpleNamespace(DELTA="delta"),
        },
    }
    for name, members in parts.items():
        module = ModuleType(name)
        module.__spec__ = ModuleSpec(name, None)
        module.__path__ = []
        for member, value in members.items():
            setattr(module, member, value)
        monkeypatch.setitem(sys.modules, name, module)
    return made


@pytest.fixture
def engine(engines, tiny_chat):
    made = open_model(Spec("tiny", "vllm", str(tiny_chat), dtype="bfloat16", max_batch=8), Chance(1))
    yield made
    made.close()


def answered(engine, request):
    posted = Posted()
    engine.submit(request, posted)
    return posted.wait()


def test_the_engine_is_made_of_the_settings(engine, engines, tiny_chat):
    assert engine.not_ready() == "loading the model 'tiny'"
    answered(engine, ask())
    assert engine.not_ready() is None
    arguments = engines[0].arguments
    assert (arguments.model, arguments.dtype) == (str(tiny_chat), "bfloat16")
    assert (arguments.max_model_len, arguments.max_num_seqs) == (512, 8)


def test_an_answer_comes_token_by_token_and_its_end_costs_nothing(engine, engines):
    posted = answered(engine, ask(sampling={"max_tokens": 90}))
    assert posted.text() == "".join(WORDS)
    assert posted.bursts > len(WORDS)
    assert posted.deltas[-2] == Stop(0, "stop")
    assert posted.usage.completion == len(engines[0].script)
    assert posted.usage.prompt == len(engines[0].calls[0][0]["prompt_token_ids"])
    assert posted.usage.cached == 3


def test_what_is_asked_goes_to_the_engine_in_its_words(engine, engines):
    sampling = {"n": 2, "max_tokens": 7, "temperature": 0.5, "top_p": 0.9, "seed": 3, "presence_penalty": 0.1}
    answered(engine, ask(sampling=sampling | {"frequency_penalty": 0.2, "logit_bias": {5: 1.0}, "top_logprobs": 2}))
    given = engines[0].calls[0][1]
    assert (given.n, given.max_tokens, given.temperature, given.top_p, given.seed) == (2, 7, 0.5, 0.9, 3)
    assert (given.presence_penalty, given.frequency_penalty, given.logit_bias, given.logprobs) == (
        0.1,
        0.2,
        {5: 1.0},
        2,
    )
    assert (given.detokenize, given.output_kind, given.structured_outputs) == (False, "delta", None)


def test_nothing_left_to_chance_is_temperature_zero(engine, engines):
    answered(engine, ask(sampling={"temperature": 1.0, "top_p": 0.0}))
    assert (engines[0].calls[0][1].temperature, engines[0].calls[0][1].top_p) == (0.0, 1.0)


def test_choices_are_told_apart_and_added_up(engine, engines):
    posted = answered(engine, ask(sampling={"n": 3, "max_tokens": 2}))
    assert {delta.choice for delta in posted.deltas if isinstance(delta, Text)} == {0, 1, 2}
    assert [delta for delta in posted.deltas if isinstance(delta, Stop)] == [Stop(at, "length") for at in range(3)]
    assert posted.usage.completion == 6


def test_stop_strings_are_cut_here_and_the_engine_drops_the_request(engine, engines):
    engine.load()
    posted = answered(engine, ask(sampling={"stop": ("is",), "max_tokens": 90}))
    assert posted.text() == "The sea "
    assert posted.deltas[-2] == Stop(0, "stop")
    answered(engine, ask(sampling={"max_tokens": 1}))
    assert engines[0].left == [engines[0].calls[0][2]]


def test_log_probabilities_are_ranked_the_chosen_one_among_them(engine):
    posted = answered(engine, ask(sampling={"top_logprobs": 1, "max_tokens": 1}))
    [token] = posted.deltas[0].logprobs
    assert (token.token, token.logprob, len(token.top)) == ("The", -0.5, 1)
    assert token.top[0].token == "The"
    listed = {7: SimpleNamespace(logprob=-3.0), 1: SimpleNamespace(logprob=-0.1), 2: SimpleNamespace(logprob=-2.0)}
    assert ranked(7, listed, 3).top == ((1, -0.1), (2, -2.0), (7, -3.0))
    assert ranked(7, listed, 0).top == ()


def test_forms_are_held_by_the_engine(engine, engines):
    answered(engine, ask(json_schema={"type": "object"}))
    answered(engine, ask(json_object=True))
    answered(engine, ask(tools=(GET,), tool_choice=ToolChoice("required")))
    forms = [call[1].structured_outputs for call in engines[0].calls]
    assert forms[:2] == [{"json": {"type": "object"}, "disable_any_whitespace": True}, {"json_object": True}]
    assert forms[2]["json"]["anyOf"][0]["properties"]["name"] == {"const": "get"}


def test_a_call_that_must_come_is_read_without_tags(engine, engines):
    answered(engine, ask())
    engines[0].script = engines[0].words('{"name": "get", "arguments": {"a": 1}}')["input_ids"]
    posted = answered(engine, ask(tools=(GET,), tool_choice=ToolChoice("required"), sampling={"max_tokens": 90}))
    start, given, stop, _ = posted.deltas
    assert isinstance(start, ToolStart)
    assert (start.name, given.pieces, stop.reason) == ("get", ('{"a": 1}',), "tool_calls")
    assert isinstance(given, ToolInput)


def test_an_echo_comes_first_and_none_with_log_probabilities(engine):
    posted = answered(engine, ask("The sea", raw_prompt=True, echo=True, sampling={"max_tokens": 1}))
    assert posted.text() == "The seaThe"
    refused = answered(engine, ask("a", raw_prompt=True, echo=True, sampling={"top_logprobs": 1}))
    assert isinstance(refused.error, BadRequest)


def test_no_token_is_asked_for_where_none_is_wanted(engine, engines):
    posted = answered(engine, ask("The sea", raw_prompt=True, echo=True, sampling={"max_tokens": 0}))
    assert (posted.text(), posted.usage.completion, engines[0].calls) == ("The sea", 0, [])


def test_who_leaves_has_the_engine_drop_the_request(engine, engines):
    answered(engine, ask())
    engines[0].pause.set()
    posted = Posted()
    cancel = engine.submit(ask(), posted)
    assert soon(lambda: len(engines[0].calls) == 2)
    cancel()
    assert soon(lambda: engines[0].left == [engines[0].calls[1][2]])
    assert not posted.over


def soon(happened):
    never = threading.Event()
    return any(happened() or never.wait(0.005) for _ in range(1_000))


def test_what_the_engine_refuses_or_dies_of_is_told_apart(engine, engines):
    refused = answered(engine, ask(sampling={"logit_bias": {10**7: 1.0}}))
    assert isinstance(refused.error, BadRequest)
    assert isinstance(answered(engine, ask(messages=(Message("forbidden", "x"),))).error, BadRequest)
    engines[0].fails = RuntimeError("EngineCore died at /some/path")
    failed = answered(engine, ask())
    assert isinstance(failed.error, ServerError)
    assert "/some" not in failed.error.message
    engines[0].fails = None
    engines[0].end = "abort"
    assert isinstance(answered(engine, ask(sampling={"max_tokens": 90})).error, ServerError)


def test_closing_ends_the_engine_and_what_is_under_way(engine, engines):
    answered(engine, ask())
    engines[0].pause.set()
    posted = Posted()
    engine.submit(ask(), posted)
    engine.close()
    assert isinstance(posted.wait().error, Unavailable)
    assert engines[0].shut
    assert isinstance(answered(engine, ask()).error, Unavailable)


def test_an_engine_that_cannot_be_made_is_told_to_who_asks(engine, monkeypatch, caplog):
    monkeypatch.setattr(AsyncLLM, "from_engine_args", classmethod(lambda cls, arguments: 1 / 0))
    with caplog.at_level("CRITICAL"):
        assert isinstance(answered(engine, ask()).error, Unavailable)
    assert "division by zero" in engine.not_ready()


def test_without_vllm_the_start_is_refused_with_what_to_install(tiny_chat, monkeypatch):
    monkeypatch.delitem(sys.modules, "vllm", raising=False)
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(ValueError, match=r"needs the package 'vllm': pip install 'fakeai\[vllm\]'"):
        open_model(Spec("tiny", "vllm", str(tiny_chat)), Chance(1))
