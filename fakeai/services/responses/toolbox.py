"""Makes the offers of a request's tools: the caller's own, and those that the platform brings along."""

from collections.abc import Sequence
from typing import Any

from fakeai.core.call import Call
from fakeai.core.chance import Ids
from fakeai.core.errors import BadRequest
from fakeai.core.generation import JsonObject
from fakeai.services.responses.offers import Offer, Offers, echoes, own_tools

_OWN = frozenset({"function", "custom", "namespace"})


class Toolbox:
    """Tools of one App."""

    async def offers(self, call: Call, body: Any, ids: Ids, context: Sequence[JsonObject]) -> Offers:
        """What a request offers. Raises BadRequest for tools that cannot be, NotFound. Any: a request of the wire."""
        tools = body.tools or ()
        offered: list[Offer] = []
        for tool in tools:
            if tool.type in _OWN:
                offered += own_tools(tool, ids)
        names = [offer.tool.name for offer in offered]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise BadRequest(f"Duplicate tool name: '{twice}'.", param="tools")
        return Offers(offered, echoes(tools))
