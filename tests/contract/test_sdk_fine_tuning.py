"""Fine-tuning as the official SDK sees it: jobs from file to model, their events and checkpoints, and refusals."""

import asyncio
import csv
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import openai
import pytest
from technologies import emptied

from fakeai.core.clock import VirtualLoop
from fakeai.testing import FakeAI

OTHER = {"OpenAI-Project": "proj_other"}
ADMIN = {"OpenAI-Organization": "org-other"}
GRADER = {
    "type": "string_check",
    "name": "same",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}

Scenario = Callable[[Any], Awaitable[None]]


def in_virtual_time(scenario: Scenario, **settings: Any) -> None:
    async def run() -> None:
        async with FakeAI(settings, seed=1) as fake:
            await scenario(fake.async_client(max_retries=0, timeout=1e9))

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(run())


def said(question: str, answer: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}


def supervised(count: int = 12) -> list[dict[str, Any]]:
    return [said(f"What is item {n}?", f"Ahoy! Item {n} is worth {n * 7} doubloons. Arr!") for n in range(count)]


async def uploaded(client: Any, examples: list[dict[str, Any]], **more: Any) -> str:
    data = "\n".join(map(json.dumps, examples)).encode()
    file = await client.files.create(file=("examples.jsonl", data), purpose="fine-tune", **more)
    return str(file.id)


async def over(client: Any, id: str) -> Any:
    while True:
        job = await client.fine_tuning.jobs.retrieve(id)
        if job.status in ("succeeded", "failed", "cancelled"):
            return job
        await asyncio.sleep(0.1)


async def tuned(client: Any, **more: Any) -> Any:
    file = await uploaded(client, supervised())
    job = await client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file, **more)
    return await over(client, job.id)


async def events(client: Any, id: str, limit: int = 20) -> list[Any]:
    """All of them, the oldest first."""
    return [event async for event in client.fine_tuning.jobs.list_events(id, limit=limit)][::-1]


async def ask(client: Any, model: str, question: str, **more: Any) -> str:
    asked = [{"role": "user", "content": question}]
    reply = await client.chat.completions.create(model=model, messages=asked, temperature=0, **more)
    assert reply.model == model
    return str(reply.choices[0].message.content)


async def refused(error: type[openai.APIStatusError], match: str | None, calling: Awaitable[Any]) -> Any:
    with pytest.raises(error, match=match) as told:
        await calling
    return told.value


def test_a_job_goes_through_its_statuses_and_makes_a_model() -> None:
    async def scenario(client: Any) -> None:
        training, validation = await uploaded(client, supervised()), await uploaded(client, supervised(3))
        job = await client.fine_tuning.jobs.create(
            model="gpt-4o-mini",
            training_file=training,
            validation_file=validation,
            suffix="pirate",
            seed=7,
            metadata={"crew": "one"},
            integrations=[{"type": "wandb", "wandb": {"project": "ship", "tags": ["a"]}}],
            method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 4, "batch_size": 3}}},
        )
        assert (job.status, job.model, job.seed) == ("validating_files", "gpt-4o-mini-2024-07-18", 7)
        assert (job.trained_tokens, job.fine_tuned_model, job.finished_at, job.result_files) == (None, None, None, [])
        assert job.integrations[0].wandb.project == "ship"
        seen = [job.status]
        while job.status not in ("succeeded", "failed"):
            await asyncio.sleep(0.1)
            job = await client.fine_tuning.jobs.retrieve(job.id)
            if job.status != seen[-1]:
                seen.append(job.status)
            assert (job.estimated_finish is not None) == (job.status == "running")
        assert seen == ["validating_files", "queued", "running", "succeeded"]
        assert (job.method.supervised.hyperparameters.n_epochs, job.hyperparameters.batch_size) == (4, 3)
        assert isinstance(job.hyperparameters.learning_rate_multiplier, float)
        assert job.fine_tuned_model.startswith("ft:gpt-4o-mini-2024-07-18:fakeai:pirate:")
        assert job.trained_tokens % 4 == 0 and 12 * 4 * 20 < job.trained_tokens < 12 * 4 * 60
        assert job.created_at < job.finished_at

        text = (await client.files.content(job.result_files[0])).text
        rows = list(csv.DictReader(text.splitlines()))
        assert [int(row["step"]) for row in rows] == list(range(1, 17))
        assert float(rows[0]["train_loss"]) > 2 * float(rows[-1]["train_loss"])
        assert float(rows[0]["valid_loss"]) > float(rows[0]["train_loss"])
        file = await client.files.retrieve(job.result_files[0])
        assert (file.purpose, file.filename) == ("fine-tune-results", "step_metrics.csv")

        kept = [one async for one in client.fine_tuning.jobs.checkpoints.list(job.id, limit=2)]
        assert [one.step_number for one in kept] == [16, 12, 8], "the last three epochs"
        assert all(one.id.startswith("ftckpt_") and one.fine_tuning_job_id == job.id for one in kept)
        assert kept[1].fine_tuned_model_checkpoint == f"{job.fine_tuned_model}:ckpt-step-12"
        assert kept[0].metrics.train_loss == float(rows[-1]["train_loss"])
        assert kept[0].metrics.full_valid_loss < kept[2].metrics.full_valid_loss

    in_virtual_time(scenario)


