"""Pictures as a tool: drawn by the same backend that `/images` has, coarser versions first where they are wanted."""

import re
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from hashlib import blake2b

from fakeai.backends.base import Draws, PictureOrder
from fakeai.core.catalog import ModelCard
from fakeai.core.errors import BadRequest
from fakeai.core.generation import JsonObject, Tool, ToolStart
from fakeai.services.images.rules import pixels
from fakeai.services.responses.calls import Event, HostedCall
from fakeai.services.responses.hosted.web import asked
from fakeai.services.responses.offers import Offer
from fakeai.wire.responses.tools import ImageGenerationTool

NAME = "image_generation"
_SCHEMA: JsonObject = {
    "type": "object",
    "properties": {"prompt": {"type": "string", "description": "What the picture shows."}},
    "required": ["prompt"],
    "additionalProperties": False,
}
_TOOL = Tool(NAME, "Draw, generate and edit pictures, images, photos and illustrations.", schema=_SCHEMA)
_USUAL = "1024x1024"
_CHANGES = re.compile(
    r"\b(?:it|its|this|these|that|them|now|make|change|add|remove|replace|turn|edit|instead|same|more|less|background"
    r"|picture|image|photo)\b",
    re.IGNORECASE,
)
"""Words of who speaks of a picture that is there."""


def offer(
    make_id: Callable[[], str], wanted: ImageGenerationTool, card: ModelCard, draws: Draws, sources: tuple[bytes, ...]
) -> Offer:
    """The tool as it is wanted; `sources` are the pictures of the conversation, which it may edit."""
    return Offer(_TOOL, lambda start: _Draw(make_id(), start, wanted, card, draws, sources), NAME, hosted=True)


def shown(context: Sequence[JsonObject]) -> tuple[bytes, ...]:
    """The pictures that a conversation has come to: the last that was made, or those that somebody has sent since."""
    for item in reversed(context):
        found = tuple(data for text in _encoded(item) if (data := _readable(text)) is not None)
        if found:
            return found
    return ()


def _encoded(item: JsonObject) -> Iterator[str]:
    """The base64 of an item's pictures."""
    if item.get("type") == "image_generation_call":
        yield item.get("result") or ""
    content = item.get("content")
    by_user = item.get("type", "message") == "message" and item["role"] == "user"
    for part in content if by_user and isinstance(content, list) else ():
        if part.get("type") == "input_image":
            yield (part.get("image_url") or "").partition(";base64,")[2]


def _readable(text: str) -> bytes | None:
    """A picture that can be drawn on."""
    from fakeai.content.pictures_files import check

    try:
        data = b64decode(text)
        check(data, "input")
    except (Error, ValueError, BadRequest):
        return None
    return data


class _Draw(HostedCall):
    def __init__(
        self,
        id: str,
        start: ToolStart,
        wanted: ImageGenerationTool,
        card: ModelCard,
        draws: Draws,
        sources: tuple[bytes, ...],
    ) -> None:
        super().__init__({"id": id, "type": "image_generation_call", "status": "in_progress", "result": None}, start.id)
        self._wanted = wanted
        self._card = card
        self._draws = draws
        self._sources = () if wanted.action == "generate" else sources

    def opened(self) -> list[Event]:
        return [{"type": "response.image_generation_call.in_progress"}]

    async def work(self) -> AsyncIterator[list[Event]]:
        self.item["status"] = "generating"
        yield [{"type": "response.image_generation_call.generating"}]
        wanted = self._wanted
        size = wanted.size if wanted.size not in (None, "auto") else _USUAL
        prompt = asked(self.arguments, "prompt")
        edits = bool(self._sources) and (wanted.action == "edit" or _CHANGES.search(prompt) is not None)
        told: JsonObject = {
            "action": "edit" if edits else "generate",
            "background": wanted.background if wanted.background not in (None, "auto") else "opaque",
            "output_format": wanted.output_format or "png",
            "quality": wanted.quality if wanted.quality not in (None, "auto") else "high",
            "size": size,
        }
        async for drawn in self._draws.draw(self._order(prompt, told, size or _USUAL)):
            data = b64encode(drawn.data).decode()
            if drawn.partial is None:
                self.item.update(told, result=data, revised_prompt=prompt, status="completed")
                continue
            shown = {name: told[name] for name in ("background", "output_format", "quality", "size")}
            partial = {"partial_image_index": drawn.partial, "partial_image_b64": data}
            yield [{"type": "response.image_generation_call.partial_image", **partial, **shown}]
        self.result = f"A picture was made: {prompt[:200]}"
        yield [{"type": "response.image_generation_call.completed"}]

    def _order(self, prompt: str, told: JsonObject, size: str) -> PictureOrder:
        wanted = self._wanted
        width, height = pixels(size)
        seed = f"{prompt}\0{size}\0{told}".encode()
        return PictureOrder(
            self._card,
            prompt,
            width,
            height,
            blake2b(seed).digest(),
            wanted.output_format or "png",
            100 if wanted.output_compression is None else wanted.output_compression,
            told["background"] == "transparent",
            told["quality"],
            partials=wanted.partial_images or 0,
            sources=self._sources if told["action"] == "edit" else (),
        )
