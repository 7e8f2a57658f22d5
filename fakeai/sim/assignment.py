"""Which worker gets what: the part of a cluster that routes. Time is an argument; nothing moves by itself."""

from fakeai.sim.radix import PrefixIndex
from fakeai.sim.router import Router
from fakeai.sim.scaling import Scaler
from fakeai.sim.sequence import Sequence, State
from fakeai.sim.types import Busy, Observer, Overlap, SimRequest, WorkerView
from fakeai.sim.worker import Role, TooLongError, Watch, Worker


class Assignment:
    """Workers of one model. `router` chooses among those that take prompts, `decode_router` among the others, if any."""

    def __init__(
        self,
        router: Router,
        decode_router: Router | None,
        observer: Observer | None,
        scaler: Scaler | None,
        *,
        disaggregated: bool,
        context: int | None,
    ) -> None:
        self._router = router
        self._decode_router = decode_router
        self._observer = observer
        self._told = observer is not None and getattr(observer.routed, "__func__", None) is not Observer.routed
        """Whether anybody wants to hear of choices."""
        self._context = context
        self.disaggregated = disaggregated
        self.workers: dict[int, Worker] = {}
        self.index = PrefixIndex()
        self._live: dict[str, Sequence] = {}
        indexes = any(one is not None and one.needs_overlap for one in (router, decode_router))
        self._watch = Watch(self._live, observer, self.index if indexes else None, scaler)
        self._bare: dict[Role, list[WorkerView]] = {}
        self._scaler = scaler
        self._waiting: list[Sequence] = []
        """Sequences that no worker is ready for yet."""
        self._gone_over: list[Sequence] = []
        """Sequences that ended on no worker."""

    def _check(self, request: SimRequest) -> None:
        tokens = request.prompt_tokens + request.output_tokens
        if request.prompt_tokens < 1 or request.output_tokens < 1:
            raise ValueError(f"{request.id}: a prompt and an answer have at least one token")
        if self._context is not None and tokens > self._context:
            raise TooLongError(
                f"{request.prompt_tokens} prompt tokens and {request.output_tokens} to be made are more than the "
                f"{self._context} that a request may have"
            )
        for worker in self.workers.values():
            config = worker.engine.config
            if not worker.engine.fits(request):
                raise TooLongError(
                    f"{request.prompt_tokens} prompt tokens and {request.output_tokens} to be made do not fit into the "
                    f"KV cache of {config.blocks} blocks of {config.block_size} tokens"
                )
            break

    def _route(self, sequence: Sequence, now: float, *, accepted: bool = False) -> None:
        """Give it a worker, or let it wait for one. Raises Busy where there is none to come, or unless `accepted` is busy."""
        role: Role = "prefill" if self.disaggregated else "both"
        workers = self._ready(role)
        if not workers:
            if not self._coming(role):
                raise Busy("there is no worker")
            self._waiting.append(sequence)
            return
        worker = self._choose(self._router, sequence.request, role, workers, now, accepted=accepted)
        self._give(sequence, worker, now)

    def _choose(
        self, router: Router, request: SimRequest, role: Role, workers: list[Worker], now: float, *, accepted: bool
    ) -> Worker:
        views = [one.view() for one in workers] if router.needs_views else self._bare_views(role, workers)
        overlaps: dict[int, Overlap] = self.index.overlaps(request.blocks) if router.needs_overlap else {}
        choice = router.choose(request, views, overlaps, now, accepted=accepted)
        if self._observer is not None and self._told:
            best = max([one.device for one in overlaps.values()], default=0)
            self._observer.routed(now, request, [one.id for one in workers], choice, best)
        return self.workers[choice.worker]

    def _bare_views(self, role: Role, workers: list[Worker]) -> list[WorkerView]:
        views = self._bare.get(role)
        if views is None:
            views = self._bare[role] = [one.view() for one in workers]
        return views

    def _give(self, sequence: Sequence, worker: Worker, now: float) -> None:
        worker.engine.advance(now)
        worker.engine.submit(sequence)

    def _ready(self, role: Role) -> list[Worker]:
        return [one for one in self.workers.values() if one.role == role and one.state == "ready"]

    def _coming(self, role: Role) -> bool:
        """Whether a worker will be ready that is not. A planner sees to it that there is one."""
        return self._scaler is not None or any(
            one.state in ("starting", "asleep") for one in self.workers.values() if one.role == role
        )

    def _lost(self, sequence: Sequence) -> None:
        """A sequence that is on no worker is over."""
        sequence.state = State.OVER
        sequence.reason = "abort"
        self._live.pop(sequence.request.id, None)
        if sequence.seat is not None:
            self._gone_over.append(sequence)
        if self._observer is not None:
            self._observer.ended(sequence.worker, sequence)