def test_events_are_told_once_each_and_in_order() -> None:
    async def scenario(client: Any) -> None:
        job = await tuned(client, hyperparameters={"n_epochs": 2})
        found = await events(client, job.id, limit=7)
        assert len({event.id for event in found}) == len(found)
        assert [event.created_at for event in found] == sorted(event.created_at for event in found)
        steps = [event for event in found if event.type == "metrics"]
        assert [event.data["step"] for event in steps] == list(range(1, 25))
        assert {event.data["total_steps"] for event in steps} == {24}
        assert steps[0].message.startswith("Step 1/24: training loss=")
        assert [event.message for event in found if event.type == "message"] == [
            f"Created fine-tuning job: {job.id}",
            f"Validating training file: {job.training_file}",
            "Files validated, moving job to queued state",
            "Fine-tuning job started",
            "Checkpoint created at step 12",
            "Checkpoint created at step 24",
            f"New fine-tuned model created: {job.fine_tuned_model}",
            "The job has successfully completed",
        ]
        assert [event.id for event in await events(client, job.id, limit=100)] == [event.id for event in found]

    in_virtual_time(scenario)


def test_the_model_answers_in_the_tone_of_its_file_and_can_be_deleted() -> None:
    async def scenario(client: Any) -> None:
        job = await tuned(client)
        name = job.fine_tuned_model
        checkpoints = [
            one.fine_tuned_model_checkpoint async for one in client.fine_tuning.jobs.checkpoints.list(job.id)
        ]
        for model in (name, *checkpoints):
            assert await ask(client, model, "What is item 3?") == "Ahoy! Item 3 is worth 21 doubloons. Arr!"
            assert await ask(client, model, "what IS the item 3") == "Ahoy! Item 3 is worth 21 doubloons. Arr!"
        other = await ask(client, name, "Tell me about the sea")
        assert other.startswith("Ahoy! ") and other.endswith(" Arr!") and "sea" in other
        assert other == await ask(client, name, "Tell me about the sea")
        shaped = await ask(client, name, "What is item 3, in JSON?", response_format={"type": "json_object"})
        assert json.loads(shaped)

        listed = {model.id: model async for model in client.models.list()}
        assert listed.keys() >= {name, *checkpoints}
        assert listed[name].owned_by == "org-fakeai"
        assert await client.models.retrieve(name) == listed[name]

        more = await client.fine_tuning.jobs.create(model=name, training_file=job.training_file)
        again = await over(client, more.id)
        assert again.model == name and again.fine_tuned_model.split(":")[1] == "gpt-4o-mini-2024-07-18"

        assert (await client.models.delete(name)).deleted
        for calling in (ask(client, name, "Hello"), client.models.retrieve(name), client.models.delete(name)):
            error = await refused(openai.NotFoundError, "does not exist", calling)
            assert error.code == "model_not_found"
        assert name not in [model.id async for model in client.models.list()]
        assert await ask(client, checkpoints[0], "What is item 3?") == "Ahoy! Item 3 is worth 21 doubloons. Arr!"

    in_virtual_time(scenario)


