"""A little Python gives what Python gives; what it does not know it says so; nothing takes long, whatever it is fed."""

import ast
import contextlib
import io

import pytest

from fakeai.content.doings import run_python
from fakeai.content.python_functions import Unknown
from fakeai.content.python_machine import Machine

SALES = b"city,price\r\nParis,3\r\nRome,4.5\r\nParis,5\r\n"
FILES = {"/mnt/data/sales.csv": SALES, "/mnt/data/a.json": b'{"a": [1, 2]}', "/mnt/data/b.bin": b"\xff\xfe\x00"}

KNOWN = [
    "x = 1\nx += 2\nx = x * 5\nprint(x, -x, not x)",
    "print([n * n for n in range(10) if n % 2], (1, 'a'), {'a': [None]})",
    "print('a,b'.split(','), ' a '.strip().upper(), '-'.join(['a', 'b']), 'abc'[::-1], 'abc'[1:])",
    "total = 0\nfor n in [1, 2, 3]:\n    if n > 1 and n != 3:\n        total += n\n    else:\n        total += 10\nprint(total)",
    "counts = {}\nfor c in 'abca':\n    counts[c] = counts.get(c, 0) + 1\nprint(counts, sorted(counts), max(counts.values()))",
    "print(f'{2 / 3:.2f} {1234567:,} {0.5:.0%}', round(2.567, 1), abs(-3), int('7') + float('1.5'))",
    "for i, (a, b) in enumerate(zip([1, 2], 'xy')):\n    print(i, a, b)",
    "import statistics as s, math\nfrom json import loads\nprint(s.mean([1, 2, 6]), s.median([3, 1, 2]), math.sqrt(9))\nprint(loads('[1]'))",
    "print(sorted([3, 1, 2], reverse=True), 2 in [1, 2], 'x' not in 'abc', 0 or 'b', 1 and '', 3 if 0 else 4)",
    "items = []\nitems.append('a')\nitems = items + ['b']\nprint(items, len(items), items.index('b'))",
    "a, b = 1, 2\nprint(a, b)\na\n'text'",
    "print(sum([]), min([2, 1]), list('ab'), str([1, 'a']), str(None))",
]


@pytest.mark.parametrize("code", KNOWN)
def test_it_gives_what_python_gives(code: str) -> None:
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        exec(compile(ast.Interactive(ast.parse(code).body), "<test>", "single"), {})
    assert run_python(code).output == told.getvalue()


def ran(code: str) -> str:
    return run_python(code, FILES).output


def test_given_files_are_read() -> None:
    assert ran("print(open('/mnt/data/sales.csv').read()[:10])") == "city,price\n"
    rows = "import csv\nwith open('/mnt/data/sales.csv', newline='') as file:\n    rows = list(csv.DictReader(file))\n"
    assert ran(rows + "prices = [float(row['price']) for row in rows]\nprint(sum(prices), len(rows))") == "12.5 3\n"
    assert ran(rows + "print(sum(float(r['price']) for r in rows if r['city'] == 'Paris'))") == "8.0\n"
    assert ran("import csv\nfor row in csv.reader(open('/mnt/data/sales.csv')):\n    print(row[0])").startswith(
        "city\nParis"
    )
    assert ran("import json\nprint(json.load(open('/mnt/data/a.json'))['a'][1])") == "2\n"
    lines = "f = open('/mnt/data/sales.csv')\nprint(f.readline().strip())\nfor line in f:\n    print(line.strip())\nprint(f.readlines())"
    assert ran(lines) == "city,price\nParis,3\nRome,4.5\nParis,5\n[]\n"


def test_of_given_files_none_is_made_and_what_is_missing_is_said() -> None:
    assert run_python("print(len(open('/mnt/data/sales.csv').read()))", FILES).files == ()
    gone = run_python("print(open('/mnt/data/gone.csv').read())\nprint(1)", FILES)
    assert gone == ("FileNotFoundError: [Errno 2] No such file or directory: '/mnt/data/gone.csv'\n", (), {})
    assert ran("print(open('/mnt/data/b.bin').read())").startswith("UnicodeDecodeError")
    for path in ("/etc/passwd", "/mnt/data/../../etc/passwd", "/mnt/data/", "sales.csv"):
        assert "root" not in ran(f"print(open({path!r}).read())")


