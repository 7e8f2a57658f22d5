"""Who calls: whose key it is that a call shows, or else the organization and project that its headers name.

While the front door is open anybody is let in, with any key or none: a stand-in has no reason to refuse one that it never
gave out. One that it did give out is held to: it says whose things its caller sees, and is refused once it is revoked.
Where the door is shut, only keys that count are let in.
"""

import asyncio
import re
from collections.abc import Awaitable, Mapping
from contextlib import suppress
from typing import NamedTuple, TypeAlias

from fakeai.core.call import Call, Handler, Origin, Principal, Reply
from fakeai.core.clock import Clock
from fakeai.core.errors import ApiError, BadRequest, Forbidden, MissingKey, Unauthorized
from fakeai.gateway.refusals import ours
from fakeai.services.fresh import Changes, Fresh
from fakeai.services.front.door import Door, Shown
from fakeai.services.keys import LONGEST, Keys
from fakeai.store.keys import Access
from fakeai.store.sql import SqlDatabase

_NAME = re.compile(r"[\w.-]{1,64}", re.ASCII)
_ADMIN = ("/organization", "/projects/", "/fine_tuning/checkpoints/")
"""Paths that are for admin keys."""
_OURS = "/fakeai/"
_FOR_ADMINS = ("/admin/", _OURS)
"""Paths of our own that are for admins of the front door, once it is shut."""
_READS = ("GET", "HEAD")
_EPHEMERAL = (
    ("ek_", ("/realtime", "/realtime/calls", "/realtime/translations")),
    ("cksess_", ("/chatkit/conversation", "/chatkit/files", "/chatkit/files/{file_id}")),
)
"""How the ids of browsers' keys begin, and all that such keys are good for."""


_Shown: TypeAlias = tuple[str, str | None, str | None]
"""What a call's headers say of its caller: key, organization and project. A plain tuple, which is quick to make."""


class _Caller(NamedTuple):
    """Who that is. `access` is that of the key, if it is one of ours."""

    principal: Principal
    access: Access | None
    refused: bool = False


class Identify:
    """Stands before whatever counts or keeps by caller."""

    origins: frozenset[Origin] = frozenset({"http"})

    def __init__(
        self, db: SqlDatabase, clock: Clock, keys: Keys, changes: Changes, organization: str, door: Door
    ) -> None:
        self._db = db
        self._keys = keys
        self._door = door
        self._changes = changes
        self._default = Principal(organization)
        self._callers: Fresh[_Shown, _Caller] = Fresh(clock, changes, self._caller)
        self._noting: set[asyncio.Task[None]] = set()

    def __call__(self, call: Call, next: Handler) -> Awaitable[Reply]:
        """Raises Unauthorized and Forbidden, and BadRequest for a header that cannot be an id."""
        headers = call.headers
        if self._nothing_known() and not ("openai-organization" in headers or "openai-project" in headers):
            call.principal = self._default
            return next(call)
        return self._identified(call, next)

    async def _identified(self, call: Call, next: Handler) -> Reply:
        headers = call.headers
        shown = _key(headers), headers.get("openai-organization"), headers.get("openai-project")
        shut = await self._door.is_shut()
        if shut:
            _check_shown(headers, shown[0])
        caller = self._callers.recent(shown) or await self._callers.get(shown)
        try:
            if caller.access is not None:
                _check(call, shown, caller, shut=shut)
            elif shut:
                raise incorrect(shown[0])
        except ApiError as error:
            if shut:
                ours(error)
            raise
        call.principal = caller.principal
        return await next(call)

    def _nothing_known(self) -> bool:
        """Whether no key was ever given out, nor is asked for: none need be looked up."""
        return not self._changes.count and self._db.in_memory and not self._door.always_shut

    async def _caller(self, shown: _Shown) -> _Caller:
        """Who shows this."""
        value, organization, project = shown
        if value and not self._nothing_known():
            found = await self._door.find(value)
            if found is not None:
                return self._known(found)
        for header, name in (("OpenAI-Organization", organization), ("OpenAI-Project", project)):
            if name is not None and not _NAME.fullmatch(name):
                raise BadRequest(f"The {header} header must be an id of 1 to 64 letters, digits, '-', '_' and '.'.")
        default = self._default
        return _Caller(Principal(organization or default.organization, project or default.project), None)

    def _known(self, shown: Shown) -> _Caller:
        key = shown.key
        project = key.project or self._default.project
        admin = key.admin or (shown.terms is not None and shown.terms.admin)
        principal = Principal(key.organization, project, key.id, key.user, admin, shown.terms)
        if not key.counts(self._db.now()):
            return _Caller(principal, key.access, refused=True)
        task = asyncio.ensure_future(self._note_use(shown))
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)
        return _Caller(principal, key.access)

    async def _note_use(self, shown: Shown) -> None:
        with suppress(ApiError):
            await self._keys.note_use(shown.key)