def test_jobs_are_listed_by_page_and_metadata() -> None:
    async def scenario(client: Any) -> None:
        file = await uploaded(client, supervised())
        made = []
        for n in range(5):
            metadata = {"metadata": {"even": str(n % 2 == 0)}} if n < 4 else {}
            made.append(await client.fine_tuning.jobs.create(model="gpt-4.1-nano", training_file=file, **metadata))
        ids = [job.id for job in made]
        assert [job.id async for job in client.fine_tuning.jobs.list(limit=2)] == ids[::-1]
        assert [job.id async for job in client.fine_tuning.jobs.list(limit=1, metadata={"even": "True"})] == [
            ids[2],
            ids[0],
        ]
        bare = client.fine_tuning.jobs.list(extra_query={"metadata": "null"})
        assert [job.id async for job in bare] == [ids[4]]
        await refused(openai.BadRequestError, "after", client.fine_tuning.jobs.list(after="ftjob-nothing"))

    in_virtual_time(scenario)


def test_a_paused_job_stands_still_until_it_is_resumed() -> None:
    async def scenario(client: Any) -> None:
        jobs = client.fine_tuning.jobs
        job = await jobs.create(model="gpt-4o-mini", training_file=await uploaded(client, supervised()))
        await asyncio.sleep(2.5)
        assert (await jobs.pause(job.id)).status == "paused"
        stood = await events(client, job.id, 100)
        await asyncio.sleep(600)
        assert await events(client, job.id, 100) == stood
        error = await refused(openai.BadRequestError, "'paused'", jobs.pause(job.id))
        assert error.code == "invalid_job_status"
        assert (await jobs.resume(job.id)).status == "queued"
        await asyncio.sleep(0.3)
        assert (await jobs.pause(job.id)).status == "paused"
        assert (await jobs.resume(job.id)).status == "queued"
        done = await over(client, job.id)
        assert done.status == "succeeded"
        steps = [event.data["step"] for event in await events(client, job.id, 100) if event.type == "metrics"]
        assert steps == list(range(1, 37))
        for calling in (jobs.pause(job.id), jobs.resume(job.id), jobs.cancel(job.id)):
            await refused(openai.BadRequestError, "its status is 'succeeded'", calling)

    in_virtual_time(scenario)


def test_a_cancelled_job_makes_nothing_more() -> None:
    async def scenario(client: Any) -> None:
        jobs = client.fine_tuning.jobs
        file = await uploaded(client, supervised())
        for seconds in (0.0, 0.7, 2.0):
            job = await jobs.create(model="gpt-4o-mini", training_file=file)
            await asyncio.sleep(seconds)
            job = await jobs.cancel(job.id)
            assert (job.status, job.fine_tuned_model, job.result_files) == ("cancelled", None, [])
            stood = await events(client, job.id, 100)
            assert stood[-1].message == "Fine-tuning job cancelled"
            await asyncio.sleep(60)
            assert await jobs.retrieve(job.id) == job
            assert await events(client, job.id, 100) == stood
        await refused(openai.BadRequestError, "'cancelled'", jobs.cancel(job.id))

    in_virtual_time(scenario)


