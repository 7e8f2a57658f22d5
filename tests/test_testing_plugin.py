"""The pytest plugin, in pytest runs of its own."""

import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

SERVED = """
    import os, urllib.request

    def test_reaches_a_server(fakeai, fakeai_url):
        assert os.environ["OPENAI_BASE_URL"] == fakeai_url == fakeai.url + "/v1"
        assert os.environ["OPENAI_API_KEY"]
        assert urllib.request.urlopen(fakeai_url + "/models").status == 200
        assert [r.path for r in fakeai.requests] == ["/v1/models"]

    def test_sees_no_requests_of_others_but_the_same_server(fakeai, fakeai_session):
        assert fakeai.requests == []
        assert fakeai is fakeai_session

    def test_leaves_no_trace():
        assert "OPENAI_BASE_URL" not in os.environ
"""


@pytest.fixture
def inner(pytester, monkeypatch):
    """Run pytest on test code in a process of its own, with warnings as errors and no plugins but those named."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(code, *options, conftest=""):
        pytester.makepyfile(code)
        pytester.makeconftest(conftest)
        given = ("-p", "fakeai.testing_plugin", "-p", "no:cacheprovider", "-W", "error", "--strict-markers")
        return pytester.runpytest_subprocess(*given, *options)

    return run


def test_a_test_reaches_the_sessions_server(inner):
    inner(SERVED).assert_outcomes(passed=3)


def test_the_server_is_started_only_when_used(inner):
    code = """
        import sys, threading

        def test_nothing_is_there():
            assert not any(thread.name.startswith("fakeai") for thread in threading.enumerate())
            assert "fakeai.testing" not in sys.modules
    """
    inner(code).assert_outcomes(passed=1)


def test_the_sdks_clients_reach_it(inner):
    code = """
        ASK = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Say hello"}], "seed": 1}

        def test_synchronously(fakeai, fakeai_client):
            whole = fakeai_client.chat.completions.create(**ASK).choices[0].message.content
            parts = fakeai_client.chat.completions.create(stream=True, **ASK)
            assert "".join(c.choices[0].delta.content or "" for c in parts if c.choices) == whole
            assert [r.status for r in fakeai.requests] == [200, 200]

        async def test_asynchronously(fakeai, fakeai_async_client):
            answer = await fakeai_async_client.chat.completions.create(**ASK)
            parts = await fakeai_async_client.chat.completions.create(stream=True, **ASK)
            text = "".join([c.choices[0].delta.content or "" async for c in parts if c.choices])
            assert text == answer.choices[0].message.content

        async def test_on_another_loop(fakeai_async_client):
            assert (await fakeai_async_client.models.retrieve("gpt-4o-mini")).id == "gpt-4o-mini"
    """
    options = ("-p", "asyncio", "-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function")
    inner(code, *options).assert_outcomes(passed=3)


def test_a_marked_test_has_a_server_of_its_own(inner):
    code = """
        import os, pytest

        @pytest.mark.fakeai(ttft="5", seed=1)
        class TestMarked:
            def test_settings(self, fakeai, fakeai_session):
                assert fakeai is not fakeai_session
                assert (fakeai.settings.latency.ttft, fakeai.settings.seed) == ("5", 1)
                assert fakeai.settings.organization == "org-all"

            @pytest.mark.fakeai(ttft="9")
            def test_the_closest_mark_counts(self, fakeai, fakeai_client):
                assert (fakeai.settings.latency.ttft, fakeai.settings.seed) == ("9", 1)
                fakeai_client.models.list()
                assert len(fakeai.requests) == 1

            def test_the_mark_alone_sets_the_environment(self):
                assert os.environ["OPENAI_BASE_URL"].startswith("http://127.0.0.1:")

        @pytest.mark.parametrize("n", [0, pytest.param(1, marks=pytest.mark.fakeai(seed=3))])
        def test_marks_of_one_parameter_are_its_alone(n):
            assert ("OPENAI_BASE_URL" in os.environ) == (n == 1)
    """
    conftest = """
        import pytest

        @pytest.fixture(scope="session")
        def fakeai_settings():
            return {"organization": "org-all"}
    """
    inner(code, conftest=conftest).assert_outcomes(passed=5)


def test_a_wrong_setting_is_told(inner):
    result = inner("import pytest\n\n@pytest.mark.fakeai(tfft=1)\ndef test_it(fakeai): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*unknown setting 'tfft'*did you mean*"])


def test_a_mark_takes_names_only(inner):
    result = inner("import pytest\n\n@pytest.mark.fakeai(1)\ndef test_it(fakeai): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*takes settings by name*"])


def test_under_xdist_each_worker_has_a_server_of_its_own(inner):
    code = """
        import os, pathlib, pytest, urllib.request

        @pytest.mark.parametrize("n", range(8))
        def test_it(n, fakeai, worker_id):
            assert urllib.request.urlopen(fakeai.url + "/v1/models").status == 200
            assert len(fakeai.requests) == 1
            with open(pathlib.Path(__file__).parent / f"{worker_id}.url", "a") as file:
                print(fakeai.url, file=file)
    """
    result = inner(code, "-p", "xdist", "-n", "2")
    result.assert_outcomes(passed=8)
    urls = {path.name: set(path.read_text().split()) for path in Path().glob("*.url")}
    assert set(urls) == {"gw0.url", "gw1.url"}
    assert all(len(found) == 1 for found in urls.values())
    assert urls["gw0.url"] != urls["gw1.url"]


def test_it_imports_nothing_heavy():
    code = "import pytest, sys; before = set(sys.modules); import fakeai.testing_plugin; print(*(set(sys.modules) - before))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {name for name in loaded if name not in sys.stdlib_module_names} == {"fakeai", "fakeai.testing_plugin"}


def test_the_package_declares_it():
    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["project"]
    module = import_module(project["entry-points"]["pytest11"]["fakeai"])
    assert (module.__name__, callable(module.pytest_configure)) == ("fakeai.testing_plugin", True)
