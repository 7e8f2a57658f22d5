"""A picture on its way as a stream: coarser ones, then the one that is done."""

from base64 import b64encode
from collections.abc import AsyncGenerator
from typing import Any

import orjson

from fakeai.backends.base import Drawn
from fakeai.services.images.plans import Plan, no_usage


async def events(plan: Plan, drawn: AsyncGenerator[Drawn, None], created: int) -> AsyncGenerator[list[bytes], None]:
    """A burst with one whole event for each of `drawn`."""
    async for one in drawn:
        yield [event(plan, one, created)]


def event(plan: Plan, drawn: Drawn, created: int) -> bytes:
    """One event, as it is sent."""
    name = "image_edit" if plan.kind == "edit" else "image_generation"
    kind = f"{name}.{'completed' if drawn.partial is None else 'partial_image'}"
    told: dict[str, Any] = {
        "type": kind,
        "b64_json": b64encode(drawn.data).decode("ascii"),
        "created_at": created,
        "size": plan.size,
        "quality": plan.quality,
        "background": plan.background,
        "output_format": plan.order.format,
    }
    if drawn.partial is not None:
        told["partial_image_index"] = drawn.partial
    else:
        used = plan.usage or no_usage()
        told["usage"] = {key: value for key, value in used.items() if key != "output_tokens_details"}
        if plan.safety_identifier is not None:
            told["safety_identifier"] = plan.safety_identifier
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), orjson.dumps(told))
