"""Pictures: made of a prompt, made of other pictures and a prompt, or varied; whole or streamed."""

from base64 import b64encode
from functools import partial
from hashlib import blake2b

from fakeai.backends.base import Draws
from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.catalog import ModelCard
from fakeai.core.clock import Clock
from fakeai.core.errors import BadRequest
from fakeai.core.feed import Feed
from fakeai.core.generation import Usage
from fakeai.core.pulled import Pulled
from fakeai.services.base import lenient
from fakeai.services.directory import ModelDirectory
from fakeai.services.files import Files
from fakeai.services.images import rules
from fakeai.services.images.blocking import check_prompt
from fakeai.services.images.events import events
from fakeai.services.images.links import ImageLinks
from fakeai.services.images.plans import Kind, Plan, no_usage, plan
from fakeai.services.images.sources import Sources, of_edit
from fakeai.services.inputs import read
from fakeai.wire.images.reply import ImagesReply, Picture
from fakeai.wire.images.request import ImageEdit, ImageGenerate, ImageVariation

_MOST_BODY = 128 * 2**20
_TAG = "Images"
_EDIT_MODEL = "gpt-image-1.5"
_VARIATION_MODEL = "dall-e-2"
_AUTO = "auto"
"""What is told of a size that the document does not know, to who is held to it only."""


class Images:
    """`/images`."""

    ENDPOINTS = (
        Endpoint(
            "POST",
            "/images/generations",
            "generate",
            "Make pictures of a prompt",
            body=ImageGenerate,
            reply="events",
            tag=_TAG,
            usage="images",
        ),
        Endpoint(
            "POST",
            "/images/edits",
            "edit",
            "Make pictures of pictures and a prompt",
            body=ImageEdit,
            reply="events",
            form=True,
            max_body=_MOST_BODY,
            tag=_TAG,
            usage="images",
        ),
        Endpoint(
            "POST",
            "/images/variations",
            "vary",
            "Vary a picture",
            body=ImageVariation,
            form=True,
            tag=_TAG,
            usage="images",
        ),
    )

    def __init__(
        self,
        drawer: Draws,
        directory: ModelDirectory,
        files: Files,
        image_links: ImageLinks,
        clock: Clock,
        *,
        seed: bytes,
        lenient: bool,
    ) -> None:
        self._drawer = drawer
        self._directory = directory
        self._files = files
        self._links = image_links
        self._clock = clock
        self._seed = seed
        self._lenient = lenient

    async def generate(self, call: Call) -> Reply:
        """Pictures of a prompt. Raises BadRequest, ModelNotFound."""
        body: ImageGenerate = call.body
        card = self._card(call, body.model or rules.default_model(body))
        if not lenient(call, self._lenient):
            of = rules.family(card)
            rules.check(body, card, of)
            await check_prompt(body.prompt, body.moderation, legacy=not of.gpt)
        return await self._made(call, "generation", body, card, Sources())

    async def edit(self, call: Call) -> Reply:
        """Pictures of other pictures and a prompt. Raises BadRequest, NotFound, ModelNotFound."""
        body: ImageEdit = call.body
        card, easy = self._card(call, body.model or _EDIT_MODEL), lenient(call, self._lenient)
        of = rules.family(card)
        if not easy:
            rules.check(body, card, of)
            rules.check_edit(body, card, of)
            await check_prompt(body.prompt, body.moderation, legacy=not of.gpt)
        sources = await of_edit(call, body, self._files, of, easy=easy)
        return await self._made(call, "edit", body, card, sources)

    async def vary(self, call: Call) -> Reply:
        """Pictures like another. Raises BadRequest, ModelNotFound."""
        body: ImageVariation = call.body
        card = self._card(call, body.model or _VARIATION_MODEL)
        of, easy = rules.family(card), lenient(call, self._lenient)
        if card.known and not easy and of is not rules.family(self._directory.card(_VARIATION_MODEL)):
            raise BadRequest(
                f"Invalid value: '{card.id}'. Value must be 'dall-e-2'.", param="model", code="invalid_value"
            )
        sources = await Sources((body.image.data,)).checked(of, easy=easy)
        asked = ImageGenerate(
            prompt="a variation",
            n=body.n,
            size=body.size,
            response_format=body.response_format,
            safety_identifier=body.user,
        )
        made = await self._plan(call, "variation", asked, card, sources)
        if sources.pictures:
            made = made._replace(order=made.order._replace(varied=True))
        return await self._whole(call, made)

    async def _made(
        self, call: Call, kind: Kind, body: ImageGenerate | ImageEdit, card: ModelCard, sources: Sources
    ) -> Reply:
        made = await self._plan(call, kind, body, card, sources)
        return self._streamed(call, made) if body.stream else await self._whole(call, made)

    async def _plan(
        self, call: Call, kind: Kind, body: ImageGenerate | ImageEdit, card: ModelCard, sources: Sources
    ) -> Plan:
        (counted,) = await read(body.prompt, card.encoding, "prompt")
        seed = blake2b(await sources.digest(), key=self._seed[:64]).digest()
        made = plan(kind, body, card, rules.family(card), sources, seed, counted.tokens)
        plain = lenient(call, self._lenient) and made.size not in rules.STANDARD
        return made._replace(size=_AUTO) if plain else made

    def _card(self, call: Call, model: str) -> ModelCard:
        card = self._directory.card(model)
        call.model = card.id
        return card

    # -- answers

    def _now(self, call: Call) -> int:
        return int(self._clock.unix()) if call.created is None else call.created

    async def _whole(self, call: Call, made: Plan) -> Reply:
        pictures = [await self._picture(call, made, index) for index in range(made.pictures)]
        reply: ImagesReply = {"created": self._now(call), "data": pictures}
        if made.usage is not None:
            reply["background"] = "transparent" if made.order.transparent else "opaque"
            reply["output_format"] = made.order.format
            reply["quality"] = made.quality
            if made.size != _AUTO:
                reply["size"] = made.size
            reply["usage"] = made.usage
        if made.order.format == "svg":
            reply["svg_usage"] = {
                "input_tokens": 0,
                "model": made.order.model.id,
                "output_tokens": 0,
                "reasoning_tokens": 0,
                "total_tokens": 0,
            }
        if made.safety_identifier is not None:
            reply["safety_identifier"] = made.safety_identifier
        return Reply(reply, usage=_used(made))

    async def _picture(self, call: Call, made: Plan, index: int) -> Picture:
        data = b""
        async for drawn in self._drawer.draw(made.nth(index)):
            data = drawn.data
        picture: Picture = {}
        if made.as_url:
            picture["url"] = await self._links.keep(call, data, made.order.format)
        else:
            picture["b64_json"] = b64encode(data).decode("ascii")
        if made.revised_prompt is not None:
            picture["revised_prompt"] = made.revised_prompt
        return picture

    def _streamed(self, call: Call, made: Plan) -> Reply:
        bursts = events(made, self._drawer.draw(made.nth(0)), self._now(call))
        feed: Feed[list[bytes]] = Feed(Pulled(bursts))
        reply = Reply(events=feed, framed=True)
        feed.on_end(partial(_told, reply, made))
        return reply


def _told(reply: Reply, made: Plan, error: Exception | None, cancelled: bool) -> None:
    """A stream that came to its end has used what it was planned to."""
    if error is None and not cancelled:
        reply.usage = _used(made)


def _used(made: Plan) -> Usage:
    told = made.usage or no_usage()
    return Usage(
        told["input_tokens"],
        told["output_tokens"],
        amount=made.pictures,
        detail=made.size,
        source=f"image.{made.kind}",
    )
