"""A model that vLLM runs in this process: its AsyncLLM engine behind the same protocol as any other.

vLLM batches, samples and holds answers to schemas; prompts, words, stop strings and calls are ours, as for `transformers`.
The engine has an event loop in a thread of its own. Written to the interface of vLLM 0.33. Any: vLLM is imported late.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from fakeai.backends import model_files
from fakeai.backends.answering import Answer, Begun, Reader, echo
from fakeai.backends.guidance import call_schema, required
from fakeai.backends.local import Engine, Post, Spec
from fakeai.backends.sampling import Drawn
from fakeai.backends.weights import load_tokenizer
from fakeai.backends.wording import Wording
from fakeai.core.chance import Chance
from fakeai.core.errors import ApiError, BadRequest, ServerError, Unavailable
from fakeai.core.generation import GenerateRequest

_log = logging.getLogger("fakeai.vllm")


def open_model(spec: Spec, chance: Chance) -> Engine:
    """The engine of a model. Raises ValueError where vLLM is not installed, or the model's files say it cannot work."""
    model_files.need("vllm", "vllm")
    return VllmText(spec, model_files.look(spec), chance)


class VllmText:
    """Implements `TextEngine`."""

    def __init__(self, spec: Spec, files: model_files.ModelFiles, chance: Chance) -> None:
        self.card = model_files.card(spec, files)
        self._spec = spec
        self._chance = chance
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._state: str | None = f"loading the model {spec.id!r}"
        self._closing = asyncio.Event()
        self._engine: Any = None
        self._answers: set[asyncio.Task[None]] = set()
        self._count = 0

    def load(self) -> None:
        """Start the engine's loop, if it is not yet there."""
        with self._lock:
            if self._thread is None:
                self._loop = asyncio.new_event_loop()
                name = f"fakeai-{self._spec.id}"
                self._thread = threading.Thread(target=self._run, args=(self._loop,), name=name, daemon=True)
                self._thread.start()

    def not_ready(self) -> str | None:
        """What is the matter, or None."""
        return self._state

    def submit(self, request: GenerateRequest, post: Post) -> Callable[[], object]:
        """Give a request to the engine's loop."""
        self.load()
        answer = Answer(request, post)
        loop = self._loop
        assert loop is not None, "made by load"
        try:
            loop.call_soon_threadsafe(self._begin, answer)
        except RuntimeError:  # closed
            answer.fail(self._gone())
        return lambda: self._cancel(answer)

    def close(self) -> None:
        """End the engine; what is under way ends with an error."""
        with self._lock:
            thread, loop = self._thread, self._loop
        if thread is not None and loop is not None and thread.is_alive():
            loop.call_soon_threadsafe(self._closing.set)
            thread.join()

    def _cancel(self, answer: Answer) -> None:
        answer.cancel()
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._drop, answer)

    def _gone(self) -> ApiError:
        return Unavailable(f"The model {self._spec.id!r} is not there: it was closed, or could not be loaded.")

    # -- in the engine's thread

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            loop.run_until_complete(self._live())
        finally:
            loop.close()

    async def _live(self) -> None:
        try:
            self._load()
            self._state = None
        except Exception as error:  # noqa: BLE001  # whatever files, libraries and devices can raise
            self._state = f"the model {self._spec.id!r} could not be loaded: {error}"
            _log.exception("the model %r could not be loaded", self._spec.id)
        await self._closing.wait()
        self._state = f"the model {self._spec.id!r} is closed"
        for task in list(self._answers):
            task.cancel()
        await asyncio.gather(*self._answers, return_exceptions=True)
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.shutdown()

    def _load(self) -> None:
        from vllm.engine.arg_utils import AsyncEngineArgs
        from vllm.v1.engine.async_llm import AsyncLLM

        tokenizer = load_tokenizer(self._spec)
        self._reader = Reader(tokenizer, self.card.context_window, len(tokenizer), (), self._chance)
        arguments = AsyncEngineArgs(
            model=self._spec.path,
            dtype=self._spec.dtype,
            max_model_len=self.card.context_window,
            max_num_seqs=self._spec.max_batch,
            disable_log_stats=True,
        )
        self._engine = AsyncLLM.from_engine_args(arguments)

    def _begin(self, answer: Answer) -> None:
        task = asyncio.ensure_future(self._answer(answer))
        task.set_name(str(id(answer)))
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)

    def _drop(self, answer: Answer) -> None:
        for task in self._answers:
            if task.get_name() == str(id(answer)):
                task.cancel()

    async def _answer(self, answer: Answer) -> None:
        if self._engine is None:
            answer.fail(self._gone())
            return
        try:
            await self._generate(answer)
        except asyncio.CancelledError:
            answer.fail(self._gone())
            raise
        except ApiError as error:
            answer.fail(error)
        except ValueError as error:  # what vLLM says of parameters it does not take
            answer.fail(BadRequest(str(error)[:500]))
        except Exception as error:  # noqa: BLE001  # of an engine that failed, or died
            _log.exception("an answer failed")
            answer.fail(ServerError(f"The model failed: {type(error).__name__}."))

    async def _generate(self, answer: Answer) -> None:
        from vllm import TokensPrompt

        request, reader = answer.request, self._reader
        answer.ids = reader.prompter.ids(request)
        begun: Begun | None = "call" if required(request) else None
        words = [reader.wording(request, choice, answer.ids, begun) for choice in range(request.sampling.n)]
        choices = [_Choice(answer, reader, wording) for wording in words]
        if request.echo:
            if request.sampling.top_logprobs is not None:
                raise BadRequest(
                    "This model does not list log probabilities of a prompt it gives back.", param="logprobs"
                )
            answer.say([echo(answer, reader, choice, None) for choice in range(request.sampling.n)])
        room = reader.prompter.room(request, len(answer.ids))
        if not room:
            for choice in choices:
                choice.end("length")
            answer.flush()
            return
        self._count += 1
        outputs = self._engine.generate(
            TokensPrompt(prompt_token_ids=answer.ids), _parameters(request, room), f"fakeai-{self._count}"
        )
        async with aclosing(outputs):  # which has vLLM drop the request when it is left early
            async for output in outputs:
                answer.cached = output.num_cached_tokens or 0
                for part in output.outputs:
                    choices[part.index].take(part)
                answer.flush()
                if not output.finished and all(choice.over for choice in choices):
                    break


