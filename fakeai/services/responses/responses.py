"""`POST /responses`: from a request to a model's turns, and their output as a stream or a whole."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from fakeai.backends.base import Draws
from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.clock import Clock
from fakeai.core.feed import Feed
from fakeai.core.generation import Burst, Finish, JsonObject, Message, Usage
from fakeai.services.base import tell_usage
from fakeai.services.containers import Containers
from fakeai.services.directory import ModelDirectory
from fakeai.services.files import Files
from fakeai.services.policies import Policies
from fakeai.services.responses.asking import Asking, Question
from fakeai.services.responses.background import Background, Work
from fakeai.services.responses.lasting import Lasting
from fakeai.services.responses.loop import Loop
from fakeai.services.responses.output import Output
from fakeai.services.responses.replay import Once
from fakeai.services.responses.response import made
from fakeai.services.responses.rows import Answered, ResponseRows
from fakeai.services.responses.telling import Begin
from fakeai.services.responses.told import Told
from fakeai.services.responses.toolbox import Toolbox
from fakeai.services.responses.workshop import Workshop
from fakeai.services.turns import Turns
from fakeai.services.vector_stores import VectorStores
from fakeai.services.webhooks.endpoints import Webhooks
from fakeai.store.base import Database
from fakeai.store.jobs import Jobs
from fakeai.store.usage import Meter
from fakeai.wire.responses.request import ResponseRequest

_BEGIN = (Begin(),)


class Responses:
    """Answers requests; what has been answered is shown by `stored`."""

    ENDPOINTS = (
        Endpoint(
            "POST",
            "/responses",
            "create",
            "Answer an input, with tools",
            body=ResponseRequest,
            reply="events",
            tag="Responses",
            usage="completions",
        ),
    )

    def __init__(
        self,
        db: Database,
        turns: Turns,
        directory: ModelDirectory,
        files: Files,
        clock: Clock,
        ids: Ids,
        jobs: Jobs,
        webhooks: Webhooks,
        meter: Meter,
        vector_stores: VectorStores,
        containers: Containers,
        drawer: Draws,
        policies: Policies,
        seed: bytes,
        stored_limit: int,
        prompts: Mapping[str, str],
        *,
        synthesize: bool,
    ) -> None:
        self.rows = ResponseRows(db, clock, stored_limit, partial(made, directory.card(None)), synthesize=synthesize)
        toolbox = Toolbox(directory, vector_stores, Workshop(containers, files), drawer, policies, meter, seed)
        self.asking = Asking(directory, turns, files, self.rows, toolbox, prompts)
        self.told = Told(db, clock, self.rows)
        self.background = Background(jobs, clock, self.rows, self.told, webhooks, meter, self._begin)
        self._turns = turns
        self._clock = clock
        self._ids = ids
        self._active: dict[tuple[str, str], tuple[Feed[Any], Output, Answered]] = {}
        """Responses that are being streamed, by owner and id."""

    async def create(self, call: Call) -> Reply:
        """A response, or the events of its making. Raises BadRequest, NotFound, ModelNotFound, ContextLengthExceeded."""
        body: ResponseRequest = call.body
        name = (call.ids or self._ids).make("resp_")
        ids = Ids(name.encode())
        question = await self.asking.read(call, body, ids)
        response = self._response(call, name, question)
        if body.background:
            return await self._in_background(call, body, response, question)
        output = Output(response, ids, question.tools.offers.open, question.style, self._now(call))
        feed = self.feed(question, output, generate=body.generate is not False)
        answered = Answered(call.principal.owner, response, question.given, question.conversation)
        feed.lead(_BEGIN)
        if not body.stream:
            await feed.drain(output.encode)
            await self.rows.add(answered)
            return Reply(response, usage=output.usage)
        return self._streamed(answered, feed, output)

    def _streamed(self, answered: Answered, feed: Feed[Any], output: Output) -> Reply:
        told = feed.map_all(output.encode_all)
        if self.rows.lasts and self.rows.leaves(answered):
            told = Feed(Lasting(told, output, partial(self.rows.add, answered)))
        reply = Reply(events=told, framed=True)
        told.on_end(partial(tell_usage, reply, output))
        told.on_end(partial(self._ended, answered, output))
        self._active[answered.owner, output.response["id"]] = told, output, answered
        return reply

    def interrupt(self, owner: str, name: str) -> list[bytes] | None:
        """End a response that is being streamed, to go on from it otherwise: its last events. None if it is not under way."""
        active = self._active.get((owner, name))
        if active is None:
            return None
        feed, output, answered = active
        last = output.cut("steered", feed.so_far() or Usage(0, 0))
        feed.stop()
        if self.rows.lasts:
            self.rows.add_soon(answered)
        return last

    async def _in_background(
        self, call: Call, body: ResponseRequest, response: JsonObject, question: Question
    ) -> Reply:
        said = question.context[: len(question.context) - len(question.given)]
        await self.background.start(call, response, question.given, said)
        if body.stream:
            return Reply(events=self.told.follow(call.principal.owner, response["id"], -1), framed=True)
        return Reply(response)

    async def _begin(self, call: Call, body: ResponseRequest, name: str, said: list[JsonObject]) -> Work:
        """Make a response in the background."""
        ids = Ids(name.encode())
        question = await self.asking.read(call, body, ids, said)
        response = self._response(call, name, question)
        told = question.style._replace(events=True, framed=False)
        output = Output(response, ids, question.tools.offers.open, told, lambda: int(self._clock.unix()))
        feed = self.feed(question, output)
        feed.lead(_BEGIN)
        return Work(feed.map_all(output.encode_all), output, question.given, question.conversation)

    def _response(self, call: Call, name: str, question: Question) -> JsonObject:
        created = int(self._clock.unix()) if call.created is None else call.created
        return {**question.response, "id": name, "created_at": created, "output": []}

    def feed(self, question: Question, output: Output, *, generate: bool = True) -> Feed[Any]:
        """The bursts of a response: those of one turn of the model, or of turns with work between them.

        Without `generate` the model says nothing: the prompt alone is prepared.
        """
        if not generate:
            return Feed(Once([(Finish(Usage(question.request.prompt_tokens, 0)),)]))
        first = self._turns.generate(question.request)
        output.preface, output.judge = question.tools.listed, question.judge
        if not question.tools.offers.any_hosted and not question.tools.due:
            return first
        most = output.response["max_tool_calls"]

        async def onward(more: Sequence[Message]) -> Feed[Burst] | None:
            said.extend(more)
            calls = sum(len(message.tool_calls) for message in said)
            request = await self.asking.onward(question, said, hosted=most is None or calls < most)
            return self._turns.generate(request)

        said: list[Message] = []
        return Feed(Loop(first, output, onward, question.tools.due))

    def _ended(self, answered: Answered, output: Output, error: Exception | None, cancelled: bool) -> None:
        self._active.pop((answered.owner, output.response["id"]), None)
        if not self.rows.lasts and error is None and not cancelled and output.usage is not None:
            self.rows.add_soon(answered)

    def _now(self, call: Call) -> Callable[[], int]:
        return lambda: int(self._clock.unix()) if call.created is None else call.created
