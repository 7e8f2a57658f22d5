"""Tools that assistants bring along: search in vector stores, and programs. Offered to the model as tools like others."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import orjson

from fakeai.content.excerpts import excerpt
from fakeai.content.python_machine import DATA
from fakeai.core.call import Principal
from fakeai.core.clock import Clock
from fakeai.core.errors import ApiError
from fakeai.core.generation import Tool
from fakeai.services import programs
from fakeai.services.files import Files, display_name
from fakeai.services.programs import Given
from fakeai.services.vector_store_search import Passage
from fakeai.services.vector_stores import VectorStores
from fakeai.store.base import Database, Object
from fakeai.store.usage import ONE, Meter
from fakeai.wire.vector_stores import RankingOptions

SEARCH, CODE = "file_search", programs.NAME
HOSTED = frozenset({SEARCH, CODE})
"""The types of the tools that runs use themselves."""

_SEARCH = Tool(
    SEARCH,
    "Search the user's files, documents and knowledge base.",
    schema={
        "type": "object",
        "properties": {"query": {"type": "string", "description": "What to look for."}},
        "required": ["query"],
        "additionalProperties": False,
    },
)
_TOLD = 3
"""Passages that the model is told of."""
_USUAL_RESULTS = 20
_LONGEST = 4_000
"""Characters of a query that count."""
_WAIT_S, _LOOK_S = 60.0, 0.05
"""How long a search waits for files that are still being read, and how often it looks."""


class Done(NamedTuple):
    """What a call has come to: the call as a step tells it, and what is kept beside it.

    Kept are what was `asked`, what the model is `told`, the `texts` of passages, and the `marks`: what in a text stands for
    what of it.
    """

    call: Object
    kept: Object


class Hosted:
    """The tools of one App."""

    def __init__(self, db: Database, clock: Clock, files: Files, vector_stores: VectorStores, meter: Meter) -> None:
        self._db = db
        self._clock = clock
        self._files = files
        self._stores = vector_stores
        self._meter = meter

    async def tools(self, owner: str, wanted: Sequence[Object], files: Sequence[str]) -> Mapping[str, Tool]:
        """Those of the wanted tools that are hosted, by their types, as the model has them."""
        types = {tool["type"] for tool in wanted}
        found = {SEARCH: _SEARCH} if SEARCH in types else {}
        return found | {CODE: await programs.tool(await self._given(owner, files))} if CODE in types else found

    async def search(
        self, who: Principal, call: Object, asked: str, said: str, stores: Sequence[str], tool: Object, number: int
    ) -> Done:
        """Passages of stores that fit what the model asked, or what the user said. `number` is for citations."""
        asked, said = asked[:_LONGEST], said[:_LONGEST]
        wanted = tool.get("file_search", {})
        ranking = wanted.get("ranking_options")
        threshold = 0.0 if ranking is None else ranking["score_threshold"]
        found: Sequence[Passage] = ()
        if stores:
            await self._read(who.owner, stores)
            found = await self._found(who, asked, said, stores, wanted.get("max_num_results"), threshold)
        told = [
            f"{excerpt(passage.text, said or asked)}{_mark(number, at)}" for at, passage in enumerate(found[:_TOLD])
        ]
        search: Object = {
            "ranking_options": {
                "ranker": (ranking or {}).get("ranker", "default_2024_08_21"),
                "score_threshold": threshold,
            },
            "results": [_result(passage) for passage in found],
        }
        marks = {
            _mark(number, at): {"type": "file_citation", "file_citation": {"file_id": passage.file_id}}
            for at, passage in enumerate(found)
        }
        kept = {
            "asked": asked,
            "told": "\n\n".join(told) or "Nothing was found.",
            "texts": [passage.text for passage in found],
            "marks": marks,
        }
        return Done({"id": call["id"], "type": SEARCH, SEARCH: search}, kept)

    async def run(self, who: Principal, call: Object, program: str, files: Sequence[str]) -> Done:
        """What a program gives that can read these files. Files that it makes are the caller's from then on."""
        ran = await programs.run(program, await self._given(who.owner, files))
        outputs: list[Object] = [{"type": "logs", "logs": ran.output}] if ran.output or not ran.files else []
        marks: dict[str, Object] = {}
        told = [ran.output or "The program has run, and written nothing."]
        for name in ran.files:
            data, kind = await programs.made(name, ran.written)
            made = await self._files.create(who.owner, name, "assistants_output", data, media_type=kind)
            if kind.startswith("image/"):
                outputs.append({"type": "image", "image": {"file_id": made["id"]}})
            path = f"sandbox:{DATA}{name}"
            marks[path] = {"type": "file_path", "file_path": {"file_id": made["id"]}}
            told.append(f"[{name}]({path})")
        kept = {"asked": program, "told": "\n".join(told), "marks": marks}
        return Done({"id": call["id"], "type": CODE, CODE: {"input": program, "outputs": outputs}}, kept)

    def count_session(self, who: Principal) -> None:
        """A run has begun to run programs."""
        self._meter.count(who, "code_interpreter_sessions", amounts=ONE)

    async def _given(self, owner: str, ids: Sequence[str]) -> Sequence[Given]:
        """Files under the paths that OpenAI has them at, and under their names. Those that are gone are not there."""
        found = [file for one in ids if (file := await self._files.find(owner, one)) is not None]
        return [
            Given(
                (DATA + file["id"], DATA + display_name(file["filename"])),
                file["filename"],
                partial(self._files.beginning, file),
            )
            for file in found
        ]

    async def _found(
        self, who: Principal, asked: str, said: str, stores: Sequence[str], most: int | None, threshold: float
    ) -> Sequence[Passage]:
        queries = [text for text in dict.fromkeys((asked, said)) if text.strip()]
        if not queries:
            return ()
        ranking = RankingOptions(score_threshold=threshold)
        try:
            found = await self._stores.search(who.owner, stores, queries, limit=most or _USUAL_RESULTS, ranking=ranking)
        except ApiError:
            return ()  # a store that has expired has nothing to tell
        for store in stores:
            self._meter.count(who, "file_search_calls", amounts=ONE, detail=store)
        return found

    async def _read(self, owner: str, stores: Sequence[str]) -> None:
        """Wait until the files of the stores are read, if it does not take too long."""
        ends = self._clock.now() + _WAIT_S

        def reading(tx: Any) -> bool:
            rows = self._stores.rows.files.rows
            return any(rows.count(tx, owner, parent=store, tag="in_progress") for store in stores)

        while await self._db.read(reading) and self._clock.now() < ends:
            await self._clock.sleep(_LOOK_S)


def query_of(arguments: str) -> str:
    """What a call for a search asks for; nothing if the model has written no such thing."""
    try:
        asked = orjson.loads(arguments)
    except ValueError:
        return ""
    query = asked.get("query") if isinstance(asked, dict) else None
    return query if isinstance(query, str) else ""


def _mark(number: int, at: int) -> str:
    return f"【{number}:{at}†source】"


def _result(passage: Passage) -> Object:
    return {"file_id": passage.file_id, "file_name": passage.filename, "score": passage.score}
