"""Turns at work: the environment is waited for, deeds are done, the model answers, and what came of it is kept.

A turn's row says how far it is, and is changed in the transaction that tells of it. Whoever carries it on after a crash
asks the model the same again, and leaves out what was told already.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any, TypeVar

from fakeai.core.call import Principal
from fakeai.core.clock import Clock
from fakeai.core.errors import ApiError, NotFound
from fakeai.core.generation import GenerateRequest, Timing, Usage
from fakeai.services.agents import budget, conversation, progress, team
from fakeai.services.agents.deeds import Deeds, Outcome, Remind, remember
from fakeai.services.agents.narrator import Narrator, perform
from fakeai.services.agents.plan import Deed, plan
from fakeai.services.agents.publishing import Publisher
from fakeai.services.agents.scenes import OVER, TURN, Scene, Scenes, Thread
from fakeai.services.agents.steps import View, ask, heard, ids_of, patient, thoughts, told_error, wanted
from fakeai.services.agents.surroundings import Surroundings
from fakeai.services.agents.traces import spanned
from fakeai.services.blob_rows import forget
from fakeai.services.costs import Spending
from fakeai.services.directory import ModelDirectory
from fakeai.services.turns import Asked, Turns
from fakeai.store.base import Blobs, Object
from fakeai.store.jobs import Job, Jobs, Later
from fakeai.store.usage import ONE, Kind, Meter, Numbers
from fakeai.wire.agents.turns import TurnError

T = TypeVar("T")

_AT_ONCE = 256
_TELL_S, _TELL_EACH_S = 0.1, 0.004
"""Loop seconds between two looks at what a model has said, and more for each turn at work: so far behind may be who follows."""
_MOST_STEPS = 20
"""Answers of the model in one turn."""


_ANSWERS: Kind = "completions"
_SEARCHES: Kind = "web_search_calls"


class _Stopped(Exception):
    """The turn is over, or somebody else's by now: nothing more is to be done here."""


