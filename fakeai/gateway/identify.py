"""Who calls: the organization and project that a call's headers name, and so whose things it sees.

Anybody is let in, with any key or none: a stand-in has no reason to refuse one that it never gave out.
"""

import re

from fakeai.core.call import Call, Handler, Origin, Principal, Reply
from fakeai.core.errors import BadRequest
from fakeai.core.memory import Recent

_NAME = re.compile(r"[\w.-]{1,64}", re.ASCII)


class Identify:
    """Stands before whatever counts or keeps by caller."""

    origins: frozenset[Origin] = frozenset({"http"})

    def __init__(self) -> None:
        self._known: Recent[tuple[str | None, str | None], Principal] = Recent()

    async def __call__(self, call: Call, next: Handler) -> Reply:
        """Raises BadRequest for a header that cannot be the id of an organization or a project."""
        named = call.headers.get("openai-organization"), call.headers.get("openai-project")
        if named != (None, None):
            call.principal = self._known.get(named) or self._named(call.principal, *named)
        return await next(call)

    def _named(self, default: Principal, organization: str | None, project: str | None) -> Principal:
        for header, value in (("OpenAI-Organization", organization), ("OpenAI-Project", project)):
            if value is not None and not _NAME.fullmatch(value):
                raise BadRequest(f"The {header} header must be an id of 1 to 64 letters, digits, '-', '_' and '.'.")
        found = Principal(organization or default.organization, project or default.project)
        self._known.put((organization, project), found)
        return found
