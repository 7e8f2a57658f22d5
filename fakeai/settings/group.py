"""What every branch of the tree of settings has in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Port = Annotated[int, Field(ge=0, le=65_535)]
Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]


class Group(BaseModel):
    """A branch of the tree: frozen, and strict about names."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)