class Runner:
    """Carries turns on."""

    def __init__(
        self,
        scenes: Scenes,
        surroundings: Surroundings,
        blobs: Blobs,
        jobs: Jobs,
        clock: Clock,
        turns: Turns,
        directory: ModelDirectory,
        meter: Meter,
        spending: Spending,
        seed: bytes,
    ) -> None:
        self._scenes = scenes
        self._surroundings = surroundings
        self._blobs = blobs
        self._clock = clock
        self._turns = turns
        self._directory = directory
        self._meter = meter
        self._spending = spending
        self._pause_s = surroundings.pace.activity_s
        self._deeds = Deeds(surroundings.workspace, blobs, seed, self._pause_s)
        self._answering = 0
        """Turns whose model answers just now."""
        self.remind: Remind = _cannot
        """Makes an automation for the session of a scene, whose id it gives; set by who can."""
        self._publisher = Publisher(scenes, surroundings.workspace, blobs)
        jobs.register(TURN, self._work, self._failed, apart=_AT_ONCE)

    async def _work(self, job: Job) -> None:
        """Carry a turn on as far as it goes. Raises Later."""
        thread = _thread(job)
        try:
            await self._place(job, thread)
            while True:
                view = await self._view(job, thread)
                if budget.used_up(view.session):
                    await self._end(job, thread, budget.refusal())
                    return
                deeds: Sequence[Deed] = view.turn["_plan"]
                if view.turn["_at"] < len(deeds):
                    await self._deed(job, thread, view, deeds[view.turn["_at"]])
                else:
                    await self._step(job, thread, view)
        except _Stopped:
            return
        except ApiError as error:
            if error.status in (503, 507) and not isinstance(error, NotFound):
                raise
            await self._end(job, thread, told_error(error))

    async def _failed(self, job: Job, error: Exception) -> None:
        told: TurnError = {"code": "internal_error", "message": "The turn failed due to an internal error."}
        await self._end(job, _thread(job), told)

    async def _end(self, job: Job, thread: Thread, error: TurnError) -> None:
        try:
            await self._play(job, thread, lambda scene, turn: progress.finish(scene, thread, turn, "failed", error))
        except _Stopped:
            return

    # -- before anything is done

    async def _place(self, job: Job, thread: Thread) -> None:
        """Have the environment, and a plan. Raises Later while the environment is prepared."""

        def look(scene: Scene, turn: Object) -> float | None:
            environment = self._surroundings.use(scene)
            status = "connected" if environment is None else environment["status"]
            if status == "failed":
                self._lost(scene, thread, turn, environment or {})
                return None
            if status == "disconnected" and not scene.session["required_actions"]:
                assert environment is not None, "what is disconnected is there"
                action: Any = {"type": "environment_connection", "environment_id": environment["id"]}
                progress.wait(scene, thread, turn, [action])
            if status != "connected":
                assert environment is not None, "what is not connected is there"
                return float(environment["_due"])
            self._begin(scene, thread, turn)
            return None

        due = await self._play(job, thread, look)
        if due is not None:
            raise Later(due)

    def _begin(self, scene: Scene, thread: Thread, turn: Object) -> None:
        actions = scene.session["required_actions"]
        connecting = [action for action in actions if action["type"] == "environment_connection"]
        if connecting:
            scene.session["required_actions"] = [action for action in actions if action not in connecting]
            turn["status"] = "queued" if turn["started_at"] is None else "in_progress"
            scene.become("in_progress")
        if turn["status"] == "queued":
            progress.start(scene, thread, turn)
        if turn["_plan"] is None:
            items = scene.scenes.items.every(scene.tx, scene.owner, parent=thread.parent, tag=turn["id"])
            said = "\n".join(conversation.spoken(items))
            kind = scene.session["environment"]["type"]
            turn["_plan"] = plan(scene.session["agent"], kind, said, root=not thread.subagent_id)
        scene.keep_turn(turn, thread)

    def _lost(self, scene: Scene, thread: Thread, turn: Object, environment: Object) -> None:
        """There is no environment to work in."""
        told = environment.get("_error") or {"message": "The environment has failed."}
        progress.finish(scene, thread, turn, "failed", {"code": "sandbox_error", "message": told["message"]})
        if not thread.subagent_id:
            scene.become("failed", told["message"])

    # -- deeds

    async def _deed(self, job: Job, thread: Thread, view: View, deed: Deed) -> None:
        if deed["kind"] == "reminder":
            await self._play(job, thread, lambda scene, turn: remember(scene, thread, turn, deed, self.remind))
        elif deed["kind"] == "helpers":
            if not await self._play(job, thread, partial(_help, thread, deed)):
                raise _Stopped
        elif not view.turn["_begun"]:
            ready = await self._play(job, thread, lambda scene, turn: self._deeds.begin(scene, thread, turn, deed))
            if not ready:
                raise _Stopped
        else:
            await self._clock.sleep(self._pause_s)
            outcome = await self._deeds.outcome(job.owner, view.session, view.turn, deed)
            await self._take(job, thread, view.session, deed, outcome)

    async def _take(self, job: Job, thread: Thread, session: Object, deed: Deed, outcome: Outcome) -> None:
        def work(scene: Scene, turn: Object) -> Sequence[str]:
            if deed["kind"] == "search":
                self._spend(scene, _SEARCHES, ONE)
            return self._deeds.end(scene, thread, turn, deed, outcome)

        try:
            keys = await self._play(job, thread, work)
        except (_Stopped, ApiError):
            await self._deeds.drop(outcome)
            raise
        await forget(self._blobs, keys)
        if deed["kind"] == "search":
            self._meter.count(_principal(session), _SEARCHES, amounts=ONE)

    # -- the model

    async def _step(self, job: Job, thread: Thread, view: View) -> None:
        """One answer of the model; the end of the turn if it calls nothing."""
        turn = await self._play(job, thread, partial(ask, thread))
        view = await self._view(job, thread)
        request = await self._request(view)
        thinks = request.model.can("reasoning")
        summary = self._summary(view.session["agent"], request)
        narrator = Narrator(turn["id"], turn["_step"], turn["_index"], ids_of(turn), summary, thinks=thinks)
        feed = self._turns.generate(request)
        saying = asyncio.ensure_future(feed.drain(narrator.take))
        began = self._clock.unix()
        told = turn["_flushed"]
        self._answering += 1
        try:
            while not saying.done():
                await asyncio.wait({saying}, timeout=_TELL_S + _TELL_EACH_S * self._answering)
                if not saying.done():
                    told = await self._tell(job, thread, narrator, told)
            saying.result()
        finally:
            self._answering -= 1
            saying.cancel()
        narrator.close()
        await self._say_all(job, thread, narrator, told, began)

    async def _tell(self, job: Job, thread: Thread, narrator: Narrator, told: int) -> int:
        """Tell what has been said since; up to where that is."""
        upto = len(narrator.happened)
        growing = narrator.growing()
        if upto <= told:
            return told

        def work(scene: Scene, turn: Object) -> None:
            perform(scene, thread, turn, narrator.happened[told:upto])
            if growing is not None:
                scene.keep_item(growing, thread)
            turn["_flushed"] = upto
            scene.keep_turn(turn, thread)

        await self._play(job, thread, work)
        return upto

    async def _say_all(self, job: Job, thread: Thread, narrator: Narrator, told: int, began: float) -> None:
        """The rest of an answer, and what follows from it. Raises _Stopped, since the turn is over or waits."""
        usage = narrator.usage or Usage(0, 0)
        amounts: Numbers = (1, usage.prompt, usage.cached, usage.completion, 0, 0, 0)
        ended = self._clock.unix()
        view = await self._view(job, thread)
        last = not narrator.calls and view.turn["_said"] <= view.turn["_heard"] and not view.session["required_actions"]
        published = await self._publisher.prepare(job.owner, view.session, view.turn) if last else []

        def work(scene: Scene, turn: Object) -> bool:
            perform(scene, thread, turn, narrator.happened[told:])
            used = turn["_used"]
            for name, count in (
                ("input", usage.prompt),
                ("cached", usage.cached),
                ("output", usage.completion),
                ("reasoning", usage.reasoning),
            ):
                used[name] += count
            self._spend(scene, _ANSWERS, amounts)
            turn.update(_step=turn["_step"] + 1, _flushed=0, _index=narrator.index)
            answered = turn.pop("_answered", False)
            numbers = {"gen_ai.usage.input_tokens": usage.prompt, "gen_ai.usage.output_tokens": usage.completion}
            spanned(turn, "chat", began, ended, **numbers)
            scene.keep_turn(turn, thread)
            calls = [wanted(item) for item in narrator.calls]
            if calls and patient(scene.session["agent"], narrator.calls) and turn["_step"] < _MOST_STEPS:
                scene.session["required_actions"] += calls
                return True
            more = (turn["_said"] > turn["_heard"] or answered) and turn["_step"] < _MOST_STEPS
            if calls or (scene.session["required_actions"] and not more and not thread.subagent_id):
                progress.wait(scene, thread, turn, calls)
                return False
            if more:
                return True
            self._publisher.add(scene, turn, published)
            progress.finish(scene, thread, turn, "completed")
            if not thread.subagent_id:
                self._publisher.trace(scene, turn)
            return False

        again = await self._play(job, thread, work)
        agent = view.session["agent"]
        self._meter.count(_principal(view.session), _ANSWERS, agent["model"], amounts, tier=_tier(agent))
        if not again:
            raise _Stopped

    async def _request(self, view: View) -> GenerateRequest:
        """What the model is asked: the thread up to what was heard when this step began."""
        agent, turn = view.session["agent"], view.turn
        card = self._directory.card(agent["model"])
        effort = agent["reasoning"]["effort"]
        asked = Asked(
            await conversation.told(agent, heard(view), turn.get("_time", "")),
            tools=conversation.functions(agent["tools"]) if not turn["subagent_id"] else (),
            json_schema=conversation.schema_of(agent) if not turn["subagent_id"] else None,
            reasoning_effort=effort if card.can("reasoning") else None,
            verbosity=agent["text"]["verbosity"],
            ids=ids_of(turn),
        )
        who = self._turns.worker(_principal(view.session).organization)
        who = who._replace(timing=Timing(*view.session["_timing"]))
        return await self._turns.request(card, asked, who)

    def _summary(self, agent: Object, request: GenerateRequest) -> "partial[list[str]] | None":
        return None if agent["reasoning"]["summary"] is None else partial(thoughts, request)

    # -- the rest

    def _spend(self, scene: Scene, kind: Kind, amounts: Numbers) -> None:
        agent = scene.session["agent"]
        budget.spend(scene.session, self._spending.of(kind, agent["model"], amounts, _tier(agent)))

    async def _view(self, job: Job, thread: Thread) -> View:
        """The turn as it is. Raises _Stopped if it is not to be carried on here."""

        def read(tx: Any) -> View | None:
            session = self._scenes.sessions.get(tx, job.owner, thread.session_id)
            turn = self._scenes.turns.get(tx, job.owner, job.payload["turn"], parent=thread.parent)
            if session is None or turn is None or not _ours(job, turn):
                return None
            return View(session, turn, list(self._scenes.items.every(tx, job.owner, parent=thread.parent)))

        view = await self._scenes.db.read(read)
        if view is None:
            raise _Stopped
        return view

    async def _play(self, job: Job, thread: Thread, work: Any) -> Any:
        """Do `work` with the session and the turn, as long as it is ours to carry on. Any: what `work` gives.

        Raises _Stopped if it is not.
        """
        stopped = object()

        def within(scene: Scene) -> Any:
            turn = scene.turn(job.payload["turn"], thread)
            if turn is None or not _ours(job, turn):
                return stopped
            done = work(scene, turn)
            return (done,)

        done = await self._scenes.play(job.owner, thread.session_id, within, job)
        if done is None or done is stopped:
            raise _Stopped
        return done[0]


def _cannot(scene: Scene, deed: Deed, call_id: str) -> str:
    raise AssertionError("there are no automations")


def _thread(job: Job) -> Thread:
    return Thread(job.payload["session"], job.payload["subagent"])


def _ours(job: Job, turn: Object) -> bool:
    """Whether this round of work is the last that was asked for, and there is something left to do."""
    return turn["status"] not in OVER and turn["_round"] == job.payload["round"]


def _help(thread: Thread, deed: Deed, scene: Scene, turn: Object) -> bool:
    """Subagents are begun, or have reported; whether the turn goes on. If not, the last of them will have it go on."""
    if not turn["_begun"]:
        team.begin(scene, thread, turn, deed)
        return False
    if not team.done(scene, turn):
        return False
    team.end(scene, thread, turn)
    return True


def _tier(agent: Object) -> str:
    tier: str = agent["service_tier"]
    return "default" if tier == "auto" else tier


def _principal(session: Object) -> Principal:
    return Principal(**session["_by"])
