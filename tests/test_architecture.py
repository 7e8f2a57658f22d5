"""The house rules that no linter knows: no islands, a test for each module, no shared state, honest endpoints.

The first half reads the source as syntax trees and imports nothing; the second half runs every Endpoint row.
"""

import ast
import asyncio
import inspect
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from fakeai import registry
from fakeai.core.call import Endpoint

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "fakeai"
MAX_LINES = 400
JSON = {"content-type": "application/json"}
FORBIDDEN_NAMES = frozenset(
    {"utils", "util", "helpers", "helper", "manager", "common", "misc", "advanced", "legacy", "v2"}
)
HTTP_STACK = frozenset({"fastapi", "starlette", "uvicorn", "uvloop", "httptools"})
MUTABLE_DISPLAYS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
MUTABLE_CALLS = frozenset(
    {
        "list",
        "dict",
        "set",
        "bytearray",
        "defaultdict",
        "deque",
        "OrderedDict",
        "Counter",
        "WeakKeyDictionary",
        "WeakValueDictionary",
        "Lock",
        "Event",
    }
)
MUTATORS = frozenset(
    {
        "append",
        "extend",
        "insert",
        "remove",
        "pop",
        "popitem",
        "clear",
        "add",
        "discard",
        "update",
        "setdefault",
        "sort",
        "reverse",
        "appendleft",
    }
)


def modules() -> dict[str, Path]:
    """Dotted name → file, packages under the name of their folder. Migrations are Alembic's: it finds and runs them."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if "migrations" in path.parts:
            continue
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()
TREES = {name: ast.parse(path.read_text("utf-8")) for name, path in MODULES.items()}


def each_module(names=tuple(MODULES)):
    return pytest.mark.parametrize("name", names)


def imports(name: str) -> Iterator[str]:
    """What a module imports, anywhere in it, as dotted names; `from a import b` may mean `a` or `a.b`, so both."""
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def named_in_strings(name: str) -> Iterator[str]:
    """Modules named as `"fakeai.module:attribute"`, as the rows of the registry are."""
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            row = re.fullmatch(r"(fakeai(?:\.\w+)+):\w+", node.value)
            if row is not None:
                yield row[1]


def reached(roots: set[str]) -> set[str]:
    """Modules that run when the roots do, with the packages that hold them."""
    seen: set[str] = set()
    waiting = [root for root in roots if root in MODULES]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        waiting.extend(found for found in (*imports(name), *named_in_strings(name)) if found in MODULES)
        if "." in name:
            waiting.append(name.rpartition(".")[0])
    return seen


def entry_points() -> set[str]:
    """The modules that pyproject.toml names as commands and plugins."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    groups = [project.get("scripts", {}), *project.get("entry-points", {}).values()]
    return {target.partition(":")[0] for group in groups for target in group.values()}


def has_behaviour(tree: ast.Module) -> bool:
    """Whether a module has a function that does something (a body beyond its docstring), so that a test could fail."""
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return any(not _is_docstring(node.body[-1]) for node in functions)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def test_every_module_is_reached_from_a_way_in():
    roots = {"fakeai", "fakeai.app", "fakeai.testing"} | entry_points()
    islands = {name for name in set(MODULES) - reached(roots) if TREES[name].body}
    assert not islands, f"nothing that runs imports {sorted(islands)}"


@each_module([name for name, tree in TREES.items() if has_behaviour(tree)])
def test_each_module_has_a_test_of_its_own(name):
    parts = name.split(".")[1:]
    mirror = ROOT.joinpath("tests", *parts[:-1], f"test_{(parts or ['package'])[-1].strip('_')}.py")
    assert mirror.is_file(), f"{name} wants {mirror.relative_to(ROOT)}"


@each_module()
def test_each_module_says_what_it_is(name):
    assert ast.get_docstring(TREES[name]) or not TREES[name].body


@each_module()
def test_module_names_mean_something(name):
    assert not set(name.split(".")) & FORBIDDEN_NAMES


@each_module()
def test_modules_are_short(name):
    assert len(MODULES[name].read_text("utf-8").splitlines()) <= MAX_LINES


def bindings(tree: ast.Module) -> Iterator[tuple[str, ast.expr, bool]]:
    """Name, value and whether it is annotated, for each assignment of a module's own level, `if` and `try` included."""
    waiting = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If | ast.Try | ast.With | ast.For | ast.While):
            waiting.extend(child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt))
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                for leaf in ast.walk(target):
                    if isinstance(leaf, ast.Name):
                        yield leaf.id, node.value, False
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            yield node.target.id, node.value, True
        elif isinstance(node, ast.AugAssign):
            yield ast.unparse(node.target), node.value, False


