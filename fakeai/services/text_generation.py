"""`POST /text/generation`: chat's answer to one text, in the fewest words that an API can have."""

from typing import Any

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.clock import Clock
from fakeai.core.errors import BadRequest
from fakeai.core.generation import Message, Sampling
from fakeai.services.chunks import usage
from fakeai.services.directory import ModelDirectory
from fakeai.services.plain_answers import PlainAnswer, check_talks, streamed
from fakeai.services.turns import Asked, Turns
from fakeai.wire import text_generation as wire
from fakeai.wire import wording


class TextGeneration:
    """`POST /text/generation`."""

    ENDPOINTS = (
        Endpoint(
            "POST",
            "/text/generation",
            "create",
            "Answer a text",
            body=wire.TextGenerationRequest,
            reply="events",
            tag="NVIDIA",
            usage="completions",
        ),
    )

    def __init__(self, turns: Turns, directory: ModelDirectory, clock: Clock, ids: Ids) -> None:
        self._turns = turns
        self._directory = directory
        self._clock = clock
        self._ids = ids

    async def create(self, call: Call) -> Reply:
        """The answer, or events of its pieces. Raises BadRequest, ModelNotFound, ContextLengthExceeded."""
        body: wire.TextGenerationRequest = call.body
        who = self._turns.asker(call)
        if not body.model and not who.easy:
            raise BadRequest(wording.NO_MODEL)
        card = self._directory.card(body.model)
        call.model = card.id
        check_talks(card)
        asked = Asked((Message("user", body.input),), _sampling(body), streamed=body.stream is True, ids=call.ids)
        request = await self._turns.request(card, asked, who)
        head = {
            "id": (call.ids or self._ids).make("textgen-"),
            "object": "text.generation",
            "created": int(self._clock.unix()) if call.created is None else call.created,
            "model": card.id,
        }
        feed = self._turns.generate(request)
        if body.stream:
            return streamed(feed, lambda text: {**head, "output": text}, lambda answer: {**head, **_end(answer, "")})
        answer = PlainAnswer()
        await feed.drain(answer.take)
        return Reply({**head, **_end(answer, answer.text)}, usage=answer.usage)


def _end(answer: PlainAnswer, text: str) -> dict[str, Any]:
    assert answer.usage is not None, "every feed ends with a Finish"
    return {"output": text, "finish_reason": answer.reason, "usage": usage(answer.usage)}


def _sampling(body: wire.TextGenerationRequest) -> Sampling:
    stop = body.stop
    return Sampling(
        max_tokens=body.max_output_tokens or wire.DEFAULT_TOKENS,
        temperature=1.0 if body.temperature is None else body.temperature,
        top_p=wire.DEFAULT_TOP_P if body.top_p is None else abs(body.top_p),
        seed=body.seed,
        stop=() if stop is None else (stop,) if isinstance(stop, str) else tuple(stop),
    )
