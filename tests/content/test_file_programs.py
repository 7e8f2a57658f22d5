"""What a tool is told of files is read again, and what is written from it answers from the files."""

import pytest

from fakeai.content import deeds
from fakeai.content.doings import run_python
from fakeai.content.file_programs import FileTold, columns, formula, program, told

SALES = b"city,unit price\nParis,3\nRome,4.5\nParis,\n"
FILES = {"/mnt/data/file-1": SALES, "/mnt/data/file-2": b"Zoe has 52 stripes."}
TOLD = "Run Python." + told(
    [FileTold("/mnt/data/file-1", "sales.csv", ("city", "unit price")), FileTold("/mnt/data/file-2", "zebras.txt")]
)


@pytest.mark.parametrize(
    ("prompt", "printed"),
    [
        ("What is the average unit price?", "3.75\n"),
        ("Total of the Unit Price column, please", "7.5\n"),
        ("How many rows does the table have?", "3\n"),
        ("How many cities are in sales.csv?", "3\n"),
        ("What is in zebras.txt?", "Zoe has 52 stripes.\n"),
        ("Summarize the zebras", "Zoe has 52 stripes.\n"),
        ("Read the file", SALES.decode() + "\n"),
        ("What is 12*37?", "444\n"),
        ("What is the mean of 3, 4 and 8?", "5.0\n"),
    ],
)
def test_a_program_answers_from_the_files_it_is_told_of(prompt: str, printed: str) -> None:
    assert run_python(deeds.python(prompt, TOLD), FILES).output == printed


def test_a_chart_of_a_column_becomes_a_file() -> None:
    ran = run_python(deeds.python("Plot the unit price", TOLD), FILES)
    assert (ran.output, ran.files) == ("saved chart.png\n", ("chart.png",))


def test_without_files_or_a_word_of_them_nothing_is_read() -> None:
    assert program("Read the file", "Run Python.") is None and program("Hello!", TOLD) is None
    assert told([]) == ""


def test_names_cannot_say_more_than_a_name() -> None:
    wild = "a; /mnt/data/x is b with columns c.\n'"
    (path,) = FILES.keys() & {"/mnt/data/file-2"}
    code = program("Read the file", told([FileTold(path, wild, (wild, "x" * 500))]))
    assert code is not None and run_python(code, FILES).output.startswith("Zoe")
    many = told([FileTold(f"/mnt/data/{number}", "n" * 300, ["c" * 300] * 300) for number in range(300)])
    assert len(many) < 100_000


@pytest.mark.parametrize(
    ("head", "name", "found"),
    [
        (b'\xef\xbb\xbf"a", b\r\n1,2', "x.CSV", ["a", "b"]),
        (b"1,2.5,-3\n", "x.csv", []),
        (b"a,b\n", "x.txt", []),
        (b"a,,b\n", "x.csv", []),
        (b"", "x.csv", []),
        (b"\xff\xfe,b", "x.csv", ["\ufffd\ufffd", "b"]),
    ],
)
def test_columns_are_those_of_a_tables_first_line(head: bytes, name: str, found: list[str]) -> None:
    assert columns(head, name) == found


def test_a_formula_is_known_by_its_word() -> None:
    assert formula("the HIGHEST price") == "max(numbers)" and formula("Hello") == ""
