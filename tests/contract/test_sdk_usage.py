"""Usage and costs through the official SDK: what is told adds up to what the answers said, of every kind of traffic."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest

from fakeai.testing import FakeAI

SAID = [{"role": "user", "content": "Tell me of the sea, and of the ships on it."}]
LATENCY = {"x-fakeai-itl-ms": "60000"}


@pytest.fixture
def fake() -> Iterator[FakeAI]:
    with FakeAI(seed=1) as made:
        yield made


@pytest.fixture
def start() -> int:
    return int(time.time()) // 86_400 * 86_400


def usage(fake: FakeAI, **options: Any) -> Any:
    """The SDK's resource. Any: its generated class."""
    return fake.client(admin_api_key="sk-admin", **options).admin.organization.usage


def total(page: Any, name: str) -> int:
    return sum(getattr(result, name) for bucket in page.data for result in bucket.results)


def eventually(look: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not look():
        assert time.monotonic() < end


def test_what_is_told_is_the_sum_of_what_the_answers_said(fake: FakeAI, start: int) -> None:
    client = fake.client()
    told = []
    for number in range(20):
        model = "gpt-4o-mini" if number % 2 else "gpt-4.1"
        if number % 3:
            answer = client.chat.completions.create(model=model, messages=SAID, max_tokens=number + 1)
            told.append(answer.usage)
        else:
            stream = client.chat.completions.create(
                model=model, messages=SAID, max_tokens=number + 1, stream=True, stream_options={"include_usage": True}
            )
            told.append([chunk.usage for chunk in stream][-1])
    legacy = client.completions.create(model="gpt-3.5-turbo-instruct", prompt=["a", "b"], max_tokens=3)
    told.append(legacy.usage)
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="gpt-4o", messages=[])
    page = usage(fake).completions(start_time=start)
    assert total(page, "num_model_requests") == 21
    assert total(page, "input_tokens") == sum(used.prompt_tokens for used in told)
    assert total(page, "output_tokens") == sum(used.completion_tokens for used in told)
    assert total(page, "input_cached_tokens") == sum(
        used.prompt_tokens_details.cached_tokens for used in told if used.prompt_tokens_details
    )
    by_model = usage(fake).completions(start_time=start, group_by=["model"])
    counts = {result.model: result.num_model_requests for bucket in by_model.data for result in bucket.results}
    assert counts == {"gpt-4o-mini": 10, "gpt-4.1": 10, "gpt-3.5-turbo-instruct": 1}


def test_a_stream_that_a_client_left_counts_for_what_it_got(fake: FakeAI, start: int) -> None:
    stream = fake.client().chat.completions.create(
        model="gpt-4o-mini", messages=SAID, max_tokens=50, stream=True, extra_headers=LATENCY
    )
    next(chunk for chunk in stream if chunk.choices[0].delta.content)
    stream.close()
    eventually(lambda: total(usage(fake).completions(start_time=start), "output_tokens") == 1)


def test_each_kind_is_told_by_itself(fake: FakeAI, start: int) -> None:
    client = fake.client()
    made = client.embeddings.create(model="text-embedding-3-small", input=["one", "two words"])
    client.moderations.create(model="omni-moderation-latest", input="a quiet day")
    told = usage(fake)
    assert total(told.embeddings(start_time=start), "input_tokens") == made.usage.prompt_tokens
    assert total(told.moderations(start_time=start), "num_model_requests") == 1
    assert total(told.moderations(start_time=start), "input_tokens") == 3
    for kind in ("completions", "images", "audio_speeches", "audio_transcriptions", "vector_stores", "decisions"):
        assert [bucket.results for bucket in getattr(told, kind)(start_time=start).data] == [[]]
    for kind in ("code_interpreter_sessions", "file_search_calls", "web_search_calls"):
        assert [bucket.results for bucket in getattr(told, kind)(start_time=start).data] == [[]]


def test_searches_and_containers_are_counted_and_billed(fake: FakeAI, start: int) -> None:
    client = fake.client()
    stores = [client.vector_stores.create(name=name).id for name in ("one", "two")]
    for store in (stores[0], *stores):
        client.vector_stores.search(store, query="anything")
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.search("vs_none", query="anything")
    client.containers.create(name="box")
    told = usage(fake)
    searches = told.file_search_calls(start_time=start, group_by=["vector_store_id"])
    counts = {result.vector_store_id: result.num_requests for bucket in searches.data for result in bucket.results}
    assert counts == {stores[0]: 2, stores[1]: 1}
    assert total(told.code_interpreter_sessions(start_time=start), "num_sessions") == 1
    bill = told.costs(start_time=start, group_by=["line_item"])
    lines = {result.line_item: result.amount.value for bucket in bill.data for result in bucket.results}
    assert lines == {"file search tool calls": 0.0075, "code interpreter sessions": 0.03}


