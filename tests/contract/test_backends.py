"""One promise, whoever answers: the simulation, a real model in this process, or another server.

Everything is asked by the official SDK of a real server's socket.
"""

from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import openai
import pytest

from fakeai.testing import FakeAI

SEA = [{"role": "user", "content": "Tell me about the sea."}]
SLOW = {"x-fakeai-itl-ms": "50"}
"""For the simulation; a real model takes its time anyway."""


class Served(NamedTuple):
    """A server and the names of its models."""

    client: openai.OpenAI
    chat: str
    text: str
    vectors: str
    dimensions: int
    endless: dict[str, Any]
    """What keeps an answer going to its last token."""
    servers: tuple[str, ...]
    """The addresses of all servers that work for it."""

    def ask(self, **asked: Any) -> Any:
        return self.client.chat.completions.create(
            **{"model": self.chat, "messages": SEA, "max_tokens": 24, "temperature": 0, **asked}
        )

    def stream(self, **asked: Any) -> list[Any]:
        return list(self.ask(stream=True, stream_options={"include_usage": True}, **asked))


@pytest.fixture(scope="module")
def simulated() -> Iterator[Served]:
    with FakeAI(seed=1) as fake, _client(fake) as client:
        names = "gpt-4o-mini", "gpt-3.5-turbo-instruct", "text-embedding-3-small"
        yield Served(client, *names, 1536, {}, (fake.url,))


@pytest.fixture(scope="module")
def upstream() -> Iterator[Served]:
    with FakeAI(seed=1) as there:
        models = {
            name: {"backend": "openai", "base_url": there.base_url, "api_key": "sk-there", "upstream_model": known}
            for name, known in (
                ("far", "gpt-4o-mini"),
                ("far-text", "gpt-3.5-turbo-instruct"),
                ("far-vectors", "text-embedding-3-small"),
            )
        }
        flags = {f"models.{name}.{field}": value for name, of in models.items() for field, value in of.items()}
        with FakeAI(flags, strict_models=True) as fake, _client(fake) as client:
            yield Served(client, "far", "far-text", "far-vectors", 1536, {}, (fake.url, there.url))


@pytest.fixture(scope="module")
def transformers(tiny_chat: Path, tiny_encoder: Path) -> Iterator[Served]:
    flags = {
        "models.tiny.backend": "transformers",
        "models.tiny.path": str(tiny_chat),
        "models.tiny.max_batch": "4",
        "models.tiny-vectors.backend": "transformers",
        "models.tiny-vectors.path": str(tiny_encoder),
        "models.tiny-vectors.family": "embedding",
        "models.tiny-vectors.shortens": "true",
    }
    with FakeAI(flags, strict_models=True) as fake, _client(fake) as client:
        yield Served(client, "tiny", "tiny", "tiny-vectors", 64, {"logit_bias": {"2": -100}}, (fake.url,))


def _client(fake: FakeAI) -> openai.OpenAI:
    return openai.OpenAI(base_url=fake.base_url, api_key="any", max_retries=0)


@pytest.fixture(params=["simulated", "upstream", "transformers"])
def served(request: pytest.FixtureRequest) -> Served:
    made: Served = request.getfixturevalue(request.param)
    return made


def words(chunks: list[Any], choice: int = 0) -> str:
    return "".join(part.delta.content or "" for chunk in chunks for part in chunk.choices if part.index == choice)


