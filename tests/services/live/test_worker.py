"""Work for sessions: backends are asked as clients ask them, and answers come in phrases."""

from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from fakeai.backends.base import SoundPart, SpeechRequest, TranscribeRequest
from fakeai.content.hearing import Timed
from fakeai.core.call import Call, Endpoint, Principal, Reply
from fakeai.core.chance import Ids
from fakeai.core.clock import WallClock
from fakeai.core.errors import NotFound
from fakeai.core.feed import Feed
from fakeai.core.generation import Text
from fakeai.services.directory import ModelDirectory
from fakeai.services.live import wants
from fakeai.services.live.worker import Caller, Worker
from fakeai.services.turns import Asker

from .stage import DECISION, LOUD, Stage

CALLER = Caller(Principal("org-a", "proj_a"), {"x-fakeai-ttft-ms": "5"}, Asker())
ROW = Endpoint("POST", "/x", "create", "")


class Pushed:
    """A feed's source that has it all at once."""

    def __init__(self, *items: Any) -> None:
        self.items = items

    def begin(self, feed: Any) -> None:
        for item in self.items:
            feed.push(item)
        feed.finish()

    def cancel(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...


class Backends:
    """All that a worker works with; `asked` is what it was asked."""

    def __init__(self, *replies: Reply, row: Endpoint | None = ROW) -> None:
        self.replies = list(replies)
        self.row = row
        self.asked: list[Any] = []

    async def request(self, card: Any, asked: Any, who: Any) -> Any:
        self.asked.append(asked)
        return "request"

    def generate(self, request: Any) -> Any:
        pieces = [Text(0, (word,)) for word in ("It ", "is ", "so. ", "And ", "it ", "rains ", "today ", "again")]
        return Feed(Pushed(*[(piece,) for piece in pieces]))

    def speak(self, request: SpeechRequest) -> Any:
        self.asked.append(request)
        return Feed(Pushed(SoundPart(b"\1\0\2\0", 1, False), SoundPart(b"\3\0", 1, True)))

    async def transcribe(self, request: TranscribeRequest) -> Any:
        self.asked.append(request)
        return SimpleNamespace(words=(Timed("Hello ", 0.25, 0.5),))

    async def dispatch(self, call: Call) -> Reply:
        self.asked.append(call)
        return self.replies.pop(0)

    def find_row(self, method: str, path: str) -> Endpoint | None:
        return self.row


@pytest.fixture
def worker(directory: ModelDirectory, clock: WallClock, ids: Ids) -> Callable[[Backends], Worker]:
    def make(backends: Backends) -> Worker:
        any_of: Any = backends
        return Worker(any_of, directory, any_of, any_of, backends.dispatch, backends.find_row, clock, ids, b"seed")

    return make


async def gathered(found: AsyncIterator[Any]) -> list[Any]:
    return [each async for each in found]


async def test_answers_come_in_phrases_and_know_what_was_said(worker: Any) -> None:
    backends, stage = Backends(), Stage(instructions="Be kind.")
    stage.say("hello there")
    assert await gathered(worker(backends).think(stage.session, CALLER)) == [
        "It is so. ",
        "And it rains today ",
        "again",
    ]
    (asked,) = backends.asked
    assert [message.text for message in asked.messages] == ["Be kind.", "hello there", "Echo: hello there"]


async def test_phrases_are_spoken_in_the_voice_of_the_session(worker: Any) -> None:
    backends = Backends()
    first = worker(backends)
    samples = await first.speak("Hi.", Stage(audio={"output": {"voice": "sage"}}).session)
    assert samples.tolist() == [1, 2, 3]
    await first.speak("Hi.", Stage().session)
    one, other = backends.asked
    assert (one.format, one.text) == ("pcm", "Hi.") and one.voice != other.voice and one.digest != other.digest


async def test_words_have_their_places_in_the_session(worker: Any) -> None:
    words = await worker(Backends()).listen(wants.Listen(LOUD, 2_000, 3_000), Stage().session, CALLER)
    assert words == [wants.Word("Hello ", 2_250, 2_500)]


@pytest.mark.parametrize("framed", [True, False])
async def test_responses_are_asked_as_clients_ask_them(worker: Any, framed: bool) -> None:
    documents = [b'{"type":"response.created"}', b'{"type":"response.completed"}']
    if framed:
        documents = [b"event: x\ndata: " + document + b"\n\n" for document in documents]
    events: Any = Feed(Pushed([documents[0]], [documents[1], b"[DONE]"]))
    backends = Backends(Reply(events=events, framed=framed))
    want = wants.Respond("del_1", {"model": "m", "instructions": None, "tools": []}, [{"role": "user", "content": "x"}])
    told = await gathered(worker(backends).respond(want, CALLER))
    assert [event["type"] for event in told] == ["response.created", "response.completed"]
    (call,) = backends.asked
    assert orjson.loads(call.raw) == {
        "model": "m",
        "tools": [],
        "input": [{"role": "user", "content": "x"}],
        "stream": True,
        "store": False,
    }
    assert (call.path, call.principal, call.headers) == ("/v1/responses", CALLER.principal, CALLER.headers)


async def test_decisions_are_asked_as_clients_ask_them(worker: Any) -> None:
    backends = Backends(Reply(DECISION))
    want = wants.Judge(wants.Cause(), "gpt-6-luna", [{"type": "predicate", "instructions": "x"}], [])
    assert await worker(backends).judge(want, CALLER) == DECISION
    assert orjson.loads(backends.asked[0].raw)["questions"] == want.questions


async def test_a_backend_that_is_not_there_is_told_of(worker: Any) -> None:
    want = wants.Judge(wants.Cause(), "gpt-6-luna", [], [])
    with pytest.raises(NotFound, match="no /decisions"):
        await worker(Backends(row=None)).judge(want, CALLER)
