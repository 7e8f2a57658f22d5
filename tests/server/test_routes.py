"""Every row is found with and without `/v1`, its parameters are bound, and what is no row is refused in OpenAI's words."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.core.call import Endpoint
from fakeai.core.errors import MethodNotAllowed, UnknownRoute
from fakeai.server.routes import ResourceNotFound, Routes


def row(method: str, path: str) -> Endpoint:
    return Endpoint(method, path, f"{method} {path}", "A row")


ROWS = [
    row("GET", "/models"),
    row("GET", "/models/{model:path}"),
    row("DELETE", "/models/{model:path}"),
    row("POST", "/chat/completions"),
    row("GET", "/chat/completions"),
    row("GET", "/chat/completions/{completion_id}"),
    row("POST", "/chat/completions/{completion_id}"),
    row("GET", "/chat/completions/{completion_id}/messages"),
    row("POST", "/embeddings"),
    row("GET", "/health"),
    Endpoint("POST", "/spoken", "POST /spoken", "A row that uses a model", usage="audio_speeches"),
    Endpoint("GET", "/healthz", "GET /healthz", "A probe", probe=True),
]


def routes(rows):
    return Routes(lambda root: [row for row in rows if row.path.split("/")[1] == root])


ROUTES = routes(ROWS)


@pytest.mark.parametrize("prefix", ["", "/v1"])
@pytest.mark.parametrize("endpoint", [r for r in ROWS if "{" not in r.path], ids=lambda r: r.handler)
def test_paths_without_parameters_are_found(endpoint: Endpoint, prefix: str) -> None:
    match = ROUTES.find(endpoint.method, prefix + endpoint.path)
    assert match.endpoint is endpoint and match.params == {}


@pytest.mark.parametrize("prefix", ["", "/v1"])
@pytest.mark.parametrize(
    ("method", "path", "handler", "params"),
    [
        ("GET", "/models/gpt-4o", "GET /models/{model:path}", {"model": "gpt-4o"}),
        ("DELETE", "/models/ft:a:b::c", "DELETE /models/{model:path}", {"model": "ft:a:b::c"}),
        ("GET", "/models/meta-llama/Llama-3.1-8B", "GET /models/{model:path}", {"model": "meta-llama/Llama-3.1-8B"}),
        ("GET", "/models/a%2Fb%20c", "GET /models/{model:path}", {"model": "a/b c"}),
        ("GET", "/models/caf%C3%A9", "GET /models/{model:path}", {"model": "café"}),
        ("GET", "/chat/completions/c-1", "GET /chat/completions/{completion_id}", {"completion_id": "c-1"}),
        (
            "GET",
            "/chat/completions/c-1/messages",
            "GET /chat/completions/{completion_id}/messages",
            {"completion_id": "c-1"},
        ),
    ],
)
def test_parameters_are_bound_and_unescaped(prefix: str, method: str, path: str, handler: str, params: dict) -> None:
    match = ROUTES.find(method, prefix + path)
    assert (match.endpoint.handler, match.params) == (handler, params)


@pytest.mark.parametrize("path", ["/models/", "/v1/models/", "/v1/embeddings/", "/v1/chat/completions/"])
def test_a_trailing_slash_does_not_matter(path: str) -> None:
    method = "POST" if "embeddings" in path else "GET"
    assert ROUTES.find(method, path).endpoint.path == path.removeprefix("/v1").rstrip("/")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "*",
        "/v1",
        "/v1/",
        "/v2/models",
        "/v1/v1/models",
        "/v1/v1/models/gpt-4o",
        "/v1models",
        "//models",
        "/MODELS",
        "/v1/chat",
        "/v1/chat/completions/a/b",
        "/v1/chat/completions/a/messages/b",
        "/v1/chat/completions//messages",
        "/v1/models%2Fgpt-4o",
    ],
)
def test_what_is_no_row_is_an_invalid_url(path: str) -> None:
    with pytest.raises(UnknownRoute) as caught:
        ROUTES.find("GET", path)
    assert caught.value.message == f"Invalid URL (GET {path})"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/v1/embeddings", "POST"),
        ("GET", "/embeddings", "POST"),
        ("DELETE", "/v1/chat/completions", "GET, POST"),
        ("PUT", "/v1/models/gpt-4o", "DELETE, GET"),
        ("PUT", "/v1/models/meta-llama/Llama", "DELETE, GET"),
        ("HEAD", "/v1/models", "GET"),
    ],
)
def test_another_method_is_refused_with_those_allowed(method: str, path: str, allow: str) -> None:
    with pytest.raises(MethodNotAllowed) as caught:
        ROUTES.find(method, path)
    assert caught.value.headers == {"allow": allow}


def test_two_rows_of_one_method_and_path_are_a_defect() -> None:
    with pytest.raises(ValueError, match="two endpoints answer GET /models"):
        routes([row("GET", "/models"), row("GET", "/models")]).find("GET", "/models")


def test_a_long_path_is_not_repeated_in_full() -> None:
    with pytest.raises(UnknownRoute) as caught:
        ROUTES.find("GET", "/v1/" + "x" * 60_000)
    assert len(caught.value.message) < 300


NAMES = st.text(min_size=1, max_size=20).filter(lambda name: name.strip("/") == name)


@given(NAMES)
def test_any_model_id_survives_the_path(name: str) -> None:
    path = "/v1/models/" + quote(name, safe="")
    assert ROUTES.find("GET", path).params == {"model": name}


@given(st.sampled_from(["GET", "POST", "PUT", "BREW"]), st.text(max_size=40))
def test_any_path_is_found_or_refused(method: str, path: str) -> None:
    try:
        match = ROUTES.find(method, path)
    except (UnknownRoute, MethodNotAllowed):
        return
    assert match.endpoint.method == method


@pytest.mark.parametrize(
    ("method", "path", "handler", "params", "dated"),
    [
        ("POST", "/openai/v1/embeddings", "POST /embeddings", {}, False),
        ("GET", "/openai/v1/models/a/b", "GET /models/{model:path}", {"model": "a/b"}, False),
        ("POST", "/openai/embeddings", "POST /embeddings", {}, True),
        ("GET", "/openai/models/gpt-4o", "GET /models/{model:path}", {"model": "gpt-4o"}, True),
        ("POST", "/openai/deployments/mine/spoken", "POST /spoken", {"deployment": "mine"}, True),
        ("POST", "/openai/deployments/a%2Fb/spoken/", "POST /spoken", {"deployment": "a/b"}, True),
    ],
)
def test_azures_paths_are_the_same_rows(method: str, path: str, handler: str, params: dict, dated: bool) -> None:
    match = ROUTES.find(method, path)
    assert (match.endpoint.handler, match.params, match.dated) == (handler, params, dated)


@pytest.mark.parametrize(
    "path",
    [
        "/openai/",
        "/openai/v1",
        "/openai/v1/",
        "/openai/v1/v1/embeddings",
        "/openai/v1/openai/embeddings",
        "/openai/openai/embeddings",
        "/openai/nothing",
        "/openai/healthz",
        "/openai/v1/healthz",
        "/openai/deployments",
        "/openai/deployments/",
        "/openai/deployments/mine",
        "/openai/deployments//spoken",
        "/openai/deployments/mine/",
        "/openai/deployments/mine/nothing",
        "/openai/deployments/mine/embeddings",
        "/openai/deployments/mine/v1/spoken",
        "/openai/deployments/mine/openai/v1/spoken",
        "/openai/deployments/mine/deployments/mine/spoken",
        "/openai/v1/deployments/mine/spoken",
        "/v1/openai/embeddings",
    ],
)
def test_other_paths_below_azures_are_refused(path: str) -> None:
    with pytest.raises(UnknownRoute) as told:
        ROUTES.find("GET" if path.endswith("healthz") else "POST", path)
    assert isinstance(told.value, ResourceNotFound) == path.startswith("/openai/")
    if path.startswith("/openai/"):
        assert (told.value.status, told.value.code, told.value.message) == (404, "404", "Resource not found")


def test_a_wrong_method_is_told_on_azures_paths_too() -> None:
    with pytest.raises(MethodNotAllowed) as told:
        ROUTES.find("PUT", "/openai/v1/embeddings")
    assert told.value.headers["allow"] == "POST"


def test_rows_are_asked_for_when_a_path_begins_like_theirs():
    asked = []

    def below(root):
        asked.append(root)
        return [row for row in ROWS if row.path.split("/")[1] == root]

    fresh = Routes(below)
    for path in ("/v1/models", "/models", "/v1/models/a", "/m%6Fdels/b"):
        assert fresh.find("GET", path).endpoint.path.startswith("/models")
    assert asked == ["models"]
    for _ in range(2):
        with pytest.raises(UnknownRoute):
            fresh.find("GET", "/v1/nothing/here")
    assert asked == ["models", "nothing", "nothing"]
