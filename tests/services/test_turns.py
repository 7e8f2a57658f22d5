"""Turns: what is asked is counted, held to the window, and answered alike for equal conversations."""

import pytest

from fakeai.backends.engine_room import EngineRoom
from fakeai.backends.simulated import SimulatedModel
from fakeai.core.call import Call, Endpoint, Principal
from fakeai.core.chance import Ids
from fakeai.core.clock import WallClock
from fakeai.core.errors import BadRequest, ContextLengthExceeded
from fakeai.core.events import Bus
from fakeai.core.generation import Finish, Message, Sampling, Text, Tool
from fakeai.services.turns import Asked, Asker, Turns
from fakeai.sim.timing import LatencyProfile

ROW = Endpoint("POST", "/responses", "create", "")
HELLO = (Message("user", "Say hello in French."),)


@pytest.fixture
def turns(clock: WallClock, ids: Ids, no_latency: LatencyProfile) -> Turns:
    backend = SimulatedModel(clock, Bus(), no_latency, ids, EngineRoom(clock, Bus(), {}))
    return Turns(backend, "org-fakeai", seed=b"7", lenient=False)


async def said(turns, card, asked):
    deltas = []
    request = await turns.request(card, asked, Asker())
    await turns.generate(request).drain(deltas.extend)
    return request, deltas


async def test_equal_conversations_have_equal_digests_and_words(turns, directory):
    card = directory.card("gpt-4o")
    first, deltas = await said(turns, card, Asked(HELLO))
    again, same = await said(turns, card, Asked(HELLO, streamed=False))
    assert first.digest == again.digest
    assert [d.pieces for d in deltas if isinstance(d, Text)] == [d.pieces for d in same if isinstance(d, Text)]
    assert isinstance(deltas[-1], Finish)
    assert deltas[-1].usage.prompt == first.prompt_tokens > 0


async def test_whatever_shapes_an_answer_changes_the_digest(turns, directory):
    card = directory.card("gpt-4o")
    tool = Tool("look_up", schema={"type": "object", "properties": {}})
    variants = (
        Asked(HELLO),
        Asked(HELLO, tools=(tool,)),
        Asked(HELLO, json_object=True),
        Asked(HELLO, json_schema={"type": "object"}),
        Asked(HELLO, Sampling(seed=3)),
        Asked(HELLO, verbosity="low"),
    )
    digests = [(await turns.request(card, asked, Asker())).digest for asked in variants]
    assert len(set(digests)) == len(variants)


async def test_a_conversation_over_the_window_is_refused_by_its_parameter(turns, directory):
    card = directory.card("gpt-4")
    with pytest.raises(ContextLengthExceeded) as caught:
        await turns.request(card, Asked((Message("user", "word " * 9000),)), Asker())
    assert caught.value.param == "input"


async def test_a_latency_that_cannot_be_read_is_a_bad_request(turns, directory):
    call = Call("req_1", ROW, "/responses", {"x-fakeai-ttft-ms": "soon"})
    request = await turns.request(directory.card("gpt-4o"), Asked(HELLO), turns.asker(call))
    with pytest.raises(BadRequest):
        turns.generate(request)


def test_organizations_but_the_home_one_have_caches_of_their_own(turns):
    at_home = Call("req_1", ROW, "/responses", {}, principal=Principal("org-fakeai"))
    abroad = Call("req_1", ROW, "/responses", {}, principal=Principal("org-b"))
    assert turns.asker(at_home, salt="s").placement.salt == "s"
    assert turns.asker(abroad, salt="s").placement.salt == "org-b\ns"
    assert turns.worker("org-b").placement.salt == "org-b\n"