class _Choice:
    """One choice under way."""

    def __init__(self, answer: Answer, reader: Reader, wording: Wording) -> None:
        self.over = False
        self._answer = answer
        self._reader = reader
        self._wording = wording
        self._made = 0

    def take(self, part: Any) -> None:
        """The tokens since the last time. Any: vLLM's CompletionOutput."""
        if self.over:
            return
        ids = list(part.token_ids)
        if part.finish_reason == "stop":
            ids = ids[:-1]  # an end-of-text token: stop strings are ours
        top = self._answer.request.sampling.top_logprobs
        for at, token in enumerate(ids):
            drawn = Drawn(token) if top is None else ranked(token, part.logprobs[at], top)
            self._made += 1
            self._answer.say(self._wording.add(token, self._reader.logprob(drawn)))
            if self._wording.stopped:
                self.end("stop")
                return
        if part.finish_reason is not None:
            if part.finish_reason not in ("stop", "length"):
                raise ServerError(f"The model broke off: {part.finish_reason}.")
            self.end(part.finish_reason)

    def end(self, reason: Any) -> None:
        """It is complete. Any: one of the two words both vLLM and we have."""
        self.over = True
        self._answer.say(self._wording.end(reason))
        self._answer.ended(self._made, self._wording.reasoned)


def ranked(token: int, listed: Mapping[int, Any], top: int) -> Drawn:
    """A token's log probability and the `top` likeliest, it among them, of vLLM's mapping of ids to Logprobs (hence Any)."""
    own = float(listed[token].logprob)
    best = sorted(((other, float(found.logprob)) for other, found in listed.items()), key=lambda pair: -pair[1])[:top]
    if best and all(other != token for other, _ in best):
        best[-1] = (token, own)
    return Drawn(token, own, tuple(best))


def _parameters(request: GenerateRequest, room: int) -> Any:
    from vllm.sampling_params import RequestOutputKind, SamplingParams

    sampling = request.sampling
    greedy = sampling.temperature <= 0 or sampling.top_p <= 0
    return SamplingParams(
        n=sampling.n,
        max_tokens=room,
        temperature=0.0 if greedy else sampling.temperature,
        top_p=1.0 if greedy else sampling.top_p,
        seed=sampling.seed,
        presence_penalty=sampling.presence_penalty,
        frequency_penalty=sampling.frequency_penalty,
        logit_bias=dict(sampling.logit_bias) or None,
        logprobs=sampling.top_logprobs,
        structured_outputs=_form(request),
        detokenize=False,
        output_kind=RequestOutputKind.DELTA,
    )


def _form(request: GenerateRequest) -> Any:
    """What holds an answer to its form: a schema, any object, or a call to a tool that must be called; None for none."""
    from vllm.sampling_params import StructuredOutputsParams

    tools: Sequence[Any] = required(request)
    if tools:
        return StructuredOutputsParams(json=call_schema(tools), disable_any_whitespace=True)
    if request.json_schema is not None:
        return StructuredOutputsParams(json=dict(request.json_schema), disable_any_whitespace=True)
    return StructuredOutputsParams(json_object=True) if request.json_object else None