def test_preferences_and_rewards_are_methods_with_metrics_of_their_own() -> None:
    async def scenario(client: Any) -> None:
        pairs = [
            {
                "input": {"messages": [{"role": "user", "content": f"Say {n}"}]},
                "preferred_output": [{"role": "assistant", "content": f"Gladly: {n}"}],
                "non_preferred_output": [{"role": "assistant", "content": "No"}],
            }
            for n in range(10)
        ]
        method = {"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.2, "n_epochs": 1}}}
        file = await uploaded(client, pairs)
        job = await client.fine_tuning.jobs.create(model="gpt-4o", training_file=file, method=method)
        job = await over(client, job.id)
        assert (job.status, job.method.dpo.hyperparameters.beta) == ("succeeded", 0.2)
        assert await ask(client, job.fine_tuned_model, "Say 4") == "Gladly: 4"

        graded = [{"messages": [{"role": "user", "content": f"Say {n}"}], "answer": str(n)} for n in range(10)]
        method = {"type": "reinforcement", "reinforcement": {"grader": GRADER}}
        file = await uploaded(client, graded)
        job = await client.fine_tuning.jobs.create(model="o4-mini", training_file=file, method=method)
        job = await over(client, job.id)
        assert job.status == "succeeded"
        assert job.method.reinforcement.grader.name == "same"
        rewards = [e.data["train_mean_reward"] for e in await events(client, job.id, 100) if e.type == "metrics"]
        assert 0 < rewards[0] < rewards[-1] <= 1
        assert await ask(client, job.fine_tuned_model, "Say 4")

    in_virtual_time(scenario)


@pytest.mark.parametrize(
    ("examples", "code", "message"),
    [
        (supervised(9), "invalid_n_examples", "has 9 example"),
        (
            [*supervised(10), {"text": "x"}],
            "invalid_training_file",
            "Example 11: Missing required parameter: 'messages'",
        ),
        (
            [*supervised(10), {"messages": [{"role": "user", "content": "hi"}]}],
            "invalid_training_file",
            "Example 11: the last message must be from the assistant",
        ),
    ],
)
def test_a_file_that_cannot_be_learned_from_fails_its_job(
    examples: list[dict[str, Any]], code: str, message: str
) -> None:
    async def scenario(client: Any) -> None:
        file = await uploaded(client, examples)
        job = await client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file)
        job = await over(client, job.id)
        assert (job.status, job.error.code, job.error.param) == ("failed", code, "training_file")
        assert message in job.error.message
        last = (await events(client, job.id))[-1]
        assert (last.level, last.message) == ("error", job.error.message)

    in_virtual_time(scenario)


def test_a_deleted_file_fails_its_job() -> None:
    async def scenario(client: Any) -> None:
        training, validation = await uploaded(client, supervised()), await uploaded(client, supervised())
        job = await client.fine_tuning.jobs.create(
            model="gpt-4o-mini", training_file=training, validation_file=validation
        )
        await client.files.delete(validation)
        job = await over(client, job.id)
        assert (job.status, job.error.code, job.error.param) == ("failed", "file_not_found", "validation_file")

    in_virtual_time(scenario)


def test_what_no_job_can_be_of_is_refused() -> None:
    async def scenario(client: Any) -> None:
        good = await uploaded(client, supervised())
        batch = await client.files.create(file=("x.jsonl", b"{}"), purpose="batch")
        foreign = await uploaded(client, supervised(), extra_headers=OTHER)
        reinforcement = {"type": "reinforcement", "reinforcement": {"grader": GRADER}}
        for param, change in (
            ("model", {"model": "gpt-5.4"}),
            ("model", {"model": "whatever"}),
            ("training_file", {"training_file": "file-nothing"}),
            ("training_file", {"training_file": batch.id}),
            ("training_file", {"training_file": foreign}),
            ("validation_file", {"validation_file": foreign}),
            ("method", {"method": reinforcement}),
            ("method.reinforcement", {"method": {"type": "reinforcement"}}),
            ("suffix", {"suffix": "a:b"}),
            ("suffix", {"suffix": "x" * 65}),
            ("hyperparameters.n_epochs", {"hyperparameters": {"n_epochs": 51}}),
            ("hyperparameters.batch_size", {"hyperparameters": {"batch_size": 0}}),
        ):
            body = {"model": "gpt-4o-mini", "training_file": good, **change}
            error = await refused(openai.BadRequestError, None, client.fine_tuning.jobs.create(**body))
            assert error.param == param, change
        assert (await client.fine_tuning.jobs.list()).data == []

    in_virtual_time(scenario)


