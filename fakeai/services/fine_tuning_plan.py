"""What a fine-tuning job will do: which models can be tuned how, its steps, and the metrics of each. Pure: knows no job's state.

Everything follows from the job's id: the same step has the same metrics whenever it is looked at.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from math import ceil, exp
from types import MappingProxyType
from typing import Any, NamedTuple

from fakeai.core.chance import Chance
from fakeai.wire.fine_tuning_reply import MethodType

CHECKPOINTS = 3
"""The last epochs whose model is kept."""

_ALL: tuple[MethodType, ...] = ("supervised", "dpo")
_GRADED: tuple[MethodType, ...] = ("reinforcement",)
_TEXT: tuple[MethodType, ...] = ("supervised",)
TUNABLE: Mapping[str, tuple[MethodType, ...]] = MappingProxyType(
    {
        "gpt-4.1-2025-04-14": _ALL,
        "gpt-4.1-mini-2025-04-14": _ALL,
        "gpt-4.1-nano-2025-04-14": _ALL,
        "gpt-4o-2024-08-06": _ALL,
        "gpt-4o-mini-2024-07-18": _ALL,
        "gpt-4-0613": _TEXT,
        "gpt-3.5-turbo-0125": _TEXT,
        "gpt-3.5-turbo-1106": _TEXT,
        "o4-mini-2025-04-16": _GRADED,
        "babbage-002": _TEXT,
        "davinci-002": _TEXT,
    }
)
"""Methods by snapshot: developers.openai.com/api/docs/guides/model-optimization."""
SNAPSHOTS: Mapping[str, str] = MappingProxyType(
    {
        "gpt-4.1": "gpt-4.1-2025-04-14",
        "gpt-4.1-mini": "gpt-4.1-mini-2025-04-14",
        "gpt-4.1-nano": "gpt-4.1-nano-2025-04-14",
        "gpt-4o": "gpt-4o-2024-08-06",
        "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
        "gpt-4": "gpt-4-0613",
        "gpt-3.5-turbo": "gpt-3.5-turbo-0125",
        "o4-mini": "o4-mini-2025-04-16",
    }
)
"""What a job is told to tune when an alias is asked for."""

_AUTO_EPOCHS = 3
_BATCH_PART = 0.002
_MOST_AUTO_BATCH = 256


class Plan(NamedTuple):
    """The steps of a job, counted from one. `validated`: whether there is a second file to look at."""

    id: str
    method: MethodType
    epochs: int
    per_epoch: int
    validated: bool

    @property
    def steps(self) -> int:
        """All of them."""
        return self.epochs * self.per_epoch

    def ends_epoch(self, step: int) -> bool:
        """Whether an epoch ends with it."""
        return step % self.per_epoch == 0

    def kept(self, step: int) -> bool:
        """Whether the model as it is then is kept."""
        return self.ends_epoch(step) and step > self.steps - CHECKPOINTS * self.per_epoch

    def metrics(self, step: int) -> dict[str, float]:
        """Those of the SDK's names, and a grader's: losses fall, accuracies and rewards rise, with some noise."""
        chance = Chance(f"{self.id} {step}")
        shape = Chance(self.id)
        done = 1.0 - exp(-4.0 * step / self.steps)
        if self.method == "reinforcement":
            low, high = 0.15 + 0.2 * shape.unit(), 0.75 + 0.2 * shape.unit()
            found = {"train_mean_reward": _near(low + (high - low) * done, chance)}
            if self.ends_epoch(step):
                found["valid_mean_reward"] = _near(low + (high - low) * done * 0.95, chance)
            return found
        start, floor = 1.4 + shape.unit(), 0.1 + 0.3 * shape.unit()
        if self.method == "dpo":
            start, floor = 0.6931, 0.15 + 0.2 * shape.unit()
        loss = floor + (start - floor) * (1.0 - done)
        found = {"train_loss": _near(loss, chance), "train_mean_token_accuracy": _near(0.55 + 0.4 * done, chance)}
        if self.validated:
            found["valid_loss"] = _near(loss * 1.08, chance)
            found["valid_mean_token_accuracy"] = _near(0.54 + 0.38 * done, chance)
            if self.ends_epoch(step):
                found["full_valid_loss"] = _near(loss * 1.06, chance)
                found["full_valid_mean_token_accuracy"] = _near(0.54 + 0.39 * done, chance)
        return found

    def message(self, step: int) -> str:
        """The metrics of a step in words."""
        names = {
            "train_loss": "training loss",
            "valid_loss": "validation loss",
            "full_valid_loss": "full validation loss",
        }
        names |= {"train_mean_reward": "train reward", "valid_mean_reward": "validation reward"}
        found = self.metrics(step)
        told = ", ".join(f"{words}={found[name]:.2f}" for name, words in names.items() if name in found)
        return f"Step {step}/{self.steps}: {told}"

    def results(self) -> bytes:
        """The result file: a CSV whose rows are steps."""
        names = ["train_mean_reward", "valid_mean_reward"]
        titles = ["step", *names]
        if self.method != "reinforcement":
            names = ["train_loss", "train_mean_token_accuracy", "valid_loss", "valid_mean_token_accuracy"]
            titles = ["step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy"]
        rows = [",".join(titles)]
        for step in range(1, self.steps + 1):
            found = self.metrics(step)
            rows.append(",".join([str(step), *(str(found.get(name, "")) for name in names)]))
        return "\n".join((*rows, "")).encode()


def settle(asked: Mapping[str, Any], method: MethodType, examples: int) -> dict[str, Any]:
    """Hyperparameters without `auto`. Any: JSON numbers and words."""
    batch = min(max(1, ceil(examples * _BATCH_PART)), _MOST_AUTO_BATCH)
    auto: dict[str, Any] = {"batch_size": batch, "learning_rate_multiplier": 1.8, "n_epochs": _AUTO_EPOCHS}
    if method == "dpo":
        auto |= {"learning_rate_multiplier": 1.0, "beta": 0.1}
    if method == "reinforcement":
        auto |= {"learning_rate_multiplier": 1.0, "compute_multiplier": 1.0, "eval_interval": 5, "eval_samples": 1}
        auto |= {"reasoning_effort": "default"}
    return {name: value if asked.get(name, "auto") == "auto" else asked[name] for name, value in auto.items()}


def steps_of_epoch(examples: int, batch_size: int) -> int:
    """Steps that see every example once."""
    return max(1, ceil(examples / batch_size))


def model_name(base: str, organization: str, suffix: str | None, job: str, step: int | None = None) -> str:
    """What the model a job makes is called, or the one it has made after so many steps."""
    words = base.split(":")[:2] if base.startswith("ft:") else ["ft", base]
    mark = b64encode(Chance(f"model {job}").data(12), b"Zq").decode()[:8]
    checkpoint: Sequence[str] = () if step is None else (f"ckpt-step-{step}",)
    return ":".join([*words, organization.removeprefix("org-") or "personal", suffix or "", mark, *checkpoint])


def _near(value: float, chance: Chance) -> float:
    return round(max(value * (1.0 + 0.03 * (chance.unit() - 0.5)), 0.0), 4) if value < 1.0 else round(value, 4)
