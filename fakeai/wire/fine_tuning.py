"""Requests about fine-tuning jobs and checkpoints, and the lines of their files.

Graders are kept as they came, but for what each kind cannot do without; running them is somebody else's business.
"""

from typing import Annotated, Any, Literal, TypeAlias

from annotated_types import Ge, Gt, Le, MaxLen, MinLen
from pydantic import Field

from fakeai.wire.base import FirstOf, Integer, Items, Metadata, Omittable, Wire
from fakeai.wire.messages import Message
from fakeai.wire.tools import LegacyFunctions, Tool

Auto: TypeAlias = Literal["auto"]
BatchSize: TypeAlias = Annotated[Auto | Annotated[int, Ge(1), Le(256)], FirstOf()]
Multiplier: TypeAlias = Annotated[Auto | Annotated[float, Gt(0), Le(1_000)], FirstOf()]
Epochs: TypeAlias = Annotated[Auto | Annotated[int, Ge(1), Le(50)], FirstOf()]
Beta: TypeAlias = Annotated[Auto | Annotated[float, Gt(0), Le(2)], FirstOf()]
Samples: TypeAlias = Annotated[Auto | Annotated[int, Ge(1), Le(10_000)], FirstOf()]


class Hyperparameters(Wire):
    """What supervised jobs may set; in the other methods, too."""

    batch_size: Omittable[BatchSize] = None
    learning_rate_multiplier: Omittable[Multiplier] = None
    n_epochs: Omittable[Epochs] = None


class DpoHyperparameters(Hyperparameters):
    """What jobs about preferences may set."""

    beta: Omittable[Beta] = None


class ReinforcementHyperparameters(Hyperparameters):
    """What jobs with a grader may set."""

    compute_multiplier: Omittable[Multiplier] = None
    eval_interval: Omittable[Samples] = None
    eval_samples: Omittable[Samples] = None
    reasoning_effort: Omittable[Literal["default", "low", "medium", "high"]] = None


class Supervised(Wire):
    """Learning from answers."""

    hyperparameters: Omittable[Hyperparameters] = None


class Dpo(Wire):
    """Learning from pairs of answers, one of which is preferred."""

    hyperparameters: Omittable[DpoHyperparameters] = None


class StringCheckGrader(Wire):
    """Compares two texts."""

    type: Literal["string_check"]
    name: str
    input: str
    reference: str
    operation: Literal["eq", "ne", "like", "ilike"]


class TextSimilarityGrader(Wire):
    """Tells how alike two texts are."""

    type: Literal["text_similarity"]
    name: str
    input: str
    reference: str
    evaluation_metric: str


class PythonGrader(Wire):
    """A program that gives a score."""

    type: Literal["python"]
    name: str
    source: str


class ScoreModelGrader(Wire):
    """A model that gives a score."""

    type: Literal["score_model"]
    name: str
    model: str
    input: Items[dict[str, Any]]  # Any: JSON


class MultiGrader(Wire):
    """Several graders, and how their scores are put together."""

    type: Literal["multi"]
    name: str
    calculate_output: str
    graders: dict[str, Any]  # Any: JSON


Grader: TypeAlias = Annotated[
    StringCheckGrader | TextSimilarityGrader | PythonGrader | ScoreModelGrader | MultiGrader,
    Field(discriminator="type"),
]


class Reinforcement(Wire):
    """Learning from what a grader says of the model's own answers."""

    grader: Grader
    hyperparameters: Omittable[ReinforcementHyperparameters] = None


class Method(Wire):
    """How the model learns, and what that takes."""

    type: Literal["supervised", "dpo", "reinforcement"]
    supervised: Omittable[Supervised] = None
    dpo: Omittable[Dpo] = None
    reinforcement: Omittable[Reinforcement] = None


class Wandb(Wire):
    """A project of Weights and Biases."""

    project: str
    name: str | None = None
    entity: str | None = None
    tags: Omittable[Items[str]] = None


class Integration(Wire):
    """Somebody else who is to be told of a job's metrics. Nothing is sent."""

    type: Literal["wandb"]
    wandb: Wandb


class JobCreate(Wire):
    """Body of `POST /fine_tuning/jobs`."""

    model: str
    training_file: str
    hyperparameters: Omittable[Hyperparameters] = None
    integrations: Annotated[Items[Integration], MaxLen(5)] | None = None
    metadata: Metadata | None = None
    method: Omittable[Method] = None
    seed: Annotated[Integer, Ge(0), Le(2**31 - 1)] | None = None
    suffix: Annotated[str, MinLen(1), MaxLen(64)] | None = None
    validation_file: str | None = None


class PermissionCreate(Wire):
    """Body of `POST /fine_tuning/checkpoints/{checkpoint}/permissions`."""

    project_ids: Annotated[Items[str], MinLen(1), MaxLen(100)]


Messages: TypeAlias = Annotated[Items[Message], MinLen(1)]


class Conversation(Wire):
    """A line of a file for supervised or reinforcement jobs; what else it holds is for the grader."""

    messages: Messages
    tools: Omittable[Items[Tool]] = None
    functions: Omittable[LegacyFunctions] = None
    parallel_tool_calls: Omittable[bool] = None


class Completed(Wire):
    """A line of a file for models that continue a text."""

    prompt: str
    completion: str


class Preference(Wire):
    """A line of a file for jobs about preferences."""

    input: Conversation
    preferred_output: Messages
    non_preferred_output: Messages
