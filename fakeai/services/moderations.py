"""Moderations: verdicts on texts, and on texts with images."""

from typing import Any

from fakeai.backends.base import Moderates, Sample
from fakeai.content.moderation import Verdict
from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.catalog import ModelCard
from fakeai.core.chance import Ids
from fakeai.core.errors import BadRequest
from fakeai.core.generation import Usage
from fakeai.services.base import lenient, timing
from fakeai.services.directory import ModelDirectory
from fakeai.services.inputs import read
from fakeai.wire import moderations as wire

DEFAULT_MODEL = "omni-moderation-latest"


class Moderations:
    """`POST /moderations`."""

    ENDPOINTS = (
        Endpoint(
            "POST",
            "/moderations",
            "create",
            "Judge texts and images",
            body=wire.ModerationRequest,
            tag="Moderations",
            usage="moderations",
        ),
    )

    def __init__(self, moderator: Moderates, directory: ModelDirectory, ids: Ids, *, lenient: bool) -> None:
        self._moderator = moderator
        self._directory = directory
        self._ids = ids
        self._lenient = lenient

    async def create(self, call: Call) -> Reply:
        """One result for each text, or one for all parts together. Raises BadRequest, ModelNotFound."""
        body: wire.ModerationRequest = call.body
        easy = lenient(call, self._lenient)
        if not easy:
            wire.check(body)
        card = self._directory.card(body.model or DEFAULT_MODEL)
        call.model = card.id
        samples = _samples(body.input)
        if not easy:
            _check_model(card, samples)
        try:
            verdicts = await self._moderator.moderate(card, samples, timing(call))
        except ValueError as error:
            raise BadRequest(str(error), code="invalid_value") from error
        results = [_result(verdict) for verdict in verdicts]
        texts = await read([sample.text for sample in samples], card.encoding, "input")
        used = Usage(sum([text.tokens for text in texts]), 0)
        return Reply({"id": (call.ids or self._ids).hex("modr-"), "model": card.id, "results": results}, usage=used)


def _check_model(card: ModelCard, samples: list[Sample]) -> None:
    if not card.known:
        return
    if card.family != "moderation":
        raise BadRequest(
            f"Invalid value for 'model' = {card.id}. Please check the OpenAI documentation and try again.",
            param="model",
        )
    if not card.can("vision") and any(sample.images for sample in samples):
        raise BadRequest(f"Invalid 'input': {card.id} does not take images. Use '{DEFAULT_MODEL}'.", param="input")


def _samples(given: Any) -> list[Sample]:
    """What is judged as one. Any: a text, texts or parts; which of them shows in the first item."""
    if isinstance(given, str):
        return [Sample(given)]
    if not given or isinstance(given[0], str):
        return [Sample(text) for text in given]
    texts = [part.text for part in given if part.type == "text"]
    return [Sample("\n".join(texts), len(given) - len(texts))]


def _result(verdict: Verdict) -> dict[str, Any]:
    result = {"flagged": verdict.flagged, "categories": verdict.categories, "category_scores": verdict.scores}
    if verdict.applied_input_types:
        result["category_applied_input_types"] = verdict.applied_input_types
    return result
