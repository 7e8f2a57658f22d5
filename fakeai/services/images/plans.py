"""From a request that may be served to orders for its pictures, and what is told of them."""

from hashlib import blake2b
from typing import Literal, NamedTuple, TypeAlias

from fakeai.backends.base import PictureOrder
from fakeai.core.catalog import ModelCard
from fakeai.services.images import rules
from fakeai.services.images.rules import Family
from fakeai.services.images.sources import Sources
from fakeai.services.images.tokens import given_tokens, made_tokens
from fakeai.wire.images.reply import ImageUsage
from fakeai.wire.images.request import ImageEdit, ImageGenerate, Wishes

Kind: TypeAlias = Literal["generation", "edit", "variation"]


def no_usage() -> ImageUsage:
    """Of a model that is not charged for by token, where an answer has to say."""
    return {
        "input_tokens": 0,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": 0},
        "output_tokens": 0,
        "total_tokens": 0,
    }


class Plan(NamedTuple):
    """The pictures of one request: `pictures` of them by `order`, each with a digest of its own."""

    kind: Kind
    order: PictureOrder
    family: Family
    pictures: int
    size: str
    quality: str
    background: str
    usage: ImageUsage | None
    safety_identifier: str | None = None
    as_url: bool = False
    revised_prompt: str | None = None

    def nth(self, index: int) -> PictureOrder:
        """The order for one of them."""
        return self.order._replace(digest=blake2b(b"%d" % index, key=self.order.digest[:64]).digest())


def plan(
    kind: Kind,
    body: ImageGenerate | ImageEdit,
    card: ModelCard,
    of: Family,
    sources: Sources,
    seed: bytes,
    prompt_tokens: int,
) -> Plan:
    """What a request comes to. `seed` stands for the server, and for the bytes of the sources."""
    size = _size(body, of, sources)
    width, height = rules.pixels(size)
    quality = body.quality if body.quality not in (None, "auto") else of.best
    assert quality is not None
    transparent = body.background == "transparent" and body.output_format != "jpeg"
    style = getattr(body, "style", None) or ""
    words = (card.id, body.prompt, f"{width}x{height}", quality, str(transparent), style, kind)
    digest = blake2b("\0".join(words).encode("utf-8", "surrogatepass"), key=seed[:64]).digest()
    order = PictureOrder(
        card,
        body.prompt,
        width,
        height,
        digest,
        body.output_format or "png",
        100 if body.output_compression is None else body.output_compression,
        transparent,
        quality,
        style,
        (body.partial_images or 0) if body.stream else 0,
        sources.pictures,
        sources.mask,
        sources.markup,
        frames=body.frame_count or 9,
        frame_ms=body.frame_duration_ms or 200,
    )
    count = body.n or 1
    return Plan(
        kind,
        order,
        of,
        count,
        f"{width}x{height}",
        quality,
        "transparent" if transparent else "opaque",
        _usage(order, count, sources, body, prompt_tokens) if of.gpt else None,
        body.safety_identifier or body.user or None,
        _as_url(body.response_format, of),
        _revised(body.prompt, style) if card.id.startswith("dall-e-3") else None,
    )


def _size(body: Wishes, of: Family, sources: Sources) -> str:
    if body.size not in (None, "auto"):
        return str(body.size)
    if sources.sizes and of.gpt:
        return rules.edited_size(sources.sizes[0], of)
    return rules.SQUARE


def _as_url(wanted: str | None, of: Family) -> bool:
    return wanted == "url" or (wanted is None and not of.gpt)


def _usage(
    order: PictureOrder, count: int, sources: Sources, body: ImageGenerate | ImageEdit, prompt_tokens: int
) -> ImageUsage:
    image = given_tokens(sources.sizes, getattr(body, "input_fidelity", None))
    made = count * made_tokens(order.width, order.height, order.quality)
    return {
        "input_tokens": prompt_tokens + image,
        "input_tokens_details": {"image_tokens": image, "text_tokens": prompt_tokens},
        "output_tokens": made,
        "output_tokens_details": {"image_tokens": made, "text_tokens": 0},
        "total_tokens": prompt_tokens + image + made,
    }


def _revised(prompt: str, style: str) -> str:
    """The prompt as dall-e-3 would have put it: with more words."""
    manner = "natural, true to life" if style == "natural" else "vivid, richly detailed"
    return f"A {manner} picture of {prompt.strip().rstrip('.')}, in clear light, with balanced colours and a calm background."
