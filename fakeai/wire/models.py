"""What `/models` answers with; its requests have no body."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict


class Model(TypedDict):
    """One model. `shutdown_date` is an ISO date, for models with an announced end; `root` and `parent` are an adapter's."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    shutdown_date: NotRequired[str | None]
    root: NotRequired[str | None]
    parent: NotRequired[str]


class ModelList(TypedDict):
    """All models: this list has no pages. Where certain ones were chosen, their ids and the default are told too."""

    object: Literal["list"]
    data: list[Model]
    default_model: NotRequired[str]
    models: NotRequired[list[str]]
