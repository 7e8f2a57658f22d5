"""Bursts as text: pieces in order, the reason of the end, and what was used, told as events or as a whole."""

from typing import Any

import orjson
import pytest

from fakeai.core.catalog import ModelCard
from fakeai.core.errors import BadRequest
from fakeai.core.feed import Feed
from fakeai.core.generation import Burst, Finish, Reasoning, Stop, Text, Thinking, Usage
from fakeai.services.plain_answers import PlainAnswer, check_talks, streamed

BURSTS: list[Burst] = [
    (Thinking(0, 3), Reasoning(0, ["hm"])),
    (Text(0, ["Good", "", " morning"]),),
    (Text(0, ["."]), Stop(0, "length"), Finish(Usage(5, 4))),
]


class Source:
    """Bursts that are all there at once."""

    def begin(self, feed: Feed[Burst]) -> None:
        for burst in BURSTS:
            feed.push(burst)
        feed.finish()

    def cancel(self) -> None: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...


async def test_each_piece_is_an_event_and_the_end_is_another() -> None:
    reply = streamed(Feed(Source()), lambda text: {"t": text}, lambda answer: {"whole": answer.text})
    assert reply.events is not None
    events: list[Any] = []
    await reply.events.drain(lambda burst: events.extend(map(orjson.loads, burst)))
    assert events == [{"t": "Good"}, {"t": " morning"}, {"t": "."}, {"whole": "Good morning."}]
    assert reply.usage == Usage(5, 4)


def test_only_the_text_is_kept() -> None:
    answer = PlainAnswer()
    pieces = [answer.take(burst) for burst in BURSTS]
    assert pieces == [[], ["Good", "", " morning"], ["."]]
    assert (answer.text, answer.reason, answer.usage) == ("Good morning.", "length", Usage(5, 4))


@pytest.mark.parametrize("family", ["embedding", "rerank", "image"])
def test_models_that_do_not_write_are_refused(family: Any) -> None:
    with pytest.raises(BadRequest, match="does not generate text"):
        check_talks(ModelCard("m", family))
    check_talks(ModelCard("m", family, known=False))
    check_talks(ModelCard("m"))
