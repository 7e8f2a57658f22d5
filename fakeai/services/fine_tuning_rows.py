"""A fine-tuning job's rows: itself, its events and its checkpoints; and how it comes from one status to another.

What an event or a checkpoint is called follows from the job and its number, and a job counts its events: whoever writes
them in the transaction that changes the job can leave none out, and write none twice.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fakeai.core.chance import Ids
from fakeai.core.errors import ApiError, NotFound
from fakeai.services.fine_tuning_plan import Plan
from fakeai.services.resource import Resource
from fakeai.services.webhooks.endpoints import Webhooks
from fakeai.store.base import Database, Object, Tx
from fakeai.wire.fine_tuning_reply import Job, JobCheckpoint, JobError, JobEvent
from fakeai.wire.webhooks.events import EventType

KIND = "fine_tuning"
_EVENTS: Mapping[str, EventType] = MappingProxyType(
    {
        "succeeded": "fine_tuning.job.succeeded",
        "failed": "fine_tuning.job.failed",
        "cancelled": "fine_tuning.job.cancelled",
    }
)
OVER = frozenset(_EVENTS)

_PUBLIC_METRICS = frozenset(
    {"train_loss", "train_mean_token_accuracy", "valid_loss", "valid_mean_token_accuracy"}
    | {"full_valid_loss", "full_valid_mean_token_accuracy", "train_mean_reward", "valid_mean_reward"}
)


class JobRows:
    """All jobs. Events and checkpoints are below their job."""

    def __init__(self, db: Database, webhooks: Webhooks, *, synthesize: bool) -> None:
        self._webhooks = webhooks
        self.jobs = Resource(db, "fine_tuning_job", Job, missing, synthesize=synthesize)
        self.events = Resource(db, "fine_tuning_event", JobEvent, missing, synthesize=synthesize)
        self.checkpoints = Resource(db, "fine_tuning_checkpoint", JobCheckpoint, missing, synthesize=synthesize)

    def tell(
        self,
        tx: Tx,
        owner: str,
        job: Object,
        message: str,
        at: float,
        *,
        data: dict[str, Any] | None = None,
        error: bool = False,
    ) -> Object:
        """The job with one more event. `data` are a step's metrics: JSON."""
        number = job["_events"]
        event: JobEvent = {
            "id": Ids(f"{job['id']} event {number}".encode()).make("ftevent-"),
            "object": "fine_tuning.job.event",
            "created_at": int(at),
            "level": "error" if error else "info",
            "message": message,
            "type": "message" if data is None else "metrics",
            "data": data or {},
        }
        self.events.rows.add(tx, owner, dict(event), parent=job["id"])
        return {**job, "_events": number + 1}

    def keep(self, tx: Tx, owner: str, job: Object, plan: Plan, step: int, name: str, at: float) -> Object:
        """The job with the checkpoint of that step, which is called `name`, and the event that tells of it."""
        metrics = {name: value for name, value in plan.metrics(step).items() if name in _PUBLIC_METRICS}
        checkpoint: JobCheckpoint = {
            "id": Ids(f"{job['id']} checkpoint {step}".encode()).make("ftckpt_"),
            "object": "fine_tuning.job.checkpoint",
            "created_at": int(at),
            "fine_tuned_model_checkpoint": name,
            "fine_tuning_job_id": job["id"],
            "metrics": {"step": step, **metrics},
            "step_number": step,
        }
        self.checkpoints.rows.add(tx, owner, dict(checkpoint), parent=job["id"])
        return self.tell(tx, owner, job, f"Checkpoint created at step {step}", at)

    def end(self, tx: Tx, job: Object, status: str, now: float, error: JobError | None = None) -> Object:
        """The job, over; those are told who want to know."""
        self._webhooks.tell(tx, job["_owner"], _EVENTS[status], {"id": job["id"]})
        return {**job, "status": status, "finished_at": int(now), "estimated_finish": None, "error": error}


def missing(id: str) -> ApiError:
    """The refusal of an id that names no job of the caller's."""
    return NotFound(f"Could not find fine tune: {id}", param="fine_tuning_job_id", code="fine_tune_not_found")


def plan_of(job: Object) -> Plan:
    """The steps of a job whose files have been read."""
    return Plan(job["id"], job["method"]["type"], job["_epochs"], job["_per_epoch"], job["validation_file"] is not None)
