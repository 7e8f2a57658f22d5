"""Programs: the language a prompt wants, names, and templates that are valid and exact."""

import ast
import json
import re
import sqlite3

import pytest

from fakeai.content.programs import names, programs, task, wanted_program
from fakeai.content.prose import SLOTS, cut
from fakeai.content.tokens import encoding
from fakeai.content.topics import subject
from fakeai.content.writer import Writer
from fakeai.core.chance import Chance

LANGUAGES = (
    "python", "javascript", "typescript", "rust", "go", "java", "c", "cpp", "csharp", "bash", "sql", "html", "css", "yaml", "json", "regex",
)  # fmt: skip
TASKS = (
    "",
    "fibonacci",
    "factorial",
    "prime",
    "palindrome",
    "reverse",
    "sort",
    "hello",
    "fizzbuzz",
    "sum",
    "search",
    "email",
    "date",
    "url",
    "phone",
)
WORDS = (
    "user records",
    "SQL",
    "cost",
    "User records",
    "SQL",
    "Cost",
    "merge_user_records",
    "mergeUserRecords",
    "MergeUserRecords",
)


def _written(language: str, of: str = "", name: str = "o200k_base") -> list[str]:
    enc = encoding(name)
    found = []
    for line in programs(language, of, ""):
        writer = Writer(subject(""), Chance(1), enc, 10_000)
        writer.words = dict(zip(SLOTS, WORDS, strict=False))
        writer.fill(cut(line, enc))
        pieces = writer.pieces
        text = "".join(pieces)
        assert len(pieces) == enc.count(text), text
        body = re.fullmatch(r"```\w*\n(.*)\n```", text, re.S)
        assert body is not None
        found.append(body[1])
    return found


@pytest.mark.parametrize("name", ["o200k_base", "cl100k_base"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_programs_are_cut_exactly_and_filled_wholly(language, name):
    for of in TASKS:
        for body in _written(language, of, name):
            assert not re.search(r"\{[tuaTUAfcFm]\}", body)


@pytest.mark.parametrize("of", TASKS)
def test_python_programs_run(of):
    for body in _written("python", of):
        exec(compile(ast.parse(body), "program", "exec"), {"__name__": "program"})


def test_the_well_known_tasks_are_done_right(capsys):
    for of, printed in (
        ("fibonacci", "[0, 1, 1, 2, 3, 5, 8, 13, 21, 34]"),
        ("factorial", "120"),
        ("sort", "[1, 2, 5, 9]"),
        ("search", "3"),
        ("sum", "6.5"),
    ):
        for body in _written("python", of):
            exec(compile(ast.parse(body), "program", "exec"), {"__name__": "program"})
            assert capsys.readouterr().out.strip() == printed


def test_queries_and_documents_parse():
    database = sqlite3.connect(":memory:")
    database.executescript(
        "create table customers(id, name, active); create table orders(id, customer_id, amount); create table merge_user_records(id, category, created_at);"
    )
    for body in _written("sql"):
        database.execute(body).fetchall()
    database.close()
    for body in _written("json"):
        json.loads(body)
    for of in TASKS:
        for body in _written("regex", of):
            re.compile(body)


@pytest.mark.parametrize(
    ("prompt", "language"),
    [
        ("Write a python function to sort a list", "python"),
        ("Write a function that adds two numbers", "python"),
        ("write hello world in Go", "go"),
        ("Implement a queue in C", "c"),
        ("Show me a C++ program", "cpp"),
        ("Create a React component for a menu", "javascript"),
        ("Fix this code: ```js\nlet a = 1\n```", "javascript"),
        ("Write a query for late orders", "sql"),
        ("写一个排序函数", "python"),
        ("Explain what a function is", None),
        ("Where can I go to see a program about whales?", None),
        ("Write a poem about Java", None),
        ("What is Rust?", None),
    ],
)
def test_the_language_is_the_one_asked_for(prompt, language):
    wish = wanted_program(prompt, frozenset(re.findall(r"[\w-]+", prompt.lower())))
    assert (wish and wish.language) == language


def test_names_come_from_the_prompt_and_are_no_keywords():
    assert names("Write a python function that merges user records") == (
        "merge_user_records",
        "mergeUserRecords",
        "MergeUserRecords",
    )
    assert names("write code") == ("process_items", "processItems", "ProcessItems")
    assert names("write a function for class import return").snake.isidentifier()
    assert task(frozenset({"write", "primes"})) == "prime"
    assert task(frozenset({"write"})) == ""
