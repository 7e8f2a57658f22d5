"""Searches wait for files to be read, and find what fits; programs make files that can be fetched."""

from io import BytesIO
from typing import Any

from fakeai.services.assistants.hosted import query_of


def test_a_query_is_read_or_there_is_none() -> None:
    assert query_of('{"query":"whales"}') == "whales"
    assert [query_of(text) for text in ("", "[]", '{"query":5}', '{"q":"a"}', "{")] == [""] * 5


def steps(door: Any, run: Any) -> list[Any]:
    return list(door.get(f"/threads/{run['thread_id']}/runs/{run['id']}/steps?order=asc")["data"])


def answered(door: Any, said: str, **assistant: Any) -> Any:
    name, thread = door.assistant(**assistant), door.thread(said)
    return door.over(door.post(f"/threads/{thread}/runs", {"assistant_id": name}))


def test_a_search_is_as_its_tool_says(door: Any) -> None:
    files = [door.file(f"{name}.txt", f"{name} are animals of the {name} kind.".encode()) for name in ("Apes", "Bees")]
    store = {"file_search": {"vector_stores": [{"file_ids": files}]}}
    few = {"max_num_results": 1, "ranking_options": {"score_threshold": 0.0, "ranker": "default_2024_08_21"}}
    tool = {"type": "file_search", "file_search": few}
    run = answered(door, "What kind of animals are bees?", tools=[tool], tool_resources=store)
    (call,) = steps(door, run)[0]["step_details"]["tool_calls"]
    (found,) = call["file_search"]["results"]
    assert found["file_id"] == files[1] and 0 <= found["score"] <= 1
    assert call["file_search"]["ranking_options"] == {"ranker": "default_2024_08_21", "score_threshold": 0.0}
    none = {"ranking_options": {"score_threshold": 1.0}}
    run = answered(door, "What?", tools=[{"type": "file_search", "file_search": none}], tool_resources=store)
    assert run["status"] == "completed"
    assert steps(door, run)[0]["step_details"]["tool_calls"][0]["file_search"]["results"] == []


def test_a_search_without_stores_finds_nothing(door: Any) -> None:
    run = answered(door, "What is a whale?", tools=[{"type": "file_search"}])
    assert run["status"] == "completed"
    assert steps(door, run)[0]["step_details"]["tool_calls"][0]["file_search"]["results"] == []


def test_a_chart_of_a_program_is_an_image(door: Any) -> None:
    from PIL import Image

    from fakeai.services.assistants.hosted import _made

    data, kind = _made("a.png", "print(1)", "1\n")
    image = Image.open(BytesIO(data))
    image.load()
    assert (kind, image.format, image.size) == ("image/png", "PNG", (240, 130))
    assert _made("a.csv", "print(1)", "1\n") == (b"1\n", "text/csv")
    assert _made("a", "print(1)", "") == (b"print(1)", "text/plain")
