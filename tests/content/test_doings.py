"""What programs and commands give: small ones are worked out, hostile ones cost nothing."""

import pytest

from fakeai.content.doings import Ran, run_command, run_python


@pytest.mark.parametrize(
    ("code", "output"),
    [
        ("print(1 + 2 * 3)", "7\n"),
        ("a = [1, 2, 3]\nprint(sum(a), len(a), max(a))", "6 3 3\n"),
        ("x = 2\nprint(f'{x} and {x * x}')", "2 and 4\n"),
        ("print(7 // 2, 7 % 2, -7)", "3 1 -7\n"),
        ("1 + 1", "2\n"),
        ("print('a' + 'b')", "ab\n"),
        ("print(1 / 0)", "ZeroDivisionError: division by zero\n"),
        ("import os\nprint(3)", "3\n"),
        ("x = open('/etc/passwd')\nprint(x)\nprint(4)", "4\n"),
        ("print(", "SyntaxError: '(' was never closed\n"),
    ],
)
def test_a_program_prints_what_is_known_of_it(code, output):
    assert run_python(code).output == output


@pytest.mark.parametrize(
    "code",
    [
        "print(9**9**9**9)",
        "print([0] * 10**10)",
        "x = 'a' * 10**10\nprint(x)",
        "(" * 50_000,
        "print(" * 5_000 + ")" * 5_000,
        "a = 2**4000\nb = a * a * a * a\nprint(len(str(b)))",
        "print('x')\n" * 100_000,
        "\0",
        "__import__('os').system('touch /tmp/never')",
    ],
)
def test_hostile_programs_give_nothing_and_cost_nothing(code):
    assert len(run_python(code).output) <= 20_000


def test_files_under_the_data_folder_are_told():
    assert run_python("df.to_csv('/mnt/data/out.csv')\nprint(1)") == Ran("1\n", ("out.csv",))
    assert run_python("open('/mnt/data/../etc/x', 'w')").files == ()


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("ls -la", 0),
        ("echo a b", 0),
        ("python3 -c 'print(2*3)'", 0),
        ("false", 1),
        ("nonsense", 127),
        ("echo '", 2),
        ("", 0),
    ],
)
def test_commands_end_with_their_codes(command, code):
    assert run_command(command).code == code


def test_commands_write_what_they_would():
    assert run_command("echo a b").stdout == "a b\n"
    assert run_command("python3 -c 'print(2*3)'").stdout == "6\n"
    assert "command not found" in run_command("nonsense").stderr
