"""What an input comes to: its tokens, and a shorter one that stands for it."""

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.clock import Clock
from fakeai.core.generation import Usage
from fakeai.services.responses import items
from fakeai.services.responses.compaction import compaction
from fakeai.services.responses.response import usage_of
from fakeai.services.responses.responses import Responses
from fakeai.wire.responses.reply import Compacted, InputTokens
from fakeai.wire.responses.request import CompactRequest, InputTokensRequest, ResponseRequest

_TAG = "Responses"
_ASKED = ResponseRequest.model_fields


class Counting:
    """`/responses/input_tokens` and `/responses/compact`."""

    ENDPOINTS = (
        Endpoint(
            "POST",
            "/responses/input_tokens",
            "count",
            "Count the tokens of an input",
            body=InputTokensRequest,
            tag=_TAG,
        ),
        Endpoint(
            "POST",
            "/responses/compact",
            "compact",
            "Make a conversation short",
            body=CompactRequest,
            tag=_TAG,
            usage="completions",
        ),
    )

    def __init__(self, responses: Responses, clock: Clock, ids: Ids) -> None:
        self._asking = responses.asking
        self._clock = clock
        self._ids = ids

    async def count(self, call: Call) -> Reply:
        """How many tokens a request for a response would have. Raises what asking for the response would raise."""
        question = await self._asking.read(call, _response(call.body), Ids(call.id.encode()))
        counted: InputTokens = {
            "object": "response.input_tokens",
            "input_tokens": question.request.prompt_tokens,
        }
        return Reply(counted)

    async def compact(self, call: Call) -> Reply:
        """One item that stands for all of them, which only this server can read."""
        question = await self._asking.read(call, _response(call.body), Ids(call.id.encode()))
        name = (call.ids or self._ids).make("resp_")
        ids = Ids(name.encode())
        short = compaction(ids.make("cmp_"), question.context)
        tokens = await self._asking.tokens(question.card, items.messages([short]))
        usage = Usage(question.request.prompt_tokens, tokens)
        told: Compacted = {
            "id": name,
            "object": "response.compaction",
            "created_at": int(self._clock.unix()) if call.created is None else call.created,
            "output": [short],
            "usage": usage_of(usage),
        }
        return Reply(told, usage=usage)


def _response(body: InputTokensRequest | CompactRequest) -> ResponseRequest:
    """The request for a response of that input."""
    known = type(body).model_fields.keys() & _ASKED.keys()  # what else was sent, nobody has checked
    given = {name: value for name in body.model_fields_set & known if (value := getattr(body, name)) is not None}
    return ResponseRequest.model_construct(set(given), **given)
