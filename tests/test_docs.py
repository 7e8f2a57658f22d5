"""The docs say what is so: made pages are up to date, everything has its place, and every code block is run.

A block's info string says how: see the table in docs/contributing.md.
"""

import contextlib
import gc
import importlib.util
import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from fakeai.app import build
from fakeai.cli.program import run
from fakeai.settings import fields, load
from fakeai.testing import FakeAI

ROOT = Path(__file__).parents[1]
PAGES = tuple(sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")]))

NOT_RUN = {
    "make serve   # installs": "makes a virtual environment and downloads packages; .ci/run does it on a clean machine",
    "make serve": "as above",
    "make setup    # .venv": "as above, and runs these tests themselves",
    "make image": "needs a Docker daemon",
    "make image   ": "needs a Docker daemon",
    "fakeai calibrate --base-url": "needs a server whose tokens take time; tests/cli/test_calibrate.py does it in virtual time",
    "docker run --rm": "needs a Docker daemon",
    "# compose.yaml": "is Docker's, not a settings file",
    "python -m benchmarks.drill_store": "takes minutes, and root for its full disk; `make check` has tests of the same parts",
    "python benchmarks/fidelity.py": "takes minutes; tests/test_fidelity.py runs it on fewer rows",
    "# fakeai.yaml, for several processes": "names servers that are not here; tests/test_kept.py keeps things in real ones",
    "# fakeai.yaml\nmodels:": "names a folder with a model that is not here; docs/backends.md has one that is read",
}
"""How a block that is not run begins → why."""

SERVER = "http://127.0.0.1:8000"
SERVE = re.compile(r"fakeai serve\b")


class Block(NamedTuple):
    """A fenced block: where it is, its language and flags, its text."""

    page: Path
    line: int
    language: str
    flags: frozenset[str]
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks(page: Path) -> list[Block]:
    found, lines, opened = [], page.read_text("utf-8").splitlines(), None
    for number, line in enumerate(lines, 1):
        if not line.startswith("```"):
            continue
        if opened is None:
            opened = number, line[3:].split()
        else:
            first, info = opened
            text = "\n".join(lines[first : number - 1])
            found.append(Block(page, first, info[0] if info else "", frozenset(info[1:]), text))
            opened = None
    assert opened is None, f"{page.name}: a block is not closed"
    return found


BLOCKS = tuple(block for page in PAGES for block in blocks(page))


def each(language, *, flag=None):
    """The blocks of a language that are to be run, with exactly this flag."""
    flags = frozenset({flag} - {None})
    wanted = [block for block in BLOCKS if block.language == language and block.flags == flags]
    return pytest.mark.parametrize("block", wanted, ids=str)


@pytest.fixture(scope="module")
def generator():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def docs():
    return {page.name: page.read_text("utf-8") for page in PAGES}


# -- pages that are made


@pytest.mark.parametrize(
    "name", ["endpoints.md", "settings.md", "metrics.md", "errors.md", "cli.md", "models.md", "acceptance.md"]
)
def test_a_made_page_is_up_to_date(generator, docs, name):
    assert generator.PAGES[name]() == docs[name], "run `make docs`"


def test_every_page_with_the_mark_is_made(generator, docs):
    assert {name for name, text in docs.items() if generator.MARK in text} == set(generator.PAGES)


def test_every_code_of_an_error_is_explained_once(generator):
    assert set(generator.error_codes()) == set(generator._CODES)


# -- everything has its place


def test_every_setting_and_variable_is_told(docs):
    for row in fields():
        assert f"| `{row.name}` | `{row.variable}` |" in docs["settings.md"]


def test_every_endpoint_is_told(docs):
    for row in build().gateway.endpoints:
        path = re.sub(r":path}", "}", row.path)
        assert f"`{row.method} {path if row.probe or row.root else f'/v1{path}'}`" in docs["endpoints.md"]


def test_every_metric_of_a_server_that_has_worked_is_told(docs):
    with FakeAI(ttft="1") as fake, fake.client() as client:
        list(client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}], stream=True))
        names = re.findall(r"^# TYPE (\S+)", client.get("/metrics", cast_to=str), re.MULTILINE)
    assert names
    assert [name for name in names if f"| `{name}` |" not in docs["metrics.md"]] == []


