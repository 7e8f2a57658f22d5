"""What is asked about fine-tuning, in an order in which it can be answered."""

import json
from typing import Any

from contract.steps import Step, one

_JOBS = "/fine_tuning/jobs"
_JOB = f"{_JOBS}/{{fine_tuning_job_id}}"
_PERMISSIONS = "/fine_tuning/checkpoints/{fine_tuned_model_checkpoint}/permissions"
_USER = {"role": "user", "content": "Say it"}
_GOOD = [{"role": "assistant", "content": "Gladly"}]
_GRADER = {
    "type": "string_check",
    "name": "same",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}
_SIZES = {"n_epochs": 1, "batch_size": 1, "learning_rate_multiplier": 0.5}


def _file(line: dict[str, Any], name: str) -> Step:
    """Upload ten of these lines."""
    data = "\n".join([json.dumps(line)] * 10).encode()
    return Step("POST", "/files", {"purpose": "fine-tune"}, name, files={"file": ("in.jsonl", data)})


def _job(model: str, **more: Any) -> dict[str, Any]:
    return {"model": model, "training_file": "{training_file}", **more}


_FULL = _job(
    "gpt-4o-mini-2024-07-18",
    validation_file="{training_file}",
    suffix="s",
    seed=7,
    metadata={"a": "b"},
    integrations=[{"type": "wandb", "wandb": {"project": "p", "name": "n", "entity": "e", "tags": ["t"]}}],
    method={"type": "supervised", "supervised": {"hyperparameters": _SIZES}},
)
_OF_JOBS = [
    _file({"messages": [_USER, *_GOOD]}, "training_file"),
    *one(_JOBS, "fine_tuning_job_id", _FULL),
    Step("POST", f"{_JOB}/pause"),
    Step("POST", f"{_JOB}/resume"),
    Step("GET", _JOB, until="running"),
    Step("GET", _JOB, until="succeeded"),
    Step("GET", f"{_JOB}/events"),
    Step("GET", f"{_JOB}/checkpoints", keeps="fine_tuned_model_checkpoint", at="fine_tuned_model_checkpoint"),
    Step("POST", _JOBS, _job("gpt-4o-mini", hyperparameters=_SIZES), "fine_tuning_job_id"),
    Step("POST", f"{_JOB}/cancel"),
]
_OF_METHODS = [
    _file(
        {
            "input": {"messages": [_USER]},
            "preferred_output": _GOOD,
            "non_preferred_output": [{"role": "assistant", "content": "No"}],
        },
        "training_file",
    ),
    Step(
        "POST",
        _JOBS,
        _job("gpt-4o", method={"type": "dpo", "dpo": {"hyperparameters": {**_SIZES, "beta": 0.2}}}),
        "fine_tuning_job_id",
    ),
    Step("GET", _JOB, until="succeeded"),
    _file({"messages": [_USER], "answer": "a"}, "training_file"),
    Step(
        "POST",
        _JOBS,
        _job(
            "o4-mini",
            method={
                "type": "reinforcement",
                "reinforcement": {
                    "grader": _GRADER,
                    "hyperparameters": {
                        **_SIZES,
                        "compute_multiplier": 0.5,
                        "eval_interval": 1,
                        "eval_samples": 1,
                        "reasoning_effort": "low",
                    },
                },
            },
        ),
        "fine_tuning_job_id",
    ),
    Step("GET", _JOB, until="succeeded"),
    Step("GET", f"{_JOB}/events"),
    _file({"messages": [_USER]}, "training_file"),
    Step("POST", _JOBS, _job("gpt-4o-mini"), "fine_tuning_job_id"),
    Step("GET", _JOB, until="failed"),
    Step("GET", _JOBS),
]
_OF_PERMISSIONS = [
    Step("POST", _PERMISSIONS, {"project_ids": ["proj_other"]}, "permission_id"),
    Step("GET", _PERMISSIONS),
    Step("DELETE", f"{_PERMISSIONS}/{{permission_id}}"),
]

STEPS = [*_OF_JOBS, *_OF_METHODS, *_OF_PERMISSIONS]
