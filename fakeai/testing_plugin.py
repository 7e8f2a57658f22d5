"""The pytest plugin: a fakeai for tests, and SDK clients pointed at it.

    def test_my_app(fakeai):                # OPENAI_BASE_URL and OPENAI_API_KEY point at a running server
        assert my_app.ask("Hello")
        assert fakeai.requests[0].model == "gpt-4o-mini"

    @pytest.mark.fakeai(ttft="200", seed=1)  # a server of this test's own, with these settings
    def test_a_slow_model(fakeai_client): ...

Loaded in every pytest run of whoever has fakeai installed: it imports pytest, and the rest when a fixture is used.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

    from fakeai.testing import FakeAI


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers", "fakeai(**settings): run the test against a fakeai server of its own, with these settings"
    )


def pytest_itemcollected(item: pytest.Item) -> None:
    """A marked test uses fakeai, whether or not it asks for a fixture."""
    names = getattr(item, "fixturenames", None)
    if names is not None and "fakeai" not in names and item.get_closest_marker("fakeai"):
        item.fixturenames = [*names, "fakeai"]  # type: ignore[attr-defined]  # what all kinds of test functions have


@pytest.fixture(scope="session")
def fakeai_settings() -> Mapping[str, object]:
    """Settings of all servers, by name; override it in a conftest.py. A marker's settings come on top."""
    return {}


@pytest.fixture(scope="session")
def fakeai_session(fakeai_settings: Mapping[str, object]) -> "Iterator[FakeAI]":
    """The server of the session (of each worker under xdist), on a free port; for fixtures of wide scope."""
    from fakeai.testing import FakeAI

    with FakeAI(fakeai_settings) as fake:
        yield fake


@pytest.fixture
def fakeai(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> "Iterator[FakeAI]":
    """The session's server, or one of this test's own if it is marked; no requests yet, environment variables set."""
    with ExitStack() as ends:
        if marks := list(request.node.iter_markers("fakeai")):
            from fakeai.testing import FakeAI

            settings = dict(request.getfixturevalue("fakeai_settings"))
            for mark in reversed(marks):
                if mark.args:
                    pytest.fail("the fakeai marker takes settings by name, such as fakeai(seed=1)", pytrace=False)
                settings.update(mark.kwargs)
            fake = ends.enter_context(FakeAI(settings))
        else:
            fake = request.getfixturevalue("fakeai_session")
            fake.clear()
        for name, value in fake.environment.items():
            monkeypatch.setenv(name, value)
        yield fake


@pytest.fixture
def fakeai_url(fakeai: "FakeAI") -> str:
    """The server's address with `/v1`, as OPENAI_BASE_URL has it."""
    return fakeai.base_url


@pytest.fixture
def fakeai_client(fakeai: "FakeAI") -> "Iterator[OpenAI]":
    """The official SDK's client, connected to the server."""
    import openai

    with closing(openai.OpenAI()) as client:
        yield client


@pytest.fixture
def fakeai_async_client(fakeai: "FakeAI") -> "AsyncOpenAI":
    """The official SDK's asynchronous client, connected to the server.

    It keeps no connection: nobody could close it after the test, when the test's loop is over.
    """
    import openai

    return openai.AsyncOpenAI(default_headers={"Connection": "close"})
