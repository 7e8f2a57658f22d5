"""Bodies of reranking: which texts are read of documents, and how the sides of scores pair."""

from typing import Any

import pytest

from fakeai.core.errors import BadRequest
from fakeai.wire.rerank import RerankRequest, ScoreRequest, check, texts_of


def body(**fields: Any) -> RerankRequest:
    return RerankRequest.model_validate({"model": "m", "query": "q", **fields})


@pytest.mark.parametrize(
    ("fields", "texts"),
    [
        ({"documents": ["a", "b"]}, ["a", "b"]),
        ({"texts": ["a", "b"]}, ["a", "b"]),
        ({"documents": [{"text": "a", "title": "t"}, "b"]}, ["a", "b"]),
        ({"documents": [{"title": "t", "body": "b", "year": 1}]}, ["title: t\nbody: b"]),
        ({"documents": [{"title": "t", "text": "a"}], "rank_fields": ["title"]}, ["t"]),
        ({"documents": [{"title": "t", "text": "a"}], "rank_fields": ["text", "title"]}, ["text: a\ntitle: t"]),
    ],
)
def test_the_texts_of_documents_are_found(fields: dict[str, Any], texts: list[str]) -> None:
    assert texts_of(body(**fields)) == texts


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({}, "documents"),
        ({"documents": ["a", {"year": 1}]}, "documents[1]"),
        ({"documents": [{"text": "a"}], "rank_fields": ["title"]}, "documents[0]"),
    ],
)
def test_documents_without_texts_are_refused(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as told:
        texts_of(body(**fields))
    assert told.value.param == param


def test_only_a_client_that_never_names_a_model_need_name_none() -> None:
    check(RerankRequest.model_validate({"query": "q", "texts": ["a"]}))
    with pytest.raises(BadRequest, match="model"):
        check(RerankRequest.model_validate({"query": "q", "documents": ["a"]}))


@pytest.mark.parametrize(
    ("fields", "sides"),
    [
        ({"text_1": "a", "text_2": "b"}, (["a"], ["b"])),
        ({"text_1": "a", "text_2": ["b", "c"]}, (["a"], ["b", "c"])),
        ({"text_1": ["a", "d"], "text_2": ["b", "c"]}, (["a", "d"], ["b", "c"])),
        ({"queries": "a", "documents": ["b"]}, (["a"], ["b"])),
    ],
)
def test_sides_have_two_names_and_pair(fields: dict[str, Any], sides: tuple[list[str], list[str]]) -> None:
    assert ScoreRequest.model_validate(fields).sides() == sides


@pytest.mark.parametrize("fields", [{"text_1": "a"}, {"text_2": "a"}, {"text_1": ["a", "b"], "text_2": ["c"] * 3}])
def test_sides_that_do_not_pair_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        ScoreRequest.model_validate(fields).sides()
