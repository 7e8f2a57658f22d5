"""Method and path → Endpoint row, with and without the `/v1` prefix, and as Azure OpenAI writes it.

Azure has every row below `/openai/v1` and, with an `api-version` in the query, below `/openai`; those that use a model
also below `/openai/deployments/{deployment}` (learn.microsoft.com/azure/ai-services/openai/reference).
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import unquote

from fakeai.core.call import AZURE, Endpoint
from fakeai.core.errors import MethodNotAllowed, UnknownRoute

_DEPLOYMENTS = "/deployments/"
_NONE: Mapping[str, str] = MappingProxyType({})


class ResourceNotFound(UnknownRoute):
    """Azure's answer to a path that it does not have, or not in an `api-version` that the query lacks."""

    code = "404"

    def __init__(self, method: str, path: str) -> None:
        super().__init__(method, path)
        self.message = "Resource not found"


class Match(NamedTuple):
    """The row found and the values of its path's `{names}`; on Azure's paths, the `deployment` among them."""

    endpoint: Endpoint
    params: Mapping[str, str]
    dated: bool = False
    """Whether the query must name an `api-version`."""


class Routes:
    """All rows. Paths without parameters are one look-up; the others are compared segment by segment.

    `below` gives the rows whose paths begin with a segment: it is asked when the first request for such a path is here.
    """

    def __init__(self, below: Callable[[str], Iterable[Endpoint]]) -> None:
        self._below = below
        self._known: set[str] = set()
        self._exact: dict[tuple[str, str], Match] = {}
        self._patterns: dict[int, list[tuple[tuple[str, ...], Endpoint]]] = {}

    def _learn(self, root: str) -> bool:
        """Whether there is a row more for paths that begin with `root`."""
        found = [] if root in self._known else list(self._below(root))
        for endpoint in found:
            self._known.add(root)
            if "{" not in endpoint.path:
                key = endpoint.method, endpoint.path
                if key in self._exact:
                    raise ValueError(f"two endpoints answer {endpoint.method} {endpoint.path}")
                self._exact[key] = self._exact[endpoint.method, "/v1" + endpoint.path] = Match(endpoint, _NONE)
            else:
                parts = tuple(endpoint.path.split("/"))
                self._patterns.setdefault(len(parts), []).append((parts, endpoint))
        return bool(found)

    def find(self, method: str, path: str) -> Match:
        """The row for `method` and the still-escaped `path`; raises UnknownRoute or MethodNotAllowed."""
        match = self._exact.get((method, path))
        return match if match is not None else self._search(method, path)

    def _search(self, method: str, path: str) -> Match:
        if path.startswith(AZURE):
            return self._search_azure(method, path)
        short = path[3:] if path.startswith("/v1/") else path
        if self._learn(unquote("".join(short.split("/", 2)[1:2]))):
            return self.find(method, path)
        allowed = {m for (m, known) in self._exact if known == path}
        for candidate in (short, short.rstrip("/")):
            parts = [unquote(part) for part in candidate.split("/")]
            for pattern, endpoint in [*self._patterns.get(len(parts), ()), *self._greedy(parts)]:
                params = _bind(pattern, parts)
                if params is not None:
                    if endpoint.method == method:
                        return Match(endpoint, params)
                    allowed.add(endpoint.method)
            if match := self._exact.get((method, "/v1" + candidate)):
                return match
        if allowed:
            raise MethodNotAllowed(method, path, ", ".join(sorted(allowed)))
        raise UnknownRoute(method, path[:200])

    def _search_azure(self, method: str, path: str) -> Match:
        rest, deployment, dated = path[len(AZURE) - 1 :], "", True
        if rest.startswith("/v1/"):
            dated = False
        elif rest.startswith(_DEPLOYMENTS):
            deployment, _, rest = rest[len(_DEPLOYMENTS) :].partition("/")
            rest = "/" + rest
        if rest.startswith((AZURE, "/v1/")) and dated:
            raise ResourceNotFound(method, path)
        try:
            endpoint, params, _ = self.find(method, rest)
        except UnknownRoute:
            raise ResourceNotFound(method, path) from None
        if endpoint.probe or (path.startswith(_DEPLOYMENTS, len(AZURE) - 1) and not (deployment and endpoint.usage)):
            raise ResourceNotFound(method, path)
        return Match(endpoint, {**params, "deployment": unquote(deployment)} if deployment else params, dated)

    def _greedy(self, parts: list[str]) -> list[tuple[tuple[str, ...], Endpoint]]:
        """Rows whose last parameter takes slashes too (`{model:path}`): model ids such as `org/name` are ids, not folders."""
        return [
            row
            for size, rows in self._patterns.items()
            if size < len(parts)
            for row in rows
            if row[0][-1].endswith(":path}")
        ]


def _bind(pattern: tuple[str, ...], parts: list[str]) -> dict[str, str] | None:
    params: dict[str, str] = {}
    for at, name in enumerate(pattern):
        if name.endswith(":path}"):
            params[name[1:-6]] = "/".join(parts[at:])
            return params if params[name[1:-6]] else None
        if name.startswith("{"):
            if not parts[at]:
                return None
            params[name[1:-1]] = parts[at]
        elif name != parts[at]:
            return None
    return params if len(pattern) == len(parts) else None
