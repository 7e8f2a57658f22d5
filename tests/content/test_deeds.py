"""What is written for tools that do things follows the words of the prompt, and can be run."""

import ast
import json

import pytest

from fakeai.content import deeds, doings


@pytest.mark.parametrize(
    ("prompt", "printed"),
    [
        ("What is 12*37?", "444\n"),
        ("Work out (3 + 4) * 2, please", "14\n"),
        ("What is the mean of 3, 4 and 8?", "5.0\n"),
        ("the largest of 3, 9 and 8", "9\n"),
        ("How long is 'hello'?", "5\n"),
        ("Do something", "2\n"),
    ],
)
def test_a_program_works_out_what_is_asked(prompt, printed):
    code = deeds.python(prompt)
    ast.parse(code)
    assert doings.run_python(code).output == printed


def test_charts_and_tables_become_files():
    assert doings.run_python(deeds.python("Plot 1, 2, 3 as a histogram")).files == ("chart.png",)
    assert doings.run_python(deeds.python("Export 1, 2, 3 as csv")).files == ("table.csv",)


@pytest.mark.parametrize(
    ("prompt", "command"),
    [
        ("Run `echo hi` for me", "echo hi"),
        ("Which Python version is there?", "python3 --version"),
        ("Show me notes.md", "cat notes.md"),
        ("Look around", "ls -la"),
    ],
)
def test_commands_follow_the_prompt(prompt, command):
    assert json.loads(deeds.shell(prompt)) == {"commands": [command]}
    assert json.loads(deeds.local_shell(prompt)) == {"command": ["bash", "-lc", command]}


@pytest.mark.parametrize(
    ("prompt", "kind", "path"),
    [
        ("Fix the bug in src/app.py", "update_file", "src/app.py"),
        ("Create a file notes.md", "create_file", "notes.md"),
        ("Delete the file old.txt", "delete_file", "old.txt"),
        ("Make it better", "update_file", "main.py"),
    ],
)
def test_patches_name_the_file_and_what_becomes_of_it(prompt, kind, path):
    operation = json.loads(deeds.patch(prompt))
    assert (operation["type"], operation["path"]) == (kind, path)
    assert ("diff" in operation) == (kind != "delete_file")


def test_a_screen_is_looked_at_first():
    assert json.loads(deeds.screen("Click on OK")) == {"type": "screenshot"}


def test_prompts_of_any_length_and_kind_are_answered():
    for prompt in ("", "1" * 100_000, "(" * 10_000, "9**9**9**9", "\0\ud800", "1+" * 5_000):
        for write in deeds.WRITERS.values():
            assert len(write(prompt, prompt)) < 5_000


def test_a_screen_that_was_seen_is_acted_on():
    def moves(prompt: str) -> list[str]:
        told = [deeds.move(prompt, number) for number in range(1, 6)]
        return [json.loads(text)["type"] for text in told if text is not None]

    assert moves("Open the door") == ["click"]
    assert moves('Search for "tides" and scroll down') == ["click", "type", "keypress", "scroll"]
    assert json.loads(deeds.move('Say "hi"', 2) or "") == {"type": "type", "text": "hi"}