def readable(text: str) -> str:
    """Three characters in a row from within `text`, of those that are alike however they are written."""
    runs = (text[at : at + 3] for at in range(len(text) // 3, len(text) - 3))
    return next(run for run in runs if run.isascii() and run.isprintable())


class TestBackends:
    def test_a_model_of_the_settings_is_listed_and_found(self, served: Served) -> None:
        ids = [model.id for model in served.client.models.list()]
        for name in (served.chat, served.text, served.vectors):
            assert name in ids
            assert served.client.models.retrieve(name).id == name

    def test_each_choice_begins_with_its_role_and_ends_with_one_reason_then_usage_comes_once(
        self, served: Served
    ) -> None:
        chunks = served.stream(n=2, temperature=1, seed=5)
        by_choice = defaultdict(list)
        for chunk in chunks[:-1]:
            assert chunk.usage is None
            for part in chunk.choices:
                by_choice[part.index].append(part)
        assert sorted(by_choice) == [0, 1]
        for parts in by_choice.values():
            assert [part.delta.role for part in parts] == ["assistant"] + [None] * (len(parts) - 1)
            assert [part.finish_reason for part in parts[:-1]] == [None] * (len(parts) - 1)
            assert parts[-1].finish_reason in ("stop", "length")
            assert not parts[-1].delta.content
        assert chunks[-1].choices == []
        assert chunks[-1].usage is not None

    def test_usage_adds_up_to_the_tokens_streamed(self, served: Served) -> None:
        chunks = served.stream(logprobs=True)
        usage = chunks[-1].usage
        listed = [part.logprobs for chunk in chunks for part in chunk.choices if part.logprobs is not None]
        assert usage.completion_tokens == sum(len(logprobs.content) for logprobs in listed) > 0
        assert usage.prompt_tokens > 0
        assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens

    @pytest.mark.parametrize(
        "asked", [{}, {"temperature": 1, "seed": 11}, {"temperature": 0.7, "top_p": 0.8, "seed": 3}]
    )
    def test_a_stream_joins_to_the_whole(self, served: Served, asked: dict[str, Any]) -> None:
        whole, chunks = served.ask(**asked), served.stream(**asked)
        assert words(chunks) == whole.choices[0].message.content
        assert chunks[-1].usage.model_dump() == whole.usage.model_dump()
        assert chunks[-2].choices[0].finish_reason == whole.choices[0].finish_reason

    def test_a_stop_string_is_cut_exactly(self, served: Served) -> None:
        whole = served.ask(**served.endless).choices[0].message.content
        stop = readable(whole)
        cut = whole[: whole.find(stop)]
        again = served.ask(stop=[stop, "never said"], **served.endless).choices[0]
        assert (again.message.content, again.finish_reason) == (cut, "stop")
        chunks = served.stream(stop=stop, **served.endless)
        assert (words(chunks), chunks[-2].choices[0].finish_reason) == (cut, "stop")

    @pytest.mark.parametrize("most", [1, 7])
    def test_max_tokens_ends_an_answer_for_its_length(self, served: Served, most: int) -> None:
        answer = served.ask(max_tokens=most, **served.endless)
        assert answer.choices[0].finish_reason == "length"
        assert answer.usage.completion_tokens == most

    def test_choices_differ_unless_nothing_is_left_to_chance(self, served: Served) -> None:
        drawn = served.ask(n=3, temperature=1, seed=5)
        assert [choice.index for choice in drawn.choices] == [0, 1, 2]
        assert len({choice.message.content for choice in drawn.choices}) > 1
        assert 3 <= drawn.usage.completion_tokens <= 3 * 24
        sure = served.ask(n=2)
        assert len({choice.message.content for choice in sure.choices}) == 1

    def test_log_probabilities_list_the_likeliest_first_and_the_chosen_one_among_them(self, served: Served) -> None:
        content = served.ask(logprobs=True, top_logprobs=4).choices[0].logprobs.content
        for token in content:
            top = [other.logprob for other in token.top_logprobs]
            assert len(top) == 4
            assert all(a >= b for a, b in pairwise(top))
            assert token.logprob == top[0] <= 0  # at temperature 0
            assert token.token == token.top_logprobs[0].token
        bare = served.ask(logprobs=True).choices[0].logprobs.content
        assert [token.token for token in bare] == [token.token for token in content]
        assert all(token.top_logprobs == [] for token in bare)

    def test_a_text_is_continued_and_given_back_with_it_when_asked(self, served: Served) -> None:
        asked = {"model": served.text, "prompt": "The sea is", "max_tokens": 6, "temperature": 0}
        plain = served.client.completions.create(**asked)
        echoed = served.client.completions.create(**asked, echo=True)
        assert echoed.choices[0].text == "The sea is" + plain.choices[0].text
        assert echoed.usage.model_dump() == plain.usage.model_dump()
        chunks = list(served.client.completions.create(**asked, stream=True))
        assert "".join(chunk.choices[0].text for chunk in chunks) == plain.choices[0].text

    def test_a_client_that_leaves_frees_the_work(self, served: Served) -> None:
        asked = {"max_tokens": 400, "extra_headers": SLOW, **served.endless}
        stream = served.ask(stream=True, **asked)
        next(iter(stream))
        stream.close()
        for url in served.servers:
            assert comes_to_rest(url), url

    def test_requests_at_once_all_get_their_own_answer(self, served: Served) -> None:
        prompts = [[{"role": "user", "content": f"Say the number {number}"}] for number in range(8)]
        alone = [served.ask(messages=prompt).choices[0].message.content for prompt in prompts]
        with ThreadPoolExecutor(8) as threads:
            together = list(threads.map(lambda prompt: words(served.stream(messages=prompt)), prompts))
        assert together == alone

    @pytest.mark.parametrize(
        "asked",
        [
            {"temperature": 9},
            {"max_tokens": 1_000_000},
            {"messages": []},
            {"messages": [{"role": "user", "content": "sea " * 140_000}]},
        ],
    )
    @pytest.mark.parametrize("stream", [False, True])
    def test_what_cannot_be_answered_is_refused_before_the_first_byte(
        self, served: Served, asked: dict[str, Any], stream: bool
    ) -> None:
        with pytest.raises(openai.BadRequestError) as caught:
            served.ask(**asked, stream=stream)
        assert caught.value.type == "invalid_request_error"
        assert caught.value.message
        assert caught.value.request_id.startswith("req_")

    def test_vectors_have_unit_length_and_are_the_same_again(self, served: Served) -> None:
        texts = ["The sea is blue.", "Tell me about the sky."]
        made = served.client.embeddings.create(model=served.vectors, input=texts)
        again = served.client.embeddings.create(model=served.vectors, input=texts[1])
        for item in made.data:
            assert len(item.embedding) == served.dimensions
            assert sum(x * x for x in item.embedding) == pytest.approx(1, abs=1e-5)
        assert made.data[1].embedding == pytest.approx(again.data[0].embedding, abs=1e-5)
        assert made.usage.prompt_tokens == made.usage.total_tokens > again.usage.prompt_tokens > 0

    def test_shorter_vectors_point_the_same_way(self, served: Served) -> None:
        asked = {"model": served.vectors, "input": "The sea is blue."}
        full = served.client.embeddings.create(**asked).data[0].embedding
        short = served.client.embeddings.create(**asked, dimensions=16).data[0].embedding
        norm = sum(x * x for x in full[:16]) ** 0.5
        assert len(short) == 16
        assert sum(x * x for x in short) == pytest.approx(1, abs=1e-5)
        if served.chat == "tiny":  # the simulation draws vectors of each size anew
            assert short == pytest.approx([x / norm for x in full[:16]], abs=1e-5)


def comes_to_rest(url: str) -> bool:
    """Whether a server has no request under way any more, soon."""
    with httpx.Client(trust_env=False) as client:
        for _ in range(200):
            lines = client.get(f"{url}/metrics").text.splitlines()
            if float(next(line for line in lines if line.startswith("fakeai_requests_in_flight")).split()[1]) == 0:
                return True
    return False
