"""From a request of the Responses API to what is asked of a model: the conversation so far, the tools, and how to go on."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from fakeai.core.call import Call
from fakeai.core.catalog import ModelCard
from fakeai.core.chance import Ids
from fakeai.core.clock import off_loop
from fakeai.core.errors import BadRequest, ContextLengthExceeded, NotFound
from fakeai.core.generation import GenerateRequest, JsonObject, Message, Sampling, Timing
from fakeai.core.memory import SHORT, Recent
from fakeai.services import prompt
from fakeai.services.directory import ModelDirectory
from fakeai.services.files import Files
from fakeai.services.responses import items, rules
from fakeai.services.responses.compaction import after_compaction, compaction
from fakeai.services.responses.judging import Judge
from fakeai.services.responses.kept_items import given_items, is_reference, with_ids, without_ids
from fakeai.services.responses.offers import Offers
from fakeai.services.responses.response import begun
from fakeai.services.responses.rows import ResponseRows
from fakeai.services.responses.styles import style
from fakeai.services.responses.telling import Style
from fakeai.services.responses.toolbox import Found, Toolbox
from fakeai.services.turns import Asked, Asker, Turns, prompt_tokens
from fakeai.wire.responses.request import ResponseRequest

_PARAM = "input"
_MANY = 1_000
"""Items that are read in a thread."""
_ELSEWHERE = (
    "previous_response_id",
    "conversation",
    "prompt",
    "tools",
    "moderation",
    "context_management",
    "background",
)
"""Fields by which a question depends on more than its request."""

_Key = tuple[str, bytes, bool, Timing, str, str]


class Question(NamedTuple):
    """What a request asks."""

    card: ModelCard
    given: list[JsonObject]
    """The request's own input, as items that can be kept."""
    context: list[JsonObject]
    """Everything said so far, the given items included."""
    tools: Found
    asked: Asked
    who: Asker
    request: GenerateRequest
    conversation: str | None
    """The conversation that it belongs to."""
    judge: Judge | None
    """Judges what is answered, if that is wanted."""
    response: JsonObject
    """The response as it begins, but for its id and time."""
    style: Style
    """How it is told."""


