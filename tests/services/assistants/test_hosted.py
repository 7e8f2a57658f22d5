"""Searches wait for files to be read, and find what fits; programs make files that can be fetched."""

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

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
    run = answered(door, "Plot 1, 2, 3", tools=[{"type": "code_interpreter"}])
    (call,) = steps(door, run)[0]["step_details"]["tool_calls"]
    logs, image = call["code_interpreter"]["outputs"]
    assert (logs["logs"], image["type"]) == ("saved chart.png\n", "image")
    made = Image.open(BytesIO(door.http.get(f"/files/{image['image']['file_id']}/content").content))
    made.load()
    assert made.format == "PNG" and min(made.size) > 100


@pytest.mark.parametrize("where", ["assistant", "thread", "message", "run"])
def test_programs_read_the_files_that_they_are_given_wherever_that_was_said(door: Any, where: str) -> None:
    file = door.file("prices.csv", b"city,price\nParis,3\nRome,4.5\n")
    resources = {"tool_resources": {"code_interpreter": {"file_ids": [file]}}}
    question = {"role": "user", "content": "What is the average price?"}
    if where == "message":
        question["attachments"] = [{"file_id": file, "tools": [{"type": "code_interpreter"}]}]
    on_thread = resources if where == "thread" else {}
    name = door.assistant(tools=[{"type": "code_interpreter"}], **(resources if where == "assistant" else {}))
    body = {"assistant_id": name, "thread": {"messages": [question], **on_thread}}
    run = door.over(door.post("/threads/runs", body | (resources if where == "run" else {})))
    (call,) = steps(door, run)[0]["step_details"]["tool_calls"]
    assert f"/mnt/data/{file}" in call["code_interpreter"]["input"]
    assert call["code_interpreter"]["outputs"] == [{"type": "logs", "logs": "3.75\n"}]
    answer = door.get(f"/threads/{run['thread_id']}/messages")["data"][0]["content"][0]["text"]["value"]
    assert "3.75" in answer


def test_a_file_that_is_gone_is_not_told_of(door: Any) -> None:
    file = door.file("prices.csv", b"city,price\nParis,3\n")
    resources = {"code_interpreter": {"file_ids": [file]}}
    name = door.assistant(tools=[{"type": "code_interpreter"}], tool_resources=resources)
    door.http.delete(f"/files/{file}")
    thread = door.thread("What is the average price?")
    run = door.over(door.post(f"/threads/{thread}/runs", {"assistant_id": name}))
    (call,) = steps(door, run)[0]["step_details"]["tool_calls"]
    assert run["status"] == "completed" and file not in call["code_interpreter"]["input"]
