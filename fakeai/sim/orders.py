"""What may be done to a cluster's workers while it runs, by hand or at times said before. Time is an argument.

Knows which orders make sense for which worker; the cluster knows what follows from them.
"""

from collections.abc import Iterable, Mapping
from math import inf
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from fakeai.core.events import WorkerState

if TYPE_CHECKING:
    from fakeai.sim.cluster import Cluster
    from fakeai.sim.worker import Role, Worker

Action: TypeAlias = Literal["add", "drain", "fail", "sleep", "wake", "slow"]

MIN_SPEED, MAX_SPEED = 0.001, 100.0
"""Of a worker's steps; 1 is as the timing says."""
MAX_WORKERS = 1024
"""Of one cluster; who asks for more has asked in a loop."""

_STATES: Mapping[Action, tuple[WorkerState, ...]] = MappingProxyType(
    {"drain": ("starting", "ready"), "sleep": ("ready",), "wake": ("asleep",)}
)
"""In which a worker must be; the other orders are for all."""


class Order(NamedTuple):
    """Something to be done. `worker` is whose it is, but for `add`; `role` is for `add`, and `speed` for `slow`."""

    action: Action
    worker: int | None = None
    role: "Role | None" = None
    speed: float | None = None


class At(NamedTuple):
    """An order, and when it is carried out."""

    seconds: float
    order: Order


class OrderError(ValueError):
    """An order that cannot be carried out: `field` says what is wrong with it, the message what is accepted.

    `missing` tells what does not exist from what does not fit.
    """

    def __init__(self, field: str, message: str, *, missing: bool = False) -> None:
        super().__init__(message)
        self.field = field
        self.missing = missing


def carry_out(cluster: "Cluster", order: Order, now: float) -> "Worker":
    """Do it at `now`; the worker it was done to. Raises OrderError.

    - `add`: start a worker; it is ready after the cluster's start-up time.
    - `drain`: give it no more requests; it goes when it has none.
    - `fail`: lose it at once. Its requests go on elsewhere, or end where nobody is left.
    - `sleep`: give it no more requests until it is woken; it finishes what it has.
    - `slow`: its steps take 1 / `speed` of their time, from the next one on.
    """
    action = order.action
    _check(order)
    cluster.advance(now)
    if action == "add":
        return _add(cluster, order.role)
    worker = _find(cluster, order)
    if action == "drain":
        cluster.drain(worker.id, now)
    elif action == "fail":
        cluster.fail(worker.id, now)
    elif action == "slow":
        assert order.speed is not None, "checked"
        worker.engine.speed = order.speed
    else:
        cluster.pause((worker.id,), now, asleep=action == "sleep", finish=True)
    return worker


def _check(order: Order) -> None:
    action = order.action
    for field, value, taken in (
        ("worker", order.worker, action != "add"),
        ("role", order.role, action == "add"),
        ("speed", order.speed, action == "slow"),
    ):
        if value is not None and not taken:
            raise OrderError(field, f"'{action}' has no use for '{field}'")
        if value is None and taken and field != "role":
            raise OrderError(field, f"'{action}' needs '{field}'")
    if order.speed is not None:
        check_speed(order.speed)


def check_speed(speed: float) -> None:
    """Raises OrderError for one that no worker can have."""
    if not MIN_SPEED <= speed <= MAX_SPEED:
        raise OrderError("speed", f"a speed is a number from {MIN_SPEED:g} to {MAX_SPEED:g}, not {speed:g}")


def _add(cluster: "Cluster", role: "Role | None") -> "Worker":
    roles: tuple[Role, ...] = ("prefill", "decode") if cluster.disaggregated else ("both",)
    if role is None and len(roles) == 1:
        role = roles[0]
    if role not in roles:
        said = "no role" if role is None else repr(role)
        raise OrderError("role", f"a worker of this cluster is {' or '.join(map(repr, roles))}, not {said}")
    if len(cluster.workers) >= MAX_WORKERS:
        raise OrderError("action", f"a cluster has at most {MAX_WORKERS} workers")
    return cluster.add(role)


def _find(cluster: "Cluster", order: Order) -> "Worker":
    worker = cluster.workers.get(-1 if order.worker is None else order.worker)
    if worker is None:
        raise OrderError("worker", f"there is no worker {order.worker}: {told(cluster.workers)}", missing=True)
    states = _STATES.get(order.action)
    if states is not None and worker.state not in states:
        raise OrderError(
            "action",
            f"worker {worker.id} is {worker.state}: '{order.action}' is for one that is {' or '.join(states)}",
        )
    return worker


def told(workers: Iterable[int]) -> str:
    """Which there are, in words."""
    names = list(workers)
    if not names:
        return "there are none"
    if len(names) > 1 and names == list(range(names[0], names[-1] + 1)):
        return f"there are {names[0]} to {names[-1]}"
    return f"there {'is' if len(names) == 1 else 'are'} {', '.join(map(str, names))}"


# -- as they are written


def read_at(option: str, action: Action, text: str) -> At:
    """Read `WORKER@SECONDS`. Raises ValueError with what is accepted."""
    worker, at, seconds = text.partition("@")
    try:
        when = float(seconds)
        if at and worker.strip().isdecimal() and 0 <= when < inf:
            return At(when, Order(action, int(worker)))
    except ValueError:
        pass
    raise ValueError(f"{option} takes WORKER@SECONDS, as 1@30, not {text!r}")


def read_speeds(name: str, text: str) -> dict[int, float]:
    """Read `WORKER=SPEED,…`. Raises ValueError with what is accepted."""
    found = {}
    for part in filter(str.strip, text.split(",")):
        worker, equals, speed = part.partition("=")
        try:
            if not (equals and worker.strip().isdecimal()):
                raise ValueError
            value = float(speed)
        except ValueError:
            raise ValueError(f"{name} takes WORKER=SPEED, as 0=0.5,3=0.8, not {part.strip()!r}") from None
        try:
            check_speed(value)
        except OrderError as error:
            raise ValueError(f"{name}: {error}") from None
        found[int(worker)] = value
    return found