@pytest.mark.parametrize(
    "words",
    [["serve"], ["health"], ["models"], ["config", "show"], ["config", "check"], ["simulate"], ["simulate", "sweep"]],
)
def test_every_flag_in_a_verbs_help_is_told(docs, capsys, words):
    assert run([*words, "--help"]) == 0
    section = docs["cli.md"].partition(f"## fakeai {' '.join(words)}\n")[2].partition("\n## ")[0]
    flags = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", capsys.readouterr().out)) - {"--help"}
    assert {flag for flag in flags if flag not in section} == set()


def test_every_verb_is_told(docs, capsys):
    run(["--help"])
    verbs = re.findall(r"^  ([a-z]+) ", capsys.readouterr().out.partition("Commands:")[2], re.MULTILINE)
    assert verbs
    assert [verb for verb in verbs if f"## fakeai {verb}" not in docs["cli.md"]] == []


def test_every_error_code_and_status_in_core_is_told(docs):
    source = (ROOT / "fakeai" / "core" / "errors.py").read_text("utf-8")
    for found in re.findall(r'^    (?:code = "(\w+)"|status = (\d+))', source, re.MULTILINE):
        assert f"| {found[1]} |" in docs["errors.md"] if found[1] else f"`{found[0]}`" in docs["errors.md"]


def test_every_header_of_our_own_is_told(docs):
    source = "".join(path.read_text("utf-8") for path in (ROOT / "fakeai").rglob("*.py"))
    headers = set(re.findall(r"\"(x-fakeai-[a-z-]+)\"", source))
    assert len(headers) >= 4
    assert {header for header in headers if header not in docs["endpoints.md"].lower()} == set()


def test_the_readme_has_every_room(docs):
    tree = docs["README.md"].partition("```text\n")[2].partition("```")[0]
    rooms = {path.name for path in (ROOT / "fakeai").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert {room for room in rooms if f"  {room}/ " not in tree} == set()
    told = re.findall(r"^  ([\w.]+)/?  ", tree, re.MULTILINE)
    assert [name for name in told if not (ROOT / "fakeai" / name).exists()] == []


# -- links


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    heads = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(
        r"\]\(([^)\s]+)\)", re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.M | re.S)
    ):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file.read_text("utf-8")), target


def test_the_index_links_every_page(docs):
    missing = [name for name in docs if name not in ("README.md", "index.md") and f"]({name})" not in docs["index.md"]]
    assert missing == []


# -- code


@pytest.fixture(scope="module")
def started():
    with FakeAI() as fake:
        fake.url  # noqa: B018  # starts it
        yield fake


@pytest.fixture
def server(started):
    """A server that keeps nothing of what other blocks have made."""
    assert httpx.delete(f"{started.url}/v1/fakeai/state").status_code == 200
    return started


