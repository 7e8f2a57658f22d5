"""Files that an agent makes."""

import json
from xml.etree import ElementTree

import pytest

from fakeai.core.chance import Chance
from fakeai.services.agents.documents import document

ABOUT = 'Write a "report" about <seas> & \\ lakes'


def made(name: str) -> str:
    return document(f"/workspace/outputs/{name}", ABOUT, Chance("x")).decode()


def test_equal_chances_make_equal_files() -> None:
    assert made("a.csv") == made("a.csv")
    assert document("/a.csv", ABOUT, Chance("y")).decode() != made("a.csv")


def test_each_file_is_valid_in_its_format() -> None:
    assert json.loads(made("sea-report.json"))["title"] == "Sea report"
    rows = [line.split(",") for line in made("a.csv").splitlines()]
    assert (rows[0], {len(row) for row in rows}) == (["id", "region", "value"], {3})
    compile(made("a.py"), "a.py", "exec")
    for name in ("a.xml", "a.svg"):
        ElementTree.fromstring(made(name))


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.js", "a.sql", "a.yaml", "a.log"])
def test_each_file_says_what_it_is_about(name: str) -> None:
    assert "A" in made(name)
