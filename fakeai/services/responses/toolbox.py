"""Makes the offers of a request's tools: the caller's own, and those that the platform brings along."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from fakeai.backends.base import Draws
from fakeai.content import websearch
from fakeai.content.tokens import encoding
from fakeai.core.call import Call, Principal
from fakeai.core.catalog import ModelCard
from fakeai.core.chance import Ids
from fakeai.core.clock import off_loop
from fakeai.core.errors import BadRequest, Forbidden
from fakeai.core.generation import GenerateRequest, JsonObject, Sampling
from fakeai.services.directory import ModelDirectory
from fakeai.services.policies import Policies
from fakeai.services.responses import searching
from fakeai.services.responses.calls import HostedCall
from fakeai.services.responses.hosted import documents, interpreter, machines, pictures, servers, web
from fakeai.services.responses.offers import HOSTED_TYPES, Offer, Offers, echoes, own_tools
from fakeai.services.responses.workshop import Workshop
from fakeai.services.vector_store_search import Passage
from fakeai.services.vector_stores import VectorStores
from fakeai.store.usage import ONE, Meter

_RESULTS = 20
_PICTURE_MODEL = "gpt-image-1"


class Found(NamedTuple):
    """The tools of a request, and what comes of them before the model says anything."""

    offers: Offers
    listed: list[JsonObject]
    """Items that tell which tools there are."""
    due: list[HostedCall]
    """Calls that were asked for earlier, and have been allowed."""


class _Ask(NamedTuple):
    """What the tools of one request are made for. Any: a request of the wire."""

    call: Call
    body: Any
    card: ModelCard
    ids: Ids
    context: Sequence[JsonObject]

    def includes(self, what: str) -> bool:
        """Whether the request wants that told."""
        return what in (getattr(self.body, "include", None) or ())


class Toolbox:
    """Tools of one App."""

    def __init__(
        self,
        directory: ModelDirectory,
        vector_stores: VectorStores,
        workshop: Workshop,
        drawer: Draws,
        policies: Policies,
        meter: Meter,
        seed: bytes,
    ) -> None:
        self._directory = directory
        self._stores = vector_stores
        self._workshop = workshop
        self._draws = drawer
        self._policies = policies
        self._meter = meter
        self._seed = seed

    async def find(
        self, call: Call, body: Any, card: ModelCard, ids: Ids, context: Sequence[JsonObject], *, easy: bool
    ) -> Found:
        """What a request offers. Raises BadRequest, NotFound and Forbidden for tools that cannot be. Any: a wire request."""
        tools = body.tools or ()
        ask = _Ask(call, body, card, ids, context)
        offered: list[Offer] = []
        listed: list[JsonObject] = []
        due: list[HostedCall] = []
        searches = searching.Searches(tools, context, ids)
        for at, tool in enumerate(tools):
            if tool.type == "mcp":
                server = self._server(ask, tool, at, easy=easy)
                listed += [] if _is_listed(context, tool.server_label) else [server.listed()]
                due += [server.approved(request) for request in _approved(context, tool.server_label)]
                offers = server.offers()
            else:
                offers = await self._offers(ask, tool)
            await self._allow(call.principal, offers[-1].type if offers else "")
            offered += searches.offered(tool, offers)
        if not easy:
            _check_names(offered)
        offered += await self._brought(ask, offered)
        return Found(Offers(offered, echoes(tools)), listed, due)

    async def _brought(self, ask: _Ask, offered: Sequence[Offer]) -> list[Offer]:
        """The offers of tools that the conversation brings along, beside those of the request."""
        names = {offer.tool.name for offer in offered}
        brought: dict[str, Offer] = {}
        for tool in searching.found(ask.context):
            for offer in await self._offers(ask, tool):
                await self._allow(ask.call.principal, offer.type)
                if offer.tool.name not in names:
                    brought[offer.tool.name] = offer
        return list(brought.values())

    async def _offers(self, ask: _Ask, tool: Any) -> list[Offer]:
        kind = HOSTED_TYPES.get(tool.type, tool.type)
        ids = ask.ids
        match kind:
            case "function" | "custom" | "namespace":
                return own_tools(tool, ids)
            case "web_search":
                count = partial(self._count, ask.call.principal, "web_search_calls")
                found = partial(self._search_web, ask)
                sources = ask.includes("web_search_call.action.sources")
                return [web.offer(partial(ids.make, "ws_"), found, count, sources=sources)]
            case "file_search":
                results = ask.includes("file_search_call.results")
                return [documents.offer(partial(ids.make, "fs_"), partial(self._search, ask, tool), results=results)]
            case "code_interpreter":
                desk = await self._workshop.desk(ask.call, tool.container, ids, ask.context)
                assert desk is not None, "a container is not the caller's machine"
                return [
                    await interpreter.offer(
                        partial(ids.make, "ci_"), desk, outputs=ask.includes("code_interpreter_call.outputs")
                    )
                ]
            case "image_generation":
                return [await self._pictures(ask, tool)]
            case "shell":
                desk = await self._workshop.desk(ask.call, tool.environment, ids, ask.context)
                return [machines.shell(partial(ids.make, "sh_"), desk)]
        return _callers_own(ask, tool, kind)

    async def _allow(self, who: Principal, kind: str) -> None:
        """Raises Forbidden for a tool that the caller's project may not use."""
        policy = await self._policies.get(who)
        if kind and not policy.allows_tool(kind):
            raise Forbidden(f"Project `{who.project}` does not have access to the tool `{kind}`.", param="tools")

    def _server(self, ask: _Ask, tool: Any, at: int, *, easy: bool) -> servers.Server:
        if not easy and tool.server_url is None and tool.connector_id is None and tool.tunnel_id is None:
            raise BadRequest(
                "One of 'server_url' or 'connector_id' must be provided for an MCP tool.", param=f"tools[{at}]"
            )
        return servers.Server(tool, ask.ids.make, lambda query: self._search_web(ask, query).text)

    async def _pictures(self, ask: _Ask, tool: Any) -> Offer:
        card = self._directory.card(tool.model or _PICTURE_MODEL)
        shown = await off_loop(pictures.shown, ask.context)
        return pictures.offer(partial(ask.ids.make, "ig_"), tool, card, self._draws, shown)

    def _search_web(self, ask: _Ask, query: str) -> websearch.Found:
        request = GenerateRequest(ask.card, (), 0, 1, self._seed or b"web", Sampling())
        return websearch.find(query, request, encoding(ask.card.encoding))

    async def _search(self, ask: _Ask, tool: Any, query: str) -> Sequence[Passage]:
        who = ask.call.principal
        limit = tool.max_num_results or _RESULTS
        found = await self._stores.search(
            who.owner, tool.vector_store_ids, query, limit=limit, filters=tool.filters, ranking=tool.ranking_options
        )
        for store in tool.vector_store_ids[:1]:
            self._meter.count(who, "file_search_calls", amounts=ONE, detail=store)
        return found

    def _count(self, who: Principal, kind: Any) -> None:
        self._meter.count(who, kind, amounts=ONE)