@pytest.fixture
def folder(block, tmp_path, monkeypatch):
    """The working directory of a block: it holds the files that its page shows."""
    for other in blocks(block.page):
        name = re.match(r"# ([\w-]+\.\w+)\n", other.text)
        if other.language == "yaml" and name:
            (tmp_path / name[1]).write_text(other.text, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def assert_prints(expected: str, printed: str) -> None:
    """Compare, `…` standing for at least one character."""
    pattern = "(?s:.+)".join(map(re.escape, expected.strip().split("…")))
    assert re.fullmatch(pattern, printed.strip()), f"expected:\n{expected}\nprinted:\n{printed}"


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # a reader's first steps close no client
@each("python")
def test_python_prints_what_it_says(block, server, folder, monkeypatch):
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    begin = next((other.text for other in blocks(block.page) if "prelude" in other.flags), "")
    expected = re.findall(r"# prints (.+)$", block.text, re.MULTILINE)
    assert expected, "a Python block says what it prints"
    output, names = io.StringIO(), {"__name__": "__main__"}
    with contextlib.redirect_stdout(output):
        exec(compile(f"{begin}\n{block.text}", str(block), "exec"), names)
    names.clear()
    gc.collect()
    assert_prints("\n".join(expected), output.getvalue())


def test_a_prelude_is_used():
    for block in BLOCKS:
        if "prelude" in block.flags:
            assert [other for other in blocks(block.page) if other.language == "python" and not other.flags]


@each("python", flag="pytest")
def test_pytest_passes(block, tmp_path, monkeypatch):
    (tmp_path / "test_block.py").write_text(block.text, "utf-8")
    plugins = ("-p", "fakeai.testing_plugin", "-p", "asyncio", "-p", "no:cacheprovider")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    options = ("-q", "-W", "error", "-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function")
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, *options, "test_block.py"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr


@each("bash")
def test_commands_succeed(block, server, folder):
    environment = shell_environment()
    for command in commands(block.text):
        if SERVE.search(command):
            assert_gets_ready(command, environment, folder)
        elif exported := re.fullmatch(r"export (\w+)=(\S+)", command):
            environment[exported[1]] = exported[2].replace(SERVER, server.url)
            assert environment[exported[1]] == server.environment[exported[1]]
        else:
            shell(command, server, environment, folder)


@each("console")
def test_commands_print_what_it_says(block, server, folder):
    environment = shell_environment()
    commanded = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
    assert commanded[0] == "", "a console block begins with a command"
    for part in commanded[1:]:
        command, _, expected = part.partition("\n")
        assert_prints(expected, shell(command, server, environment, folder))


def commands(text: str) -> list[str]:
    """The commands of a script, without comments; a backslash at a line's end goes on."""
    lines = text.replace("\\\n", " ").splitlines()
    return [line.partition("   #")[0].strip() for line in lines if line.strip() and not line.startswith("#")]


def shell_environment() -> dict[str, str]:
    """This process's environment, with this interpreter's `fakeai` first on the path."""
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def shell(command: str, server: FakeAI, environment: dict[str, str], folder: Path) -> str:
    """Run a command; its standard output."""
    ended = subprocess.run(
        ["bash", "-eu", "-c", command.replace(SERVER, server.url)],
        env=environment, cwd=folder, capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    assert ended.returncode == 0, f"{command}\n{ended.stdout}{ended.stderr}"
    return ended.stdout


def assert_gets_ready(command: str, environment: dict[str, str], folder: Path) -> None:
    """Run a `fakeai serve` on a free port until it says that it is ready, and end it as Ctrl-C does."""
    process = subprocess.Popen(
        ["bash", "-c", f"exec {command} --port 0"],
        env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        first = process.stdout.readline()
        assert first.startswith("fakeai is ready on http://127.0.0.1:"), process.stderr.read()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.communicate()


@each("yaml")
def test_settings_files_are_right(block, tmp_path):
    file = tmp_path / "fakeai.yaml"
    file.write_text(block.text, "utf-8")
    settings = load(file, environ={})
    assert settings.sources() != load(environ={}).sources()
    build(settings)


@each("yaml", flag="models")
def test_files_of_models_are_right(block, tmp_path):
    file = tmp_path / "models.yaml"
    file.write_text(block.text, "utf-8")
    build(load(flags={"models_file": str(file)}, environ={}))


def test_what_is_not_run_has_a_reason():
    left_out = [block for block in BLOCKS if "no-run" in block.flags]
    reasons = {block: [start for start in NOT_RUN if block.text.startswith(start)] for block in left_out}
    assert [str(block) for block, found in reasons.items() if not found] == []
    assert {start for found in reasons.values() for start in found} == set(NOT_RUN)


def test_every_block_is_of_a_kind_that_is_run():
    kinds = {
        "python": ({"no-run"}, {"prelude"}, {"pytest"}, set()),
        "bash": ({"no-run"}, set()),
        "console": (set(),),
        "yaml": ({"no-run"}, {"models"}, set()),
        "text": (set(),),
    }
    assert [str(block) for block in BLOCKS if set(block.flags) not in kinds.get(block.language, ())] == []
