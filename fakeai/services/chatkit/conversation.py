"""What a chat in a browser asks of ChatKit, at one address: its user's threads, and answers in them."""

from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

import orjson

from fakeai.backends.base import TranscribeRequest, Transcribes
from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.catalog import ModelCard
from fakeai.core.chance import Ids
from fakeai.core.clock import off_loop
from fakeai.core.errors import BadRequest, Conflict, Forbidden, NotFound
from fakeai.core.feed import Feed
from fakeai.services.base import tell_usage
from fakeai.services.chatkit.answer import Answer, Draft
from fakeai.services.chatkit.files import ChatKitFiles
from fakeai.services.chatkit.said import hidden, messages, title_of, tool_of, user_message, widget_of
from fakeai.services.chatkit.sessions import TAG, ChatKitSessions, Visit
from fakeai.services.chatkit.threads import HIDDEN, ChatKitThreads
from fakeai.services.chatkit.views import AT, item_of, page_of, thread_of
from fakeai.services.directory import ModelDirectory
from fakeai.services.policies import Policies
from fakeai.services.turns import Asked, Turns
from fakeai.store.base import Database, Object, Tx
from fakeai.wire.chatkit.requests import ConversationRequest, Params, UserInput
from fakeai.wire.listing import ListQuery

T = TypeVar("T")
_Handle: TypeAlias = Callable[[Call, Visit, Params], Awaitable[Reply]]
_HEARS = "gpt-4o-mini-transcribe"
_ALL = 20
"""Items that come with a thread, and on a page if nobody says how many."""

_NEEDED: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "threads.create": ("input",),
        "threads.add_user_message": ("input", "thread_id"),
        "threads.add_client_tool_output": ("thread_id",),
        "threads.custom_action": ("thread_id", "action"),
        "threads.sync_custom_action": ("thread_id", "action"),
        "threads.retry_after_item": ("thread_id", "item_id"),
        "threads.get_by_id": ("thread_id",),
        "threads.list": (),
        "threads.update": ("thread_id", "title"),
        "threads.delete": ("thread_id",),
        "items.list": ("thread_id",),
        "items.feedback": ("thread_id", "item_ids", "kind"),
        "attachments.create": ("name", "size", "mime_type"),
        "attachments.delete": ("attachment_id",),
        "input.transcribe": ("audio_base64", "mime_type"),
    }
)