def _key(headers: Mapping[str, str]) -> str:
    """The key that is shown, in whichever header; empty if there is none, or it cannot be one of ours."""
    shown = headers.get("authorization")
    if shown is None:
        key = (headers.get("api-key") or headers.get("x-api-key") or "").strip()
    else:
        key = shown[7:].strip() if shown[:7].lower() == "bearer " else ""
    return key if len(key) <= LONGEST else ""


def _check_shown(headers: Mapping[str, str], key: str) -> None:
    """That one key is shown, and no other. Raises MissingKey, Unauthorized."""
    other = (headers.get("x-api-key") or headers.get("api-key") or "").strip()
    if not key and not other:
        raise ours(MissingKey())
    if key != other and other:
        raise ours(
            Unauthorized("Two different API keys were provided, in the 'Authorization' and 'X-API-Key' headers.")
        )


def _check(call: Call, shown: _Shown, caller: _Caller, *, shut: bool) -> None:
    """Hold the caller to the key that is one of ours."""
    key, organization, project = shown
    if caller.refused:
        raise incorrect(key)
    who = caller.principal
    if organization not in (None, who.organization):
        raise _mismatched("organization")
    if project not in (None, who.project) and not who.admin:
        raise _mismatched("project")
    if who.terms is not None and who.terms.admin:
        return
    if shut and call.endpoint.path.startswith(_FOR_ADMINS):
        raise Forbidden("This is for admin keys only.", code="forbidden")
    lacks = _lacks(call, who, caller.access)
    if lacks:
        raise Forbidden(
            f"You have insufficient permissions for this operation. Missing scopes: {lacks}. Check that you have the "
            "correct role in your organization (Reader, Writer, Owner) and project (Member, Owner), and if you're using "
            "a restricted API key, that it has the necessary scopes."
        )


def _lacks(call: Call, who: Principal, access: Access | None) -> str:
    """The scope that the key would need for this call and has not; empty if it has it.

    What is no part of OpenAI's API asks for none.
    """
    path, reads = call.endpoint.path, call.endpoint.method in _READS
    if any(who.key.startswith(start) and path in paths for start, paths in _EPHEMERAL):
        return ""
    manages = path.startswith(_ADMIN)
    good_for = access == "all" or (access == "read" and reads)
    if (
        (good_for and manages == who.admin)
        or path.startswith(_OURS)
        or (call.endpoint.root and not call.endpoint.usage)
    ):
        return ""
    if call.endpoint.usage:
        return "model.request"
    of = "management" if manages else path.split("/", 2)[1]
    return f"api.{of}.{'read' if reads else 'write'}"


def incorrect(key: str) -> Unauthorized:
    """The refusal of a key that counts no more. Most of its value is not told: logs may keep it."""
    head = key[: key.find("-", 3) + 1] if key.startswith("sk-") else key[:3]
    return Unauthorized(
        f"Incorrect API key provided: {head}{'*' * 8}{key[-4:]}. You can find your API key at "
        "https://platform.openai.com/account/api-keys."
    )


def _mismatched(what: str) -> Unauthorized:
    header = f"OpenAI-{what.capitalize()}"
    return Unauthorized(f"{header} header should match {what} for API key", code=f"mismatched_{what}")
