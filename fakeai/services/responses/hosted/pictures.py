"""Pictures as a tool: drawn by the same backend that `/images` has, coarser versions first where they are wanted."""

from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from hashlib import blake2b

from fakeai.backends.base import Draws, PictureOrder
from fakeai.core.catalog import ModelCard
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


def offer(
    make_id: Callable[[], str], wanted: ImageGenerationTool, card: ModelCard, draws: Draws, sources: tuple[bytes, ...]
) -> Offer:
    """The tool as it is wanted; `sources` are the pictures of the conversation, which it may edit."""
    return Offer(_TOOL, lambda start: _Draw(make_id(), start, wanted, card, draws, sources), NAME, hosted=True)


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
        told: JsonObject = {
            "action": "edit" if self._sources else "generate",
            "background": wanted.background if wanted.background not in (None, "auto") else "opaque",
            "output_format": wanted.output_format or "png",
            "quality": wanted.quality if wanted.quality not in (None, "auto") else "high",
            "size": size,
        }
        prompt = asked(self.arguments, "prompt")
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
            sources=self._sources,
        )