class Asking:
    """Reads the requests of one App. `prompts` are the templates that may be named, by their ids."""

    def __init__(
        self,
        directory: ModelDirectory,
        turns: Turns,
        files: Files,
        rows: ResponseRows,
        toolbox: Toolbox,
        prompts: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._directory = directory
        self._turns = turns
        self._files = files
        self._rows = rows
        self._toolbox = toolbox
        self._prompts = prompts
        self._recent: Recent[_Key, Question] = Recent()
        """Questions by all that they depend on; what was given has no ids yet."""

    async def read(
        self, call: Call, body: ResponseRequest, ids: Ids, before: Sequence[JsonObject] | None = None
    ) -> Question:
        """The question, after what was said `before` if that is known already.

        Raises BadRequest, NotFound, ModelNotFound, ContextLengthExceeded, UnsupportedParameter.
        """
        who = self._turns.asker(call, salt=body.cache_salt or "", priority=body.priority or 0)
        key = call.endpoint.path, call.raw, who.easy, who.timing, who.placement.affinity, who.placement.salt
        question = None if before else self._recent.get(key)
        if question is None or question.card is not self._directory.find(question.card.id):
            question = await self._read(call, body, ids, who, before)
            if question.request.kept:
                self._recent.put(key, question)
        call.model = question.card.id
        return question._replace(given=with_ids(question.given, ids)) if question.given else question

    async def _read(
        self, call: Call, body: ResponseRequest, ids: Ids, who: Asker, before: Sequence[JsonObject] | None
    ) -> Question:
        easy = who.easy
        if not easy:
            rules.check(body)
        card = self._directory.card(body.model)
        call.model = card.id
        if not easy:
            rules.check_model(body, card)
        conversation = body.conversation if body.conversation is None or isinstance(body.conversation, str) else None
        if body.conversation is not None and conversation is None:
            conversation = body.conversation.id  # type: ignore[union-attr]  # it is no string here
        if before is None:
            before = await self._rows.before(call, body.previous_response_id, conversation)
        given = await self._given(call, body, before, easy=easy)
        context = after_compaction([*before, *given])
        found = await self._toolbox.find(call, body, card, ids, context, easy=easy)
        offers = found.offers
        asked = self._asked(body, card, context, offers, ids, easy=easy)
        named = prompt.file_ids(asked.messages)
        if named:
            media = await self._files.media(call, named, _PARAM)
            asked = asked._replace(messages=prompt.with_files(asked.messages, media))
        request = await self._fitted(card, asked, who, cut=body.truncation == "auto")
        if _is_long(body, request.prompt_tokens):
            short = compaction(ids.make("cmp_"), context)
            found.listed.insert(0, short)
            asked = asked._replace(messages=(*_framing(asked.messages), *items.messages([short], _PARAM)))
            request = await self._fitted(card, asked, who, cut=False)
        judge = None if body.moderation is None else Judge(body.moderation, asked.messages)
        if 0 < len(call.raw) <= SHORT and not named and _stands_alone(body, given):
            request = request._replace(ids=None, kept=True)
        response, told = begun(body, "", 0, card, offers.echoes), style(body, request)
        kept = without_ids(given)
        return Question(card, kept, context, found, asked, who, request, conversation, judge, response, told)

    async def tokens(self, card: ModelCard, said: Sequence[Message]) -> int:
        """How many tokens a conversation has."""
        return (await prompt_tokens(said, (), card, None)).total

    async def onward(self, question: Question, more: Sequence[Message], *, hosted: bool) -> GenerateRequest:
        """The next turn, after what has been said and done; without hosted tools where no more of them are wanted."""
        asked = question.asked
        choice = asked.tool_choice if asked.tool_choice.mode == "none" else asked.tool_choice._replace(mode="auto")
        tools = question.tools.offers.tools(hosted=hosted)
        searched = any(use.name == "web_search" for message in more for use in message.tool_calls)
        asked = asked._replace(
            messages=(*asked.messages, *more),
            tools=tools,
            tool_choice=choice,
            web_search=asked.web_search or searched,
        )
        return await self._turns.request(question.card, asked, question.who, _PARAM)

    async def _given(
        self, call: Call, body: ResponseRequest, before: Sequence[JsonObject], *, easy: bool
    ) -> list[JsonObject]:
        many = not isinstance(body.input, str) and len(body.input or ()) > _MANY
        sent = await off_loop(given_items, body.input) if many else given_items(body.input)
        given = await resolved(self._rows, call, sent, before, easy=easy)
        if body.prompt is not None:
            given = [*self._prompted(body, easy=easy), *given]
        if not easy:
            items.check_answers([*before, *given])
        return given

    def _prompted(self, body: ResponseRequest, *, easy: bool) -> list[JsonObject]:
        """The message that a named prompt is, its variables filled in."""
        named = body.prompt
        assert named is not None, "only called with a prompt"
        text = self._prompts.get(named.id)
        if text is None:
            if not easy:
                raise NotFound(f"Prompt with id '{named.id[:200]}' not found.", param="prompt.id")
            return []
        parts: list[JsonObject] = []
        for name, value in (named.variables or {}).items():
            if isinstance(value, str):
                text = text.replace(f"{{{{{name}}}}}", value)
            elif value.type == "input_text":
                text = text.replace(f"{{{{{name}}}}}", value.text)
            else:
                parts.append(value.model_dump(mode="json", exclude_unset=True))
        content = [{"type": "input_text", "text": text}, *parts]
        return [{"type": "message", "role": "developer" if body.input else "user", "content": content}]

    def _asked(
        self,
        body: ResponseRequest,
        card: ModelCard,
        context: Sequence[JsonObject],
        offers: Offers,
        ids: Ids,
        *,
        easy: bool,
    ) -> Asked:
        schema = rules.schema_of(body, strict=not easy)
        form = body.text.format if body.text is not None else None
        json_object = form is not None and form.type == "json_object"
        if json_object and not easy:
            rules.check_json(context, body.instructions)
        tools = offers.tools()
        rules.check_tools(tools, strict=not easy)
        messages = items.messages(context, _PARAM)
        if body.instructions:
            messages = (Message("system", body.instructions), *messages)
        effort = None if body.reasoning is None else body.reasoning.effort
        return Asked(
            messages or (Message("user", ""),),
            _sampling(body),
            tools,
            offers.choice(body.tool_choice) if tools else _no_choice(body, easy=easy),
            body.parallel_tool_calls is not False,
            schema,
            json_object,
            effort,
            (body.text.verbosity if body.text is not None else None) or "medium",
            streamed=body.stream is True,
            ids=ids,
        )

    async def _fitted(self, card: ModelCard, asked: Asked, who: Asker, *, cut: bool) -> GenerateRequest:
        """The request; with `cut`, without the beginning of a conversation that is longer than the model's window."""
        try:
            return await self._turns.request(card, asked, who, _PARAM)
        except ContextLengthExceeded:
            if not cut:
                raise
        kept = _framing(asked.messages)
        rest = asked.messages[len(kept) :]
        low, high = 1, len(rest) - 1  # messages to leave out: too few up to `low`, enough from `high` on
        while low < high:
            middle = (low + high) // 2
            try:
                await self._turns.request(card, asked._replace(messages=(*kept, *rest[middle:])), who, _PARAM)
                high = middle
            except ContextLengthExceeded:
                low = middle + 1
        return await self._turns.request(card, asked._replace(messages=(*kept, *rest[low:])), who, _PARAM)


async def resolved(
    rows: ResponseRows,
    call: Call,
    given: Sequence[JsonObject],
    before: Sequence[JsonObject] = (),
    *,
    easy: bool = False,
) -> list[JsonObject]:
    """The items, with those that are kept in the place of their references. Raises NotFound, unless `easy`."""
    names = {item["id"] for item in given if is_reference(item)}
    if not names:
        return list(given)
    said = (*before, *(item for item in given if not is_reference(item)))
    known = {item["id"]: item for item in said if item.get("id") in names}
    known.update(await rows.named(call, names - known.keys()))
    for name in names - known.keys():
        if not easy:
            raise NotFound(f"Item with id '{name[:200]}' not found.", param=_PARAM)
    return [known.get(item["id"], item) if is_reference(item) else item for item in given]


def _stands_alone(body: ResponseRequest, given: Sequence[JsonObject]) -> bool:
    """Whether the same request always asks the same, whatever else is kept or has been set meanwhile."""
    said_only = all((item.get("type") or "message") == "message" for item in given)
    return said_only and not any(getattr(body, name) for name in _ELSEWHERE)


def _framing(said: tuple[Message, ...]) -> tuple[Message, ...]:
    """The instructions that a conversation begins with."""
    return said[:1] if said[0].role == "system" else ()


def _is_long(body: ResponseRequest, tokens: int) -> bool:
    """Whether a conversation of that many tokens is to be made short first."""
    return any(
        one.type == "compaction" and one.compact_threshold is not None and tokens > one.compact_threshold
        for one in body.context_management or ()
    )


def _no_choice(body: ResponseRequest, *, easy: bool) -> Any:
    choice = body.tool_choice
    if easy or choice is None or choice in ("none", "auto"):
        return Asked(()).tool_choice
    if choice == "required":
        raise BadRequest("Tool choice 'required' must be specified with 'tools' parameter.", param="tool_choice")
    kind = getattr(choice, "type", choice)
    raise BadRequest(f"Tool choice '{kind}' not found in 'tools' parameter.", param="tool_choice")


def _sampling(body: ResponseRequest) -> Sampling:
    listed = body.include is not None and "message.output_text.logprobs" in body.include
    return Sampling(
        1,
        body.max_output_tokens,
        1.0 if body.temperature is None else body.temperature,
        1.0 if body.top_p is None else abs(body.top_p),  # -0.0 is 0.0
        body.seed,
        top_logprobs=body.top_logprobs or 0 if listed or body.top_logprobs else None,
    )
