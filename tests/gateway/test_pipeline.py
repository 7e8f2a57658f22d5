"""One door: the middlewares that apply go around every handler, outermost first."""

from contextlib import suppress

import pytest

from fakeai.core.call import Call, Endpoint, Handler, Reply
from fakeai.core.errors import BadRequest, Unavailable, UpgradeRequired
from fakeai.core.socket import Socket
from fakeai.gateway.pipeline import Gateway, Later

ALL = frozenset({"http", "batch", "experiment", "direct"})


class Echo:
    ENDPOINTS = (
        Endpoint("GET", "/echo", "get", "Echo"),
        Endpoint("POST", "/echo", "post", "Echo"),
        Endpoint("GET", "/health", "health", "Health", probe=True),
    )

    def __init__(self, log: list[str]) -> None:
        self.log = log

    async def get(self, call: Call) -> Reply:
        self.log.append("get")
        return Reply({"path": call.path})

    async def post(self, call: Call) -> Reply:
        self.log.append("post")
        raise BadRequest("no")

    async def health(self, call: Call) -> Reply:
        return Reply({"ok": True})


class Step:
    def __init__(self, name: str, log: list[str], origins: frozenset = ALL) -> None:
        self.name = name
        self.log = log
        self.origins = origins

    async def __call__(self, call: Call, next: Handler) -> Reply:
        self.log.append(f"{self.name} in")
        reply = await next(call)
        self.log.append(f"{self.name} out")
        reply.headers[self.name] = "seen"
        return reply


class Short:
    origins = ALL

    async def __call__(self, call: Call, next: Handler) -> Reply:
        return Reply({"short": True})


def call(gateway: Gateway, method: str, path: str, origin="http") -> Call:
    row = next(row for row in gateway.endpoints if (row.method, row.path) == (method, path))
    return Call("req_1", row, path, {}, origin=origin)


async def test_steps_go_around_the_handler_outermost_first() -> None:
    log: list[str] = []
    gateway = Gateway([Echo(log)], [Step("outer", log), Step("inner", log)])
    reply = await gateway.handle(call(gateway, "GET", "/echo"))
    assert log == ["outer in", "inner in", "get", "inner out", "outer out"]
    assert reply.body == {"path": "/echo"}
    assert reply.headers == {"inner": "seen", "outer": "seen"}


async def test_a_step_sees_only_the_origins_it_names() -> None:
    log: list[str] = []
    gateway = Gateway([Echo(log)], [Step("web", log, frozenset({"http"})), Step("any", log)])
    for origin, expected in {
        "http": ["web", "any"],
        "batch": ["any"],
        "experiment": ["any"],
        "direct": ["any"],
    }.items():
        log.clear()
        await gateway.handle(call(gateway, "GET", "/echo", origin))
        assert [line[:-3] for line in log if line.endswith(" in")] == expected


async def test_probes_pass_no_step() -> None:
    log: list[str] = []
    gateway = Gateway([Echo(log)], [Step("any", log)])
    reply = await gateway.handle(call(gateway, "GET", "/health"))
    assert (reply.body, log) == ({"ok": True}, [])


async def test_nobody_is_let_in_at_the_end_but_probes_and_work_of_our_own() -> None:  # gateway 71
    log: list[str] = []
    gateway = Gateway([Echo(log)], [Step("journal", log), Step("other", log)])
    assert (await gateway.handle(call(gateway, "GET", "/echo"))).status == 200
    log.clear()
    gateway.drain()
    with pytest.raises(Unavailable) as refused:
        await gateway.handle(call(gateway, "GET", "/echo"))
    assert refused.value.code == "shutting_down" and log == ["journal in"], "it is written down"
    assert (await gateway.handle(call(gateway, "GET", "/health"))).status == 200
    assert (await gateway.handle(call(gateway, "GET", "/echo", "batch"))).status == 200


async def test_a_step_may_answer_instead_of_the_handler() -> None:
    log: list[str] = []
    gateway = Gateway([Echo(log)], [Step("outer", log), Short(), Step("inner", log)])
    reply = await gateway.handle(call(gateway, "POST", "/echo"))
    assert reply.body == {"short": True}
    assert log == ["outer in", "outer out"]


async def test_one_path_may_have_several_methods_and_errors_pass_through() -> None:
    log: list[str] = []
    gateway = Gateway([Echo(log)], [Step("any", log)])
    with pytest.raises(BadRequest, match="no"):
        await gateway.handle(call(gateway, "POST", "/echo"))
    assert log == ["any in", "post"]


async def test_services_of_a_gateway_are_listed_in_order() -> None:
    rows = Gateway([Echo([])], []).endpoints
    assert [(row.method, row.path) for row in rows] == [("GET", "/echo"), ("POST", "/echo"), ("GET", "/health")]


async def test_a_step_that_says_so_is_in_the_way_of_some_endpoints_only() -> None:
    log: list[str] = []

    class Picky(Step):
        def applies(self, endpoint: Endpoint) -> bool:
            return endpoint.method == "GET"

    gateway = Gateway([Echo(log)], [Picky("picky", log)])
    for row in Echo.ENDPOINTS[:2]:
        with suppress(BadRequest):
            await gateway.handle(Call("req_1", row, row.path, {}))
    assert log == ["picky in", "get", "picky out", "post"]


class Talks:
    ENDPOINTS = (Endpoint("GET", "/talk", "talk", "Talk", reply="socket"),)

    async def talk(self, call: Call) -> Reply:
        async def nothing(socket: Socket) -> None:
            """Nobody says anything."""

        return Reply(socket=nothing)


async def test_who_cannot_talk_is_told_so_once_he_is_let_in() -> None:
    log: list[str] = []
    gateway = Gateway([Talks()], [Step("outer", log)])
    row = gateway.endpoints[0]
    with pytest.raises(UpgradeRequired):
        await gateway.handle(Call("req_1", row, "/talk", {}))
    assert log == ["outer in"]
    reply = await gateway.handle(Call("req_2", row, "/talk", {}, websocket=True))
    assert reply.status == 101 and reply.socket is not None


class Other:
    ENDPOINTS = (Endpoint("GET", "/other/{id}", "get", "Other"),)

    async def get(self, call: Call) -> Reply:
        return Reply({"other": True})


async def test_a_service_is_made_once_when_somebody_asks_below_its_roots() -> None:
    made: list[str] = []

    def make(name: str, service: object) -> object:
        made.append(name)
        return service

    gateway = Gateway(
        [
            Later(frozenset({"echo", "health"}), lambda: make("echo", Echo([]))),
            Later(frozenset({"other"}), lambda: make("other", Other())),
        ],
        [],
    )
    assert gateway.below("nothing") == [] and gateway.find_row("GET", "/nothing") is None and made == []
    assert [row.path for row in gateway.below("health")] == ["/health"]
    row = gateway.find_row("GET", "/echo")
    assert row is not None and made == ["echo"]
    assert (await gateway.handle(Call("req_1", row, row.path, {}))).body == {"path": "/echo"}
    assert [row.path for row in gateway.endpoints] == ["/echo", "/echo", "/health", "/other/{id}"]
    assert made == ["echo", "other"]