def is_mutable(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        called = value.func
        return (called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")) in MUTABLE_CALLS
    return isinstance(value, MUTABLE_DISPLAYS)


def is_function(value: ast.expr) -> bool:
    """Whether a value is another name of a function, or a function with a cache around it."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Call):
        return ast.unparse(value.func.func) in {"lru_cache", "functools.lru_cache"}
    return isinstance(value, ast.Attribute | ast.Name)


def is_logger(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func) == "logging.getLogger"


def state(tree: ast.Module) -> Iterator[str]:
    """What could be shared between two Apps.

    A module may bind constants (ALL_CAPS; a list, dict or set only with its type written and never changed), types
    (CapWords), functions under another name or with a cache, dunder names and its logger. It may not use `global`.
    """
    constants = set()
    for name, value, annotated in bindings(tree):
        bare = name.strip("_")
        if bare.isupper():
            constants.add(name)
            if is_mutable(value) and not annotated:
                yield f"{name} is mutable and has no type"
        elif bare[:1].isupper():
            if is_mutable(value):
                yield f"{name} is mutable"
        elif not (name.startswith("__") or is_logger(value) or is_function(value)):
            yield f"{name} is no constant by its name"
    yield from changes(tree, constants)


def changes(tree: ast.Module, constants: set[str]) -> Iterator[str]:
    """Places that rebind a module's names or change one of its `constants`."""
    for node in ast.walk(tree):
        match node:
            case ast.Global():
                yield f"global {', '.join(node.names)}"
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)) if attr in MUTATORS:
                if name in constants:
                    yield f"{name}.{attr}() changes a constant"
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
                if name in constants:
                    yield f"{name}[…] changes a constant"


@each_module()
def test_no_module_holds_state(name):
    assert list(state(TREES[name])) == []


@pytest.mark.parametrize(
    ("source", "complaints"),
    [
        ("TABLE: dict[str, int] = {'a': 1}\nT = TypeVar('T')\nOrigin = Literal['a']\n_log = logging.getLogger('x')", 0),
        ("dumps = orjson.dumps\ncompiled = lru_cache(maxsize=2)(compile)", 0),
        ("TABLE = {'a': 1}", 1),
        ("TABLE: dict[str, int] = {}\ndef f():\n    TABLE['a'] = 1", 1),
        ("TABLE: dict[str, int] = {}\ndef f():\n    TABLE.update(a=1)", 1),
        ("cache: dict[str, int] = {}", 1),
        ("client = Client()", 1),
        ("if True:\n    seen = set()", 1),
        ("def f():\n    global x\n    x = 1", 1),
        ("Waiting = []", 1),
    ],
)
def test_the_rule_about_state_sees_what_it_should(source, complaints):
    assert len(list(state(ast.parse(source)))) == complaints


@each_module([name for name in MODULES if name.startswith("fakeai.core")])
def test_core_imports_the_standard_library_only(name):
    foreign = {found for found in imports(name) if not found.startswith("fakeai.core")}
    assert {found.partition(".")[0] for found in foreign} <= sys.stdlib_module_names


@each_module([name for name in MODULES if not name.startswith("fakeai.server")])
def test_only_the_server_knows_the_http_stack(name):
    assert not {found.partition(".")[0] for found in imports(name)} & HTTP_STACK


@each_module()
def test_only_settings_read_the_environment(name):
    used = {ast.unparse(node) for node in ast.walk(TREES[name]) if isinstance(node, ast.Attribute)} | set(imports(name))
    assert name == "fakeai.settings.sources" or not used & {"os.environ", "os.getenv", "os.environb"}


def client(**settings: Any) -> httpx.AsyncClient:
    """A client of a fresh App with these settings; no socket."""
    from fakeai.app import build
    from fakeai.settings import Settings

    app = build(Settings(**settings))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://fakeai")


def rows() -> list[Endpoint]:
    """Every Endpoint row of every service in the registry."""
    services = registry.table("service", registry.SERVICES)
    return [row for service in services for row in service.ENDPOINTS]


def address(row: Endpoint) -> str:
    """The row's path under /v1 with a word for each parameter."""
    return ("" if row.probe else "/v1") + re.sub(r"\{[^}]+\}", "absent", row.path)