class ChatKitConversation:
    """`/chatkit/conversation`: with a session's secret. Requests that have an answer are answered by events."""

    ENDPOINTS = (
        Endpoint(
            "POST",
            "/chatkit/conversation",
            "ask",
            "What a ChatKit chat asks for",
            body=ConversationRequest,
            reply="events",
            usage="completions",
            tag=TAG,
        ),
    )

    def __init__(
        self,
        db: Database,
        ids: Ids,
        turns: Turns,
        directory: ModelDirectory,
        policies: Policies,
        transcriber: Transcribes,
        chatkit_sessions: ChatKitSessions,
        chatkit_threads: ChatKitThreads,
        chatkit_files: ChatKitFiles,
    ) -> None:
        self._db = db
        self._ids = ids
        self._turns = turns
        self._directory = directory
        self._policies = policies
        self._transcriber = transcriber
        self._sessions = chatkit_sessions
        self._threads = chatkit_threads
        self._files = chatkit_files
        self._handles: Mapping[str, _Handle] = MappingProxyType(
            {
                "threads.create": self._create,
                "threads.add_user_message": self._add,
                "threads.add_client_tool_output": self._output,
                "threads.custom_action": self._act,
                "threads.sync_custom_action": self._note,
                "threads.retry_after_item": self._retry,
                "threads.get_by_id": self._get,
                "threads.list": self._list,
                "threads.update": self._rename,
                "threads.delete": self._delete,
                "items.list": self._items,
                "items.feedback": self._judge,
                "attachments.create": self._announce,
                "attachments.delete": self._detach,
                "input.transcribe": self._hear,
            }
        )

    async def ask(self, call: Call) -> Reply:
        """Whatever is asked for. Raises Unauthorized, RateLimited, BadRequest and NotFound."""
        visit = await self._sessions.visit(call)
        body: ConversationRequest = call.body
        for name in _NEEDED[body.type]:
            if getattr(body.params, name) is None:
                told = f"Missing required parameter: 'params.{name}'."
                raise BadRequest(told, param=f"params.{name}", code="missing_required_parameter")
        return await self._handles[body.type](call, visit, body.params)

    # -- with an answer

    async def _create(self, call: Call, visit: Visit, params: Params) -> Reply:
        now = self._db.now()
        thread: Object = {
            "id": self._ids.hex("cthr_"),
            "object": "chatkit.thread",
            "created_at": int(now),
            "status": {"type": "active", "reason": None},
            "title": None,
            "user": visit.user,
            AT: now,
        }
        return await self._say(call, visit, params, thread, new=True)

    async def _add(self, call: Call, visit: Visit, params: Params) -> Reply:
        return await self._say(call, visit, params, await self._thread(visit, params), new=False)

    async def _say(self, call: Call, visit: Visit, params: Params, thread: Object, *, new: bool) -> Reply:
        given = params.input
        assert given is not None, "checked before"
        item, files = await self._message(visit, thread["id"], given)
        before = () if new else await self._kept(visit, thread)
        ask = await self._asking(call, visit, [*before, item], item, files)

        def add(tx: Tx) -> None:
            if new:
                self._threads.add(tx, visit.owner, thread)
            else:
                self._threads.of_user(tx, visit.owner, visit.user, thread["id"])
            self._threads.add_item(tx, visit.owner, item)

        await self._db.run(add)
        told: list[Object] = [{"type": "thread.created", "thread": thread_of(thread)}] if new else []
        title = title_of(item) if new and visit.allows["automatic_thread_titling"]["enabled"] else None
        return self._answer(
            visit, thread, ask, [*told, {"type": "thread.item.done", "item": item_of(item)}], item, title
        )

    async def _output(self, call: Call, visit: Visit, params: Params) -> Reply:
        """Go on from what a tool in the browser has given."""
        thread = await self._thread(visit, params)
        items = await self._kept(visit, thread)
        pending = items[-1] if items else None
        if pending is None or pending["type"] != "chatkit.client_tool_call" or pending["status"] == "completed":
            raise Conflict("The last item of the thread is no pending call of a client tool.")
        done = {**pending, "status": "completed", "output": orjson.dumps(params.result).decode()}
        ask = await self._asking(call, visit, [*items[:-1], done], None, ())
        await self._db.run(
            lambda tx: self._threads.change_item(tx, visit.owner, thread["id"], done["id"], lambda _: done)
        )
        return self._answer(visit, thread, ask, [])

    async def _act(self, call: Call, visit: Visit, params: Params) -> Reply:
        """Answer to what the user has done with a widget."""
        thread = await self._thread(visit, params)
        item = self._action(thread["id"], params)
        ask = await self._asking(call, visit, [*await self._kept(visit, thread), item], None, ())
        await self._db.run(lambda tx: self._threads.add_item(tx, visit.owner, item))
        return self._answer(visit, thread, ask, [])

    async def _retry(self, call: Call, visit: Visit, params: Params) -> Reply:
        """Answer a message once more: what came after it is gone."""
        thread = await self._thread(visit, params)
        items = await self._kept(visit, thread)
        at = next((at for at, item in enumerate(items) if item["id"] == params.item_id), None)
        if at is None or items[at]["type"] != "chatkit.user_message":
            raise NotFound(f"The thread has no message '{params.item_id}' of the user's.", param="params.item_id")
        item, rest = items[at], items[at + 1 :]
        ids = [one["id"] for one in item["attachments"]]
        files = await self._db.read(lambda tx: [self._files.attached(tx, visit, name) for name in ids])
        ask = await self._asking(call, visit, items[: at + 1], item, files)

        def forget(tx: Tx) -> None:
            for one in rest:
                self._threads.remove_item(tx, visit.owner, thread["id"], one["id"])

        await self._db.run(forget)
        gone: list[Object] = [
            {"type": "thread.item.removed", "item_id": one["id"]} for one in rest if HIDDEN not in one
        ]
        return self._answer(visit, thread, ask, gone, item)

    async def _message(self, visit: Visit, thread: str, given: UserInput) -> tuple[Object, Sequence[Object]]:
        if not given.content and not given.attachments:
            raise BadRequest("A message needs content or attachments.", param="params.input.content")
        ids = [*dict.fromkeys(given.attachments)]
        files = await self._db.read(lambda tx: [self._files.attached(tx, visit, name) for name in ids])
        return user_message(self._ids.hex("cti_"), thread, self._db.now(), given, files), files

    async def _asking(
        self, call: Call, visit: Visit, items: Sequence[Object], message: Object | None, files: Sequence[Object]
    ) -> Callable[[], Feed[Any]]:
        """What begins the answer. Raises BadRequest for a conversation that is too long. Any: bursts of deltas."""
        newest = next((item for item in reversed(items) if item["type"] == "chatkit.user_message"), None)
        card = await self._card(call, newest)
        media = tuple([await self._files.media(file) for file in files])
        tools, choice = tool_of(message)
        state = visit.session["workflow"]["state_variables"]
        asked = Asked(messages(items, state, media), tools=tools, tool_choice=choice, parallel_tool_calls=False)
        request = await self._turns.request(card, asked, self._turns.asker(call), "params.input")
        return partial(self._turns.generate, request)

    async def _card(self, call: Call, message: Object | None) -> ModelCard:
        """The model that a message picks, or the usual one. Raises ModelNotFound, BadRequest, Forbidden."""
        card = self._directory.card(None if message is None else (message["inference_options"] or {}).get("model"))
        if card.family != "chat":
            raise BadRequest(f"The model '{card.id}' does not chat.", param="params.input.inference_options.model")
        policy = self._policies.recent(call.principal) or await self._policies.get(call.principal)
        if not policy.allows(card.id):
            told = f"Project `{call.principal.project}` does not have access to model `{card.id}`"
            raise Forbidden(told, code="model_not_found")
        call.model = card.id
        return card

    def _answer(
        self,
        visit: Visit,
        thread: Object,
        ask: Callable[[], Feed[Any]],
        first: Sequence[Object],
        asked: Object | None = None,
        title: str | None = None,
    ) -> Reply:
        """A stream of the answer to the message `asked`, kept at its end; the thread then gets `title` if it has none."""
        owner = visit.owner

        async def keep(items: Sequence[Object]) -> Sequence[Object]:
            def work(tx: Tx) -> Object | None:
                found = self._threads.change(
                    tx, owner, thread["id"], lambda it: {**it, "title": title if it["title"] is None else it["title"]}
                )
                if found is not None:
                    for item in items:
                        self._threads.add_item(tx, owner, item)
                return found

            changed = await self._db.run(work)
            news = changed is not None and changed["title"] != thread["title"]
            return [{"type": "thread.updated", "thread": thread_of(changed)}] if news and changed is not None else []

        options: Object = {"type": "stream_options", "stream_options": {"allow_cancel": True}}
        draft = Draft(thread["id"], self._db.now(), self._ids, None if asked is None else widget_of(asked))
        source = Answer([*first, options], ask, draft, keep)
        reply = Reply(events=Feed(source), framed=True)
        assert reply.events is not None, "it was given just now"
        reply.events.on_end(partial(tell_usage, reply, source))
        return reply

    # -- without

    async def _get(self, call: Call, visit: Visit, params: Params) -> Reply:
        def read(tx: Tx) -> Object:
            thread = self._own(tx, visit, params)
            query = ListQuery(limit=_ALL, order="asc")
            page = self._threads.items_page(tx, visit.owner, thread["id"], query)
            return thread_of(thread, page_of([item_of(item) for item in page.data], page.has_more))

        return await self._read(read)

    async def _list(self, call: Call, visit: Visit, params: Params) -> Reply:
        history = visit.allows["history"]
        query = _query(params, history["recent_threads"])

        def read(tx: Tx) -> Object:
            if not history["enabled"]:
                return page_of([], False)
            page = self._threads.page(tx, visit.owner, visit.user, query)
            return page_of([thread_of(one) for one in page.data], page.has_more and history["recent_threads"] is None)

        return await self._read(read)

    async def _items(self, call: Call, visit: Visit, params: Params) -> Reply:
        def read(tx: Tx) -> Object:
            page = self._threads.items_page(tx, visit.owner, self._own(tx, visit, params)["id"], _query(params, None))
            return page_of([item_of(item) for item in page.data], page.has_more)

        return await self._read(read)

    async def _rename(self, call: Call, visit: Visit, params: Params) -> Reply:
        def work(tx: Tx) -> Object:
            thread = self._own(tx, visit, params)
            changed = {**thread, "title": params.title}
            self._threads.change(tx, visit.owner, thread["id"], lambda _: changed)
            return thread_of(changed)

        return Reply(await self._db.run(work))

    async def _delete(self, call: Call, visit: Visit, params: Params) -> Reply:
        await self._db.run(
            lambda tx: self._threads.remove(tx, visit.owner, self._own(tx, visit, params)["id"]),
        )
        return Reply({})

    async def _judge(self, call: Call, visit: Visit, params: Params) -> Reply:
        def work(tx: Tx) -> None:
            thread = self._own(tx, visit, params)["id"]
            for name in params.item_ids or ():
                self._threads.change_item(tx, visit.owner, thread, name, lambda it: {**it, "_feedback": params.kind})

        await self._db.run(work)
        return Reply({})

    async def _note(self, call: Call, visit: Visit, params: Params) -> Reply:
        """Have the model know, when it is asked next, what the user has done; no item changes by it."""
        await self._db.run(
            lambda tx: self._threads.add_item(tx, visit.owner, self._action(self._own(tx, visit, params)["id"], params))
        )
        return Reply({})

    async def _hear(self, call: Call, visit: Visit, params: Params) -> Reply:
        """What the user has said aloud. Raises BadRequest for what is no sound."""
        try:
            data = await off_loop(partial(b64decode, validate=True), params.audio_base64)
        except ValueError:
            raise BadRequest("Invalid base64 in 'params.audio_base64'.", param="params.audio_base64") from None
        media = (params.mime_type or "").partition(";")[0]
        asked = TranscribeRequest(self._directory.card(_HEARS), data, media_type=media)
        try:
            return Reply({"text": (await self._transcriber.transcribe(asked)).text})
        except ValueError as error:
            raise BadRequest(str(error), code="invalid_value") from error

    async def _announce(self, call: Call, visit: Visit, params: Params) -> Reply:
        return Reply(await self._files.announce(call, visit, params))

    async def _detach(self, call: Call, visit: Visit, params: Params) -> Reply:
        await self._files.remove(visit, params.attachment_id or "")
        return Reply({})

    # -- the rest

    async def _read(self, work: Callable[[Tx], Object]) -> Reply:
        return Reply(await self._db.read(work))

    def _own(self, tx: Tx, visit: Visit, params: Params) -> Object:
        return self._threads.of_user(tx, visit.owner, visit.user, params.thread_id or "")

    def _action(self, thread: str, params: Params) -> Object:
        action = params.action
        assert action is not None, "checked before"
        words = f"Action {action.type}: {orjson.dumps(action.payload).decode()}"
        return hidden(self._ids.hex("cti_"), thread, self._db.now(), words)

    async def _thread(self, visit: Visit, params: Params) -> Object:
        return await self._db.read(lambda tx: self._own(tx, visit, params))

    async def _kept(self, visit: Visit, thread: Object) -> Sequence[Object]:
        return await self._db.read(lambda tx: self._threads.all_items(tx, visit.owner, thread["id"]))


def _query(params: Params, most: int | None) -> ListQuery:
    """The page that is asked for, of no more than `most`."""
    limit = params.limit or _ALL
    return ListQuery(params.after, None, limit if most is None else min(limit, most), params.order or "desc")
