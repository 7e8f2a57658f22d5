"""Tools of MCP servers: which there are, which want an approval, and what they give."""

import orjson
import pytest

from fakeai.services.responses.calls import HostedCall
from fakeai.services.responses.hosted.servers import Server
from fakeai.wire.base import parse
from fakeai.wire.responses.request import ResponseRequest

from .conftest import CarryOut


def server(**more):
    tool = {"type": "mcp", "server_label": "docs", "server_url": "https://docs.example", **more}
    wanted = parse(ResponseRequest, orjson.dumps({"tools": [tool]})).tools[0]
    return Server(wanted, lambda prefix: f"{prefix}1", lambda query: f"about {query}")


def test_tools_are_listed_and_offered():
    listed = server().listed()
    assert (listed["id"], listed["server_label"]) == ("mcpl_1", "docs")
    assert [tool["name"] for tool in listed["tools"]] == ["search", "fetch"]
    assert [offer.tool.name for offer in server().offers()] == ["docs.search", "docs.fetch"]


@pytest.mark.parametrize("allowed", [["roll", "search"], {"tool_names": ["roll", "search"]}])
def test_only_tools_that_are_allowed_are_there(allowed):
    tools = server(allowed_tools=allowed).listed()["tools"]
    assert [tool["name"] for tool in tools] == ["roll", "search"]


@pytest.mark.parametrize(
    ("wish", "hosted"),
    [
        (None, {"search": False, "fetch": False}),
        ("always", {"search": False, "fetch": False}),
        ("never", {"search": True, "fetch": True}),
        ({"never": {"tool_names": ["search"]}}, {"search": True, "fetch": False}),
        ({"always": {"tool_names": ["search"]}}, {"search": False, "fetch": True}),
        ({"never": {"read_only": True}}, {"search": True, "fetch": True}),
    ],
)
def test_approvals_are_asked_for_as_wished(wish, hosted):
    more = {} if wish is None else {"require_approval": wish}
    offers = {offer.tool.name.removeprefix("docs."): offer.hosted for offer in server(**more).offers()}
    assert offers == hosted


async def test_a_call_gives_what_the_server_has(carry_out: CarryOut):
    offer = server(require_approval="never").offers()[0]
    call, told = await carry_out(offer, '{"query":"sea"}')
    assert told == ["mcp_call.in_progress", "mcp_call_arguments.done", "mcp_call.completed"]
    assert (call.item["output"], call.result, call.item["name"]) == ("about sea", "about sea", "search")


async def test_a_call_that_was_allowed_is_made():
    request = {"id": "mcpr_9", "name": "fetch", "arguments": '{"id":"7"}', "server_label": "docs"}
    call = server().approved(request)
    assert isinstance(call, HostedCall)
    async for _ in call.work():
        pass
    assert (call.item["approval_request_id"], call.item["output"]) == ("mcpr_9", "about 7")