def envelope_faults(reply: httpx.Response, *statuses: int, front: bool = False) -> str | None:
    """What is wrong with an error reply; None for one as OpenAI's, or as those of the front door, which tell more."""
    if reply.status_code not in statuses:
        return f"status {reply.status_code}, wanted {statuses}: {reply.text[:200]}"
    if reply.headers["content-type"] != "application/json":
        return f"content type {reply.headers['content-type']}"
    error = reply.json().get("error")
    beside = {"code", "message", "request_id", "detail"} if front else set()
    if set(reply.json()) != {"error", *beside} or set(error) != {"message", "type", "param", "code"}:
        return f"keys of {reply.text[:200]}"
    if not (error["message"] and isinstance(error["message"], str) and error["type"]):
        return f"nothing is said in {reply.text[:200]}"
    return None if reply.headers.get("x-request-id", "").startswith("req_") else "no request id"


async def counted(http: httpx.AsyncClient) -> Counter[str]:
    """Requests that `/metrics` has counted, by their route."""
    found: Counter[str] = Counter()
    for family in text_string_to_metric_families((await http.get("/metrics")).text):
        for sample in family.samples:
            if sample.name == "fakeai_requests_total":
                found[sample.labels["route"]] += int(sample.value)
    return found


def test_each_endpoint_has_a_handler_and_words_for_the_document():
    for name, _, _ in registry.SERVICES:
        service = registry.table("service", registry.SERVICES).get(name)
        for row in service.ENDPOINTS:
            assert inspect.iscoroutinefunction(getattr(service, row.handler)), row
            assert row.path.startswith("/"), row
            assert not row.path.startswith("/v1"), row
            assert row.summary, row
            assert row.tag, row
    keys = [(row.method, row.path) for row in rows()]
    assert len(set(keys)) == len(keys)


async def test_each_endpoint_with_a_body_answers_bad_json_with_the_envelope():
    faults = {}
    bodies = [b"{", b"[]", b'"text"', b"nul", b'{"a": NaN}', b"\xff", b"[" * 100_000]
    async with client() as http:
        for row in rows():
            for body in bodies if row.body is not None else ():
                reply = await http.request(row.method, address(row), content=body, headers=JSON)
                statuses = (400, 422) if row.front else (400,)
                faults[row.path, body[:10]] = envelope_faults(reply, *statuses, front=row.front)
    assert any(row.body is not None for row in rows())
    assert {key: fault for key, fault in faults.items() if fault} == {}


async def test_each_endpoint_is_counted_once_a_call_and_probes_are_not():
    async with client() as http:
        for row in rows():
            await http.request(row.method, address(row), content=b"{}", headers=JSON)
        assert await counted(http) == Counter(row.path for row in rows() if not row.probe)


async def test_each_path_refuses_other_methods_with_the_envelope():
    async with client() as http:
        patched = {row.path for row in rows() if row.method == "PATCH"}
        for row in rows():
            reply = await http.request("PUT" if row.path in patched else "PATCH", address(row))
            assert envelope_faults(reply, 405) is None, row
            assert row.method in reply.headers["allow"].split(", "), row
        assert envelope_faults(await http.get("/v1/no/such/path"), 404) is None


async def test_each_endpoint_answers_with_and_without_the_version_prefix():
    async with client() as http:
        for row in (row for row in rows() if not row.probe):
            versioned = await http.request(row.method, address(row), content=b"{", headers=JSON)
            bare = await http.request(row.method, address(row).removeprefix("/v1"), content=b"{", headers=JSON)
            assert bare.status_code == versioned.status_code, row
            if row.reply != "bytes" or bare.status_code != 200:
                assert bare.json().get("error") == versioned.json().get("error"), row


async def test_two_apps_with_different_settings_answer_side_by_side():
    chat = {"model": "no-such-model", "messages": [{"role": "user", "content": "Say hello"}]}
    async with client(organization="org-a", seed=1) as a, client(organization="org-b", strict_models=True) as b:
        replies = await asyncio.gather(*(http.post("/v1/chat/completions", json=chat) for http in (a, b) * 5))
        assert [reply.status_code for reply in replies] == [200, 404] * 5
        assert [reply.headers["openai-organization"] for reply in replies] == ["org-a", "org-b"] * 5
        assert (await counted(a))["/chat/completions"] == (await counted(b))["/chat/completions"] == 5
        ids = [reply.headers["x-request-id"] for reply in replies]
        assert len(set(ids)) == len(ids)