def test_what_is_written_is_in_the_file_and_can_be_read_again() -> None:
    code = "with open('/mnt/data/out.csv', 'w') as f:\n    f.write('a\\n')\n    f.write('1\\n')\nprint(open('/mnt/data/out.csv').read())"
    assert run_python(code) == ("a\n1\n\n", ("out.csv",), {"out.csv": "a\n1\n"})
    over = run_python("with open('/mnt/data/sales.csv', 'w') as f:\n    f.write('x')", FILES)
    assert over.written == {"sales.csv": "x"}


def test_what_is_unknown_is_skipped_and_errors_end_the_program() -> None:
    assert ran("import pandas as pd\ndf = pd.read_csv('/mnt/data/sales.csv')\nprint(df)\nprint(1)") == "1\n"
    assert ran("x = {'a': 1}\nprint(x['b'])\nprint(2)") == "KeyError: 'b'\n"
    assert ran("a, b = 1, 2, 3") == "ValueError: cannot unpack 3 values into 2\n"
    assert ran("print(json.loads('1'))\ncsv = [1]\nprint(csv)") == "[1]\n", "a module that is not imported is unknown"


@pytest.mark.parametrize(
    "code",
    [
        "a0 = [1]\n"
        + "".join(f"a{n} = [a{n - 1}, a{n - 1}]\n" for n in range(1, 60))
        + "print(a59)\nprint(a59 == a58)",
        "t = 'x' * 3\n" + "t = 'ab'\n" + "t = t + t\n" * 60 + "print(len(t))",
        "print(round(7, -1000000000))",
        "for a in range(9000):\n    for b in range(9000):\n        print(a, b)",
        "print('-'.join(['a' * 1] * 9))\nprint('{:>999999999}')\nprint(f'{1:999999999d}')",
        "x = range(1000000000)\nprint(sum(x))",
        "l = []\nl.append(l)\nprint(l)\nfor x in l:\n    l.append(x)\nprint(l == l)",
        "d = {}\nd['d'] = d\nprint(d)",
        "import json\nprint(json.loads('[' * 9000))",
        "for n in range(9000):\n    open('/mnt/data/big.csv').read()\nprint(n)",
        "for n in range(9000):\n    f = open('/mnt/data/o.txt', 'w')\n    f.write('x' * 1)\nprint(n)",
        "s = open('/mnt/data/big.csv').read()\nfor n in range(9000):\n    s[::1]\n    s.split(',')\n    s == s\n    s.upper()",
        "s = open('/mnt/data/big.csv').read()\nl = [s for n in range(9000)]\nprint(l)\nprint(sorted(l))\nprint('-'.join(l))",
        "x = 9\n" + "x = x * x\n" * 90 + "print(x)",
        "t = (1, 2)\n" + "t = (t, t)\n" * 60 + "print({t: 1})",
        "t = (1, 2)\n" + "t = (t, t)\n" * 60 + "d = {1: 2}\nd[t] = 3\nprint(d[t])",
        "print(().__class__.__bases__[0].__subclasses__())\nprint(''.format.__self__)\nprint(open.__globals__)",
        "print(getattr('', '__class__'), eval('1'), __import__('os'))",
    ],
)
def test_no_program_takes_long_or_gets_anywhere(code: str) -> None:
    output = run_python(code, {"/mnt/data/big.csv": b"1," * 450_000}).output
    assert len(output) <= 20_000 and "class" not in output


def test_lists_are_not_summed_as_each_would_be_copied_for_the_next() -> None:
    assert run_python("print(sum([1, 2], 0.5))\nprint(sum([[1], [2]], []))").output == "3.5\n"


def test_a_budget_that_is_spent_stays_spent() -> None:
    machine = Machine({})
    (loop,) = ast.parse("for n in range(40000):\n    x = [n, n]").body
    with pytest.raises(Unknown):
        machine.do(loop)
    with pytest.raises(Unknown):
        machine.do(ast.parse("print(1)").body[0])
