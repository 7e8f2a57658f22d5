"""What probes are told."""

from typing import Literal

from typing_extensions import TypedDict


class Alive(TypedDict):
    """The process turns."""

    status: Literal["ok"]


class Ready(TypedDict):
    """Whether it can answer, and of each thing that it takes whether that is `ok`, or what is wrong with it."""

    status: Literal["ready", "not_ready", "draining"]
    db: str
    llm: str
    redis: str