def _callers_own(ask: _Ask, tool: Any, kind: str) -> list[Offer]:
    """What the platform has made up and the caller carries out. Any: a union of wire types."""
    make = ask.ids.make
    match kind:
        case "computer":
            return [machines.computer(partial(make, "cu_"), many=tool.type != "computer_use_preview")]
        case "local_shell":
            return [machines.local_shell(partial(make, "lsh_"))]
        case "apply_patch":
            return [machines.apply_patch(partial(make, "apc_"))]
        case "tool_search" if tool.execution == "client" and not searching.is_answered(ask.context):
            return [machines.tool_search(partial(make, "tsc_"), tool)]
    return []  # what only says how other tools are found or called


def _check_names(offered: Sequence[Offer]) -> None:
    seen: set[str] = set()
    for name in (offer.tool.name for offer in offered):
        if name in seen:
            raise BadRequest(f"Duplicate tool name: '{name}'.", param="tools")
        seen.add(name)


def _is_listed(context: Sequence[JsonObject], label: str) -> bool:
    """Whether the conversation knows already which tools a server has."""
    return any(item.get("type") == "mcp_list_tools" and item.get("server_label") == label for item in context)


def _approved(context: Sequence[JsonObject], label: str) -> list[JsonObject]:
    """The calls of a server that have been allowed, and not been made yet."""
    asked = {item["id"]: item for item in context if item.get("type") == "mcp_approval_request"}
    made = {item.get("approval_request_id") for item in context if item.get("type") == "mcp_call"}
    allowed = (
        item["approval_request_id"]
        for item in context
        if item.get("type") == "mcp_approval_response" and item["approve"]
    )
    return [
        asked[name] for name in allowed if name in asked and name not in made and asked[name]["server_label"] == label
    ]
