"""Replies about models: what our shapes allow, the official SDK reads."""

from openai.types import Model as SdkModel
from pydantic import TypeAdapter

from fakeai.wire.models import Model, ModelList

PLAIN: Model = {"id": "gpt-4o", "object": "model", "created": 1, "owned_by": "openai"}
ENDING: Model = {**PLAIN, "shutdown_date": "2027-01-14"}


def test_a_model_is_the_sdks() -> None:
    for model in (PLAIN, ENDING):
        TypeAdapter(Model).validate_python(model, strict=True)
        SdkModel.model_validate(model, strict=True)


def test_the_list_has_no_pages() -> None:
    TypeAdapter(ModelList).validate_python({"object": "list", "data": [PLAIN, ENDING]}, strict=True)
