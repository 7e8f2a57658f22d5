"""What is told of fine-tuning jobs, their events and checkpoints, and of who may use a checkpoint."""

from typing import Any, Literal, NotRequired, TypeAlias

from typing_extensions import TypedDict

Status: TypeAlias = Literal["validating_files", "queued", "running", "paused", "succeeded", "failed", "cancelled"]
MethodType: TypeAlias = Literal["supervised", "dpo", "reinforcement"]


class JobError(TypedDict):
    """Why a job has failed; `param` names what it is about."""

    code: str
    message: str
    param: str | None


class JobHyperparameters(TypedDict):
    """Those of the job, as far as they are known: `auto` until its files have been read."""

    batch_size: NotRequired[Literal["auto"] | int | None]
    learning_rate_multiplier: NotRequired[Literal["auto"] | float | None]
    n_epochs: NotRequired[Literal["auto"] | int | None]


class JobMethod(TypedDict):
    """How the model learns. Any: each kind's own object, with what was asked for and what became of `auto`."""

    type: MethodType
    supervised: NotRequired[dict[str, Any]]
    dpo: NotRequired[dict[str, Any]]
    reinforcement: NotRequired[dict[str, Any]]


class Job(TypedDict):
    """A fine-tuning job."""

    id: str
    object: Literal["fine_tuning.job"]
    model: str
    created_at: int
    finished_at: int | None
    fine_tuned_model: str | None
    organization_id: str
    result_files: list[str]
    status: Status
    validation_file: str | None
    training_file: str
    hyperparameters: JobHyperparameters
    trained_tokens: int | None
    error: JobError | None
    user_provided_suffix: str | None
    seed: int
    estimated_finish: int | None
    integrations: list[dict[str, Any]]
    method: NotRequired[JobMethod]
    metadata: dict[str, str] | None


class JobEvent(TypedDict):
    """Something that happened to a job. `data` holds the metrics of a step."""

    id: str
    object: Literal["fine_tuning.job.event"]
    created_at: int
    level: Literal["info", "warn", "error"]
    message: str
    type: Literal["message", "metrics"]
    data: dict[str, Any]


class JobCheckpoint(TypedDict):
    """A model as it was after so many steps. `metrics` holds those of the SDK's names that its method has."""

    id: str
    object: Literal["fine_tuning.job.checkpoint"]
    created_at: int
    fine_tuned_model_checkpoint: str
    fine_tuning_job_id: str
    metrics: dict[str, float]
    step_number: int


class Permission(TypedDict):
    """That a project may use a checkpoint."""

    id: str
    object: Literal["checkpoint.permission"]
    created_at: int
    project_id: str
