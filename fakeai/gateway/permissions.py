"""Refuses a project the models that it may not use, shows it the others only, and refuses everything once it is archived.

Stands before whoever passes a call on or answers it, and knows of a body no more than the model it names.
"""

from collections.abc import Awaitable, Collection

import orjson

from fakeai.core.call import Call, Endpoint, Handler, Origin, Reply
from fakeai.core.errors import BadRequest, Forbidden, ModelNotFound, Unauthorized
from fakeai.gateway.refusals import ours
from fakeai.services.directory import ModelDirectory
from fakeai.services.policies import FREE, Policies, Policy
from fakeai.wire.base import TOO_MANY, bulky

_MODELS = "/models"


class Permissions:
    """In the way of all calls that act in a project."""

    origins: frozenset[Origin] = frozenset({"http", "batch", "experiment"})

    def __init__(self, policies: Policies, directory: ModelDirectory) -> None:
        self._policies = policies
        self._directory = directory

    def applies(self, endpoint: Endpoint) -> bool:
        """Whether calls of this endpoint act in a project."""
        return not endpoint.path.startswith(("/organization", "/projects/", "/fakeai/"))

    def __call__(self, call: Call, next: Handler) -> Awaitable[Reply]:
        """Raises Forbidden and ModelNotFound, and Unauthorized for an archived project."""
        policy, terms = self._policies.recent(call.principal), call.principal.terms
        if policy is FREE and (terms is None or not terms.models):
            return next(call)
        return self._permitted(call, policy, next)

    async def _permitted(self, call: Call, policy: Policy | None, next: Handler) -> Reply:
        policy = policy or await self._policies.get(call.principal)
        if policy.archived:
            raise Unauthorized(
                f"The project '{call.principal.project}' is archived and cannot be used.", code="project_archived"
            )
        terms = call.principal.terms
        models = terms.models if terms is not None else ()
        if not policy.restricts and not models:
            return await next(call)
        if call.endpoint.usage:
            model = named_model(call)
            if not model and call.endpoint.front:
                model = self._directory.card(None).id
            _check_model(call, model, policy, models)
        elif call.endpoint.path.startswith(_MODELS):
            return await _only_allowed(call, policy, models, next)
        return await next(call)


def _check_model(call: Call, model: str, policy: Policy, models: Collection[str]) -> None:
    if models and model not in models:
        raise ours(
            Forbidden(
                f"Your key may not use the model `{model[:256]}`. It may use: {', '.join(models)[:1_000]}.",
                code="model_not_allowed",
                param="model",
            )
        )
    if not policy.allows(model):
        raise Forbidden(
            f"Project `{call.principal.project}` does not have access to model `{model[:256]}`",
            code="model_not_found",
        )


async def _only_allowed(call: Call, policy: Policy, models: Collection[str], next: Handler) -> Reply:
    """The list of models, or one of them, as if there were no others."""

    def allowed(model: str) -> bool:
        return policy.allows(model) and (not models or model in models)

    model = call.params.get("model")
    if model is not None and not allowed(model):
        raise ModelNotFound(model[:256])
    reply = await next(call)
    if model is None:
        shown = [card for card in reply.body["data"] if allowed(card["id"])]
        reply.body = {**reply.body, "data": shown}
        if "models" in reply.body:
            reply.body["models"] = [card["id"] for card in shown]
    return reply


def named_model(call: Call) -> str:
    """The model that the call's body, or a socket's query, names, before anybody has parsed it; empty if it names none.

    Raises BadRequest for a body of too many items: not to look at it would let it pass for one that names none.
    """
    if not call.model and call.endpoint.reply == "socket":
        call.model = next(iter(call.query.get("model", ())), "")
    elif not call.model and call.raw:
        if bulky(call.raw):
            if call.raw.lstrip().startswith(b"{"):
                raise BadRequest(TOO_MANY)
            return ""
        try:
            body = orjson.loads(call.raw)
        except ValueError:
            return ""
        if isinstance(body, dict) and isinstance(model := body.get("model") or body.get("inference_model"), str):
            call.model = model
    return call.model
