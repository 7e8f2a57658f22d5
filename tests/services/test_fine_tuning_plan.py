"""What a job will do, which follows from its id."""

import csv

import pytest

from fakeai.core import catalog
from fakeai.services.fine_tuning_plan import SNAPSHOTS, TUNABLE, Plan, model_name, settle, steps_of_epoch

PLAN = Plan("ftjob-1", "supervised", 5, 20, True)


def test_losses_fall_and_accuracies_rise() -> None:
    found = [PLAN.metrics(step) for step in range(1, PLAN.steps + 1)]
    for name, rises in (("train_loss", False), ("valid_loss", False), ("train_mean_token_accuracy", True)):
        means = [sum(one[name] for one in found[at : at + 20]) / 20 for at in range(0, 100, 20)]
        assert means == sorted(means, reverse=not rises), name
    assert all(one["valid_loss"] > one["train_loss"] > 0 for one in found)
    assert all(0 < one["train_mean_token_accuracy"] < 1 for one in found)
    assert [step for step, one in enumerate(found, 1) if "full_valid_loss" in one] == [20, 40, 60, 80, 100]


def test_metrics_are_the_same_whenever_they_are_looked_at_and_others_for_another_job() -> None:
    assert PLAN.metrics(7) == Plan("ftjob-1", "supervised", 5, 20, True).metrics(7)
    assert PLAN.metrics(7) != PLAN._replace(id="ftjob-2").metrics(7)
    assert not {name for name in PLAN._replace(validated=False).metrics(20) if "valid" in name}


def test_rewards_rise_and_preferences_begin_at_chance() -> None:
    rewards = [PLAN._replace(method="reinforcement").metrics(step) for step in range(20, 101, 20)]
    means = [one["valid_mean_reward"] for one in rewards]
    assert all(0 <= one["train_mean_reward"] <= 1 for one in rewards)
    assert means[0] < means[-1]
    assert PLAN._replace(method="dpo").metrics(1)["train_loss"] == pytest.approx(0.69, abs=0.05), "the logarithm of two"


def test_the_last_three_epochs_are_kept() -> None:
    assert [step for step in range(1, 101) if PLAN.kept(step)] == [60, 80, 100]
    assert [step for step in range(1, 21) if PLAN._replace(epochs=1).kept(step)] == [20]


def test_the_result_file_has_the_metrics_of_every_step() -> None:
    rows = list(csv.DictReader(PLAN.results().decode().splitlines()))
    assert [int(row["step"]) for row in rows] == list(range(1, 101))
    assert float(rows[6]["train_loss"]) == PLAN.metrics(7)["train_loss"]
    assert float(rows[6]["train_accuracy"]) == PLAN.metrics(7)["train_mean_token_accuracy"]
    graded = list(csv.DictReader(PLAN._replace(method="reinforcement").results().decode().splitlines()))
    assert graded[0]["valid_mean_reward"] == ""
    assert float(graded[19]["valid_mean_reward"]) > 0


def test_what_nobody_has_set_is_settled_by_the_number_of_examples() -> None:
    assert settle({"n_epochs": "auto"}, "supervised", 10) == {
        "batch_size": 1,
        "learning_rate_multiplier": 1.8,
        "n_epochs": 3,
    }
    assert settle({"batch_size": 7, "beta": 0.3}, "dpo", 10)["beta"] == 0.3
    sizes = [settle({}, "supervised", examples)["batch_size"] for examples in (10, 1_000, 10_000, 1_000_000)]
    assert sizes == [1, 2, 20, 256]
    assert [steps_of_epoch(10, size) for size in (1, 3, 10, 11)] == [10, 4, 1, 1]


def test_models_are_called_after_their_base_and_owner() -> None:
    name = model_name("gpt-4o-mini-2024-07-18", "org-acme", "pirate", "ftjob-1")
    assert name.startswith("ft:gpt-4o-mini-2024-07-18:acme:pirate:") and len(name.split(":")[-1]) == 8
    assert model_name("gpt-4o-mini-2024-07-18", "org-acme", "pirate", "ftjob-1", 20) == f"{name}:ckpt-step-20"
    again = model_name(name, "org-acme", None, "ftjob-2")
    assert again.startswith("ft:gpt-4o-mini-2024-07-18:acme::") and again[-8:] != name[-8:]


def test_what_can_be_tuned_is_in_the_catalog() -> None:
    known = catalog.load().cards
    assert set(SNAPSHOTS.values()) <= TUNABLE.keys()
    assert set(SNAPSHOTS) | set(TUNABLE) <= known.keys()