def test_projects_are_apart_and_organizations_see_nothing_of_each_other(fake: FakeAI, start: int) -> None:
    for organization, project, count in (("org-a", "proj_1", 1), ("org-a", "proj_2", 2), ("org-b", "proj_1", 4)):
        client = fake.client(organization=organization, project=project)
        for _ in range(count):
            client.embeddings.create(model="text-embedding-3-small", input="x")
    ours = usage(fake, organization="org-a")
    page = ours.embeddings(start_time=start, group_by=["project_id"])
    counts = {result.project_id: result.num_model_requests for bucket in page.data for result in bucket.results}
    assert counts == {"proj_1": 1, "proj_2": 2}
    assert total(ours.embeddings(start_time=start, project_ids=["proj_2"]), "num_model_requests") == 2
    assert total(usage(fake, organization="org-c").embeddings(start_time=start), "num_model_requests") == 0
    costs = ours.costs(start_time=start, group_by=["project_id"])
    assert {result.project_id for bucket in costs.data for result in bucket.results} == {"proj_1", "proj_2"}


def test_pages_join_to_the_whole(fake: FakeAI, start: int) -> None:
    fake.client().embeddings.create(model="text-embedding-3-small", input="x")
    told, end = usage(fake), start + 86_400
    whole = told.embeddings(start_time=start, end_time=end, bucket_width="1h", limit=24)
    assert not whole.has_more and len(whole.data) == 24
    joined, page = [], None
    while True:
        more = {} if page is None else {"page": page}
        part = told.embeddings(start_time=start, end_time=end, bucket_width="1h", limit=7, **more)
        joined += part.data
        if not part.has_more:
            break
        page = part.next_page
    assert joined == whole.data
    assert sum(len(bucket.results) for bucket in joined) == 1


def test_costs_are_tokens_times_prices(fake: FakeAI, start: int) -> None:
    answer = fake.client().chat.completions.create(model="gpt-4o-mini", messages=SAID, max_tokens=40)
    assert answer.usage is not None
    lines = usage(fake).costs(start_time=start, group_by=["line_item"]).data[0].results
    told = {line.line_item: (line.quantity, line.amount.value) for line in lines}
    prompt, completion = answer.usage.prompt_tokens, answer.usage.completion_tokens
    assert told == {
        "gpt-4o-mini, input_tokens": (prompt, pytest.approx(prompt * 0.15e-6)),
        "gpt-4o-mini, output_tokens": (completion, pytest.approx(completion * 0.6e-6)),
    }
    (whole,) = usage(fake).costs(start_time=start).data[0].results
    assert whole.amount.value == pytest.approx(prompt * 0.15e-6 + completion * 0.6e-6)
    assert whole.amount.currency == "usd"


def test_an_organization_that_has_spent_its_limit_is_refused_until_it_is_raised(fake: FakeAI) -> None:
    admin = fake.client(admin_api_key="sk-admin", organization="org-a").admin.organization
    client = fake.client(organization="org-a", max_retries=0)
    other = fake.client(organization="org-b", max_retries=0)
    limit = {"currency": "USD", "interval": "month"}
    admin.spend_limit.update(threshold_amount=1, **limit)
    admin.spend_alerts.create(
        threshold_amount=1, notification_channel={"type": "email", "recipients": ["us@example.com"]}, **limit
    )
    text = "the sea and the ships " * 20_000

    def refused() -> bool:
        try:
            client.embeddings.create(model="text-embedding-3-large", input=[text[:20_000]] * 40)
        except openai.RateLimitError as error:
            assert (error.status_code, error.code, error.type) == (429, "insufficient_quota", "insufficient_quota")
            return True
        return False

    eventually(refused)
    other.embeddings.create(model="text-embedding-3-small", input="x")
    assert admin.spend_limit.retrieve().enforcement.status == "enforcing"
    changes = [log.organization_updated for log in admin.audit_logs.list(event_types=["organization.updated"])]
    assert any("spend_alert_reached" in str(change) for change in changes)
    admin.spend_limit.update(threshold_amount=100_000, **limit)
    eventually(lambda: not refused())
    assert admin.spend_limit.retrieve().enforcement.status == "inactive"


def test_usage_is_told_by_the_key_and_its_user(fake: FakeAI, start: int) -> None:
    organization = fake.client(admin_api_key="sk-admin").admin.organization
    project = organization.projects.create(name="Ships")
    account = organization.projects.service_accounts.create(project.id, name="sailor")
    assert account.api_key is not None
    fake.client(api_key=account.api_key.value).embeddings.create(model="text-embedding-3-small", input="x")
    page = usage(fake).embeddings(start_time=start, group_by=["project_id", "api_key_id", "user_id"])
    ((told,),) = [bucket.results for bucket in page.data]
    assert (told.project_id, told.api_key_id, told.user_id) == (project.id, account.api_key.id, account.id)
    assert total(usage(fake).embeddings(start_time=start, api_key_ids=["key_other"]), "input_tokens") == 0
