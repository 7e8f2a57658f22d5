"""Tools as a model is offered them, and what a choice of tools means."""

import pytest

from fakeai.core.chance import Ids
from fakeai.core.errors import BadRequest
from fakeai.core.generation import Tool, ToolChoice, ToolStart
from fakeai.services.responses.calls import CallItem
from fakeai.services.responses.offers import Offer, Offers, echoes, own_tools
from fakeai.wire.responses.tools import (
    AllowedChoice,
    CustomTool,
    FunctionTool,
    GrammarFormat,
    HostedChoice,
    McpChoice,
    NamedChoice,
    NamespaceTool,
)

FUNCTION = FunctionTool(type="function", name="f", description="d", parameters={"type": "object"}, strict=True)
CUSTOM = CustomTool(type="custom", name="g", format=GrammarFormat(type="grammar", syntax="regex", definition="a+"))


def call_of(start):
    return CallItem({"id": "x"})


@pytest.fixture
def offers():
    own = [*own_tools(FUNCTION, Ids(b"1")), *own_tools(CUSTOM, Ids(b"1"))]
    web = Offer(Tool("web_search"), call_of, "web_search", hosted=True)
    mcp = Offer(Tool("docs.search"), call_of, "mcp", hosted=True, server="docs")
    return Offers([*own, web, mcp], echoes([FUNCTION, CUSTOM]))


def test_own_tools_are_offered_as_they_are(offers):
    function, custom, *_ = offers.tools()
    assert (function.name, function.schema, function.strict) == ("f", {"type": "object"}, True)
    assert (custom.kind, custom.grammar) == ("custom", ("regex", "a+"))
    assert offers.any_hosted
    assert [tool.name for tool in offers.tools(hosted=False)] == ["f", "g"]
    assert [tool["type"] for tool in offers.echoes] == ["function", "custom"]


def test_tools_of_a_name_space_have_names_of_their_own():
    (offer,) = own_tools(NamespaceTool(type="namespace", name="crm", description="d", tools=[FUNCTION]), Ids(b"1"))
    assert offer.tool.name == "crm.f"
    item = offer.opens(ToolStart(0, 0, "c", "crm.f", "function")).item
    assert (item["namespace"], item["name"]) == ("crm", "f")


@pytest.mark.parametrize(
    ("wanted", "choice"),
    [
        (None, ToolChoice("auto")),
        ("required", ToolChoice("required")),
        (NamedChoice(type="function", name="f"), ToolChoice("required", ("f",))),
        (HostedChoice(type="web_search_preview"), ToolChoice("required", ("web_search",))),
        (McpChoice(type="mcp", server_label="docs"), ToolChoice("required", ("docs.search",))),
        (McpChoice(type="mcp", server_label="docs", name="search"), ToolChoice("required", ("docs.search",))),
        (
            AllowedChoice(type="allowed_tools", mode="auto", tools=[{"type": "function", "name": "f"}, {"type": "mcp", "server_label": "docs"}]),
            ToolChoice("auto", ("f", "docs.search")),
        ),
    ],
)  # fmt: skip
def test_choices_name_what_is_offered(offers, wanted, choice):
    assert offers.choice(wanted) == choice


@pytest.mark.parametrize(
    "wanted",
    [
        NamedChoice(type="function", name="x"),
        HostedChoice(type="file_search"),
        McpChoice(type="mcp", server_label="docs", name="x"),
    ],
)
def test_what_is_not_offered_cannot_be_chosen(offers, wanted):
    with pytest.raises(BadRequest, match="not found in 'tools' parameter"):
        offers.choice(wanted)


def test_a_call_becomes_the_item_of_its_tool(offers):
    assert offers.open(ToolStart(0, 0, "c", "g", "custom")).item["type"] == "custom_tool_call"