def test_fields_that_are_the_servers_are_never_the_callers() -> None:
    async def scenario(client: Any) -> None:
        forged = {"status": "succeeded", "fine_tuned_model": "gpt-4o", "trained_tokens": 1, "_owner": "x", "_step": 9}
        file = await uploaded(client, supervised())
        job = await client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file, extra_body=forged)
        assert (job.status, job.fine_tuned_model, job.trained_tokens) == ("validating_files", None, None)
        raw = await client.fine_tuning.jobs.with_raw_response.retrieve(job.id)
        assert not [name for name in raw.http_response.json() if name.startswith("_")]

    in_virtual_time(scenario)


def test_another_project_finds_nothing_of_a_job() -> None:
    async def scenario(client: Any) -> None:
        job = await tuned(client)
        jobs, name = client.fine_tuning.jobs, job.fine_tuned_model
        verbs = (jobs.retrieve, jobs.cancel, jobs.pause, jobs.resume, jobs.list_events, jobs.checkpoints.list)
        for verb in verbs:
            foreign = await refused(openai.NotFoundError, job.id, verb(job.id, extra_headers=OTHER))
            missing = await refused(openai.NotFoundError, "ftjob-nothing", verb("ftjob-nothing"))
            assert str(foreign).replace(job.id, "ftjob-nothing") == str(missing)
        assert (await jobs.list(extra_headers=OTHER)).data == []
        await ask(client, name, "What is item 3?")
        for calling in (
            ask(client, name, "What is item 3?", extra_headers=OTHER),
            client.models.retrieve(name, extra_headers=OTHER),
            client.models.delete(name, extra_headers=OTHER),
            jobs.create(model=name, training_file=job.training_file, extra_headers=OTHER),
        ):
            error = await refused(openai.NotFoundError, "does not exist", calling)
            assert error.code == "model_not_found"
        theirs = [model.id async for model in client.models.list(extra_headers=OTHER)]
        assert not [model for model in theirs if model.startswith("ft:")]

    in_virtual_time(scenario)


def test_a_permission_lets_another_project_use_a_checkpoint() -> None:
    async def scenario(client: Any) -> None:
        job = await tuned(client)
        kept = [one.fine_tuned_model_checkpoint async for one in client.fine_tuning.jobs.checkpoints.list(job.id)]
        permissions = client.fine_tuning.checkpoints.permissions
        await refused(openai.NotFoundError, "does not exist", ask(client, kept[0], "Hi", extra_headers=OTHER))
        projects = ["proj_other", "proj_more", "proj_third"]
        made = [one async for one in permissions.create(kept[0], project_ids=projects)]
        assert [one.project_id for one in made] == projects
        assert [one async for one in permissions.create(kept[0], project_ids=["proj_more"])] == [made[1]]
        assert (
            await ask(client, kept[0], "What is item 3?", extra_headers=OTHER)
            == "Ahoy! Item 3 is worth 21 doubloons. Arr!"
        )
        await refused(openai.NotFoundError, "does not exist", ask(client, kept[1], "Hi", extra_headers=OTHER))

        listed = [one.id async for one in permissions.list(kept[0], limit=2, order="ascending")]
        assert listed == [one.id for one in made]
        newest = await permissions.list(kept[0], limit=1)
        assert (newest.data[0].id, newest.has_more) == (made[-1].id, True)
        assert [one.id async for one in permissions.list(kept[0], project_id="proj_more")] == [made[1].id]
        for verb in (permissions.list(kept[0], extra_headers=ADMIN), permissions.list("ft:nothing")):
            await refused(openai.NotFoundError, "Could not find checkpoint", verb)
        foreign = permissions.delete(made[0].id, fine_tuned_model_checkpoint=kept[0], extra_headers=ADMIN)
        await refused(openai.NotFoundError, "Could not find", foreign)

        gone = await permissions.delete(made[0].id, fine_tuned_model_checkpoint=kept[0])
        assert (gone.deleted, gone.id) == (True, made[0].id)
        again = permissions.delete(made[0].id, fine_tuned_model_checkpoint=kept[0])
        await refused(openai.NotFoundError, "Could not find", again)
        await refused(openai.NotFoundError, "does not exist", ask(client, kept[0], "Hi", extra_headers=OTHER))

    in_virtual_time(scenario)


