"""What the tools of assistants and threads work on: files and vector stores of the caller's, found or made."""

from collections.abc import Sequence
from dataclasses import replace

from fakeai.core.call import Call
from fakeai.core.errors import BadRequest
from fakeai.services.base import lenient
from fakeai.services.files import Files
from fakeai.services.resource import SYNTHESIZED
from fakeai.services.vector_stores import VectorStores
from fakeai.store.base import Database, Object
from fakeai.store.jobs import Jobs
from fakeai.wire.assistants.tools import NewResources, NewStore, NewStores, Resources, Stores
from fakeai.wire.vector_stores import ExpiresAfter, VectorStoreCreate

_MOST_CODE_FILES = 20
_KEPT_DAYS = 7
"""Days without use after which the store of a thread's attachments is gone."""


class ToolResources:
    """Tool resources of one App."""

    def __init__(self, db: Database, jobs: Jobs, files: Files, vector_stores: VectorStores, *, lenient: bool) -> None:
        self._db = db
        self._jobs = jobs
        self._files = files
        self._stores = vector_stores
        self._lenient = lenient

    async def made(self, call: Call, wanted: NewResources | Resources | None) -> Object | None:
        """Resources as they are kept. Raises NotFound for what the caller does not have, BadRequest."""
        if wanted is None:
            return None
        made: Object = {}
        if wanted.code_interpreter is not None:
            ids = list(wanted.code_interpreter.file_ids or ())
            for name in ids:
                await self._files.get(call, name)
            made["code_interpreter"] = {"file_ids": ids}
        if wanted.file_search is not None:
            made["file_search"] = {"vector_store_ids": await self._found(call, wanted.file_search)}
        return made

    async def attached(
        self, call: Call, resources: Object | None, for_search: Sequence[str], for_code: Sequence[str]
    ) -> Object | None:
        """A thread's resources with the files that came with messages. Raises NotFound, BadRequest."""
        if not for_search and not for_code:
            return resources
        made = dict(resources or {})
        if for_code:
            had = made.get("code_interpreter", {}).get("file_ids", [])
            ids = list(dict.fromkeys([*had, *for_code]))
            if len(ids) > _MOST_CODE_FILES:
                raise BadRequest(f"There may be {_MOST_CODE_FILES} files for the code interpreter at most.")
            made["code_interpreter"] = {"file_ids": ids}
        if for_search:
            stores = made.get("file_search", {}).get("vector_store_ids", [])
            if stores:
                await self._extend(call, stores[0], for_search)
            else:
                days = ExpiresAfter(anchor="last_active_at", days=_KEPT_DAYS)
                stores = [await self._make(call, NewStore(file_ids=list(for_search)), days)]
            made["file_search"] = {"vector_store_ids": stores}
        return made

    async def check_files(self, call: Call, ids: Sequence[str]) -> None:
        """Refuse files that the caller does not have."""
        for name in dict.fromkeys(ids):
            await self._files.get(call, name)

    async def _found(self, call: Call, wanted: Stores | NewStores) -> list[str]:
        new = (wanted.vector_stores if isinstance(wanted, NewStores) else None) or ()
        ids = list(wanted.vector_store_ids or ())
        if not lenient(call, self._lenient):
            _check(wanted)
        for name in ids:
            await self._stores.get(call, name)
        return ids or [await self._make(call, store, None) for store in new]

    async def _extend(self, call: Call, store: str, ids: Sequence[str]) -> None:
        files = await self._stores.attachable(call, [(name, None, None) for name in ids])
        if SYNTHESIZED not in await self._stores.usable(call, store) and files:
            owner = call.principal.owner
            await self._db.run(lambda tx: self._stores.rows.attach(tx, owner, store, files))
            self._jobs.wake()

    async def _make(self, call: Call, store: NewStore, expires: ExpiresAfter | None) -> str:
        given: Object = {"metadata": store.metadata}
        for name, value in (
            ("file_ids", store.file_ids),
            ("chunking_strategy", store.chunking_strategy),
            ("expires_after", expires),
        ):
            if value is not None:
                given[name] = value
        made = await self._stores.create(replace(call, body=VectorStoreCreate(**given)))
        return str(made.body["id"])


def _check(wanted: Stores | NewStores) -> None:
    """What is made has its stores from somewhere, and from one place."""
    if not isinstance(wanted, NewStores):
        return
    if wanted.vector_store_ids and wanted.vector_stores:
        raise BadRequest(
            "You may give either 'vector_store_ids' or 'vector_stores', but not both.",
            param="tool_resources.file_search",
        )
    if wanted.vector_store_ids is None and wanted.vector_stores is None:
        param = "tool_resources.file_search.vector_store_ids"
        raise BadRequest(f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")