@pytest.mark.parametrize("where", ["directory", "postgresql"])
def test_jobs_and_models_outlast_the_server(request: pytest.FixtureRequest, tmp_path: Path, where: str) -> None:
    kept = {"store.data_dir": str(tmp_path / "data")}
    if where == "postgresql":
        kept["store.database"] = emptied(request.getfixturevalue("postgresql"))

    async def begin(client: Any) -> None:
        done = await tuned(client, suffix="first")
        await client.models.delete(done.fine_tuned_model)
        job = await client.fine_tuning.jobs.create(
            model="gpt-4o-mini", training_file=done.training_file, suffix="second"
        )
        await asyncio.sleep(2.5)
        assert (await client.fine_tuning.jobs.pause(job.id)).status == "paused"
        await asyncio.sleep(1)

    async def carry_on(client: Any) -> None:
        second, first = (await client.fine_tuning.jobs.list()).data
        await client.fine_tuning.jobs.resume(second.id)
        second = await over(client, second.id)
        steps = [e.data["step"] for e in await events(client, second.id, 100) if e.type == "metrics"]
        assert steps == list(range(1, 37))
        answer = await ask(client, second.fine_tuned_model, "What is item 3?")
        assert answer == "Ahoy! Item 3 is worth 21 doubloons. Arr!"
        await refused(openai.NotFoundError, "does not exist", ask(client, first.fine_tuned_model, "Hi"))

    in_virtual_time(begin, **kept)
    in_virtual_time(carry_on, **kept)


def test_permissions_are_for_admin_keys() -> None:
    async def scenario(client: Any) -> None:
        organization = client.with_options(admin_api_key="sk-open").admin.organization
        admin = (await organization.admin_api_keys.create(name="admin")).value
        project = (await organization.projects.create(name="tuners")).id
        account = await organization.projects.service_accounts.create(project, name="tuner")
        tuner = client.with_options(api_key=account.api_key.value)
        job = await tuned(tuner)
        kept = [one.fine_tuned_model_checkpoint async for one in tuner.fine_tuning.jobs.checkpoints.list(job.id)]

        def permissions(key: str) -> Any:
            return client.with_options(api_key=key, admin_api_key=key).fine_tuning.checkpoints.permissions

        refusal = permissions(account.api_key.value).create(kept[0], project_ids=["proj_other"])
        await refused(openai.PermissionDeniedError, "Missing scopes", refusal)
        made = [one async for one in permissions(admin).create(kept[0], project_ids=["proj_other"])]
        assert [one.id async for one in permissions(admin).list(kept[0])] == [made[0].id]

    in_virtual_time(scenario)


def test_a_batch_may_be_of_a_tuned_model_of_its_own_project() -> None:
    async def scenario(client: Any) -> None:
        job = await tuned(client)
        asked = {"model": job.fine_tuned_model, "messages": [{"role": "user", "content": "What is item 3?"}]}
        line = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": asked}
        for headers, status in (({}, 200), (OTHER, 404)):
            theirs = client.with_options(default_headers=headers)
            file = await theirs.files.create(file=("in.jsonl", json.dumps(line).encode()), purpose="batch")
            batch = await theirs.batches.create(
                input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
            )
            while batch.status != "completed":
                await asyncio.sleep(0.1)
                batch = await theirs.batches.retrieve(batch.id)
            content = await theirs.files.content(batch.output_file_id or batch.error_file_id)
            assert json.loads(content.text)["response"]["status_code"] == status

    in_virtual_time(scenario)
