"""Custom tools' grammars: the examples of OpenAI's guides, and hostile ones."""

import re
from contextlib import suppress
from time import process_time

import pytest

from fakeai.content.grammar import GrammarError, accepts, check, sample
from fakeai.core.chance import Chance

ARITHMETIC = """
start: expr
expr: term (SP ADD SP term)* -> add
| term
term: factor (SP MUL SP factor)* -> mul
| factor
factor: INT
SP: " "
ADD: "+"
MUL: "*"
%import common.INT
"""
SQL = """
SP: " "
start: "SELECT" SP "TOP" SP NUMBER SP column ("," SP column)* SP "FROM" SP IDENTIFIER ";"
column: IDENTIFIER
IDENTIFIER: /[A-Za-z_][A-Za-z0-9_]*/
NUMBER: /[0-9]+/
"""
JSON = """
start: value
?value: dict | list | ESCAPED_STRING | SIGNED_NUMBER | "true" | "false" | "null"
list : "[" [value ("," value)*] "]"
dict : "{" [pair ("," pair)*] "}"
pair : ESCAPED_STRING ":" value
%import common.ESCAPED_STRING
%import common.SIGNED_NUMBER
%import common.WS
%ignore WS
"""
TIMESTAMP = r"^(?P<month>January|February|March)\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?\s+(?P<year>\d{4})\s+at\s+(?P<hour>0?[1-9]|1[0-2])(?P<ampm>AM|PM)$"


@pytest.mark.parametrize("seed", range(12))
def test_arithmetic_can_be_computed(seed):
    text = sample("lark", ARITHMETIC, Chance(seed))
    assert re.fullmatch(r"\d+( [+*] \d+)*", text), text


@pytest.mark.parametrize("seed", range(12))
def test_sql_has_the_form_of_the_grammar(seed):
    text = sample("lark", SQL, Chance(seed))
    assert re.fullmatch(r"SELECT TOP \d+ [A-Za-z_]\w*(, [A-Za-z_]\w*)* FROM [A-Za-z_]\w*;", text), text


def test_samples_are_accepted_and_short_and_vary():
    for definition in (ARITHMETIC, SQL, JSON):
        texts = {sample("lark", definition, Chance(seed)) for seed in range(20)}
        assert len(texts) > 3
        for text in texts:
            assert accepts("lark", definition, text)
            assert len(text) < 600


@pytest.mark.parametrize(
    "pattern",
    [
        TIMESTAMP,
        r"\d{4}-\d{2}-\d{2}",
        "[a-z]+@[a-z]+\\.com",
        r"\$\d+\$$",
        "^a$|^b$",
        "(?i)select .+ from [a-z]+",
        "(x+x+)+y",
    ],
)
def test_regex_samples_match_fully(pattern):
    check("regex", pattern)
    for seed in range(10):
        text = sample("regex", pattern, Chance(seed))
        assert re.fullmatch(pattern, text), text


def test_accepts_judges_the_whole_text():
    assert accepts("lark", ARITHMETIC, "1 + 2 * 3") and not accepts("lark", ARITHMETIC, "1 +")
    assert accepts("regex", "^a+$", "aaa") and not accepts("regex", "^a+$", "aab")


@pytest.mark.parametrize(
    ("syntax", "definition", "message"),
    [
        ("lark", "", "empty"),
        ("lark", "nope", "Expected token"),
        ("lark", "start: nothing", "unknown name"),
        ("lark", "start: /[/", "unterminated character set"),
        ("lark", "start: /(?=a)b/", "invalid regex"),
        ("regex", "[", "unterminated character set"),
        ("regex", "(?=a)b", "invalid regex"),
        ("regex", r"(a)\1", "invalid regex"),
        ("lark", "start: a\na: a", "NoExtension"),
        ("lark", 'start: a\na: "x" a', "Too many items"),
        ("lark", 'start: a\na: "x" a | "y" a', "found no text"),
        ("lark", 'start: %json {"$ref": "http://127.0.0.1:9/x"}', "does not fetch"),
        ("lark", '%import "/etc/passwd"\nstart: "a"', "Expected"),
    ],
)
def test_what_is_no_grammar_with_an_end_is_refused(syntax, definition, message):
    with pytest.raises(GrammarError, match=message):
        check(syntax, definition)
    with pytest.raises(GrammarError):
        sample(syntax, definition, Chance(1))


def rungs(levels, body):
    return "".join(
        f"{'T' if body else 'r'}{at}: " + f"{'T' if body else 'r'}{at - 1} " * 4 + "\n" for at in range(1, levels)
    )


@pytest.mark.parametrize(
    ("syntax", "definition"),
    [
        ("regex", "a?" * 1500 + "a" * 1500),
        ("regex", "(.*x){400}"),
        ("regex", "x" * 40_000),
        ("regex", "(" * 5000 + ")" * 5000),
        ("lark", "start: " + "(" * 5000 + '"a"' + ")" * 5000),
        ("lark", "start: /" + "a?" * 1500 + "a" * 1500 + "/"),
        ("lark", "start: /(.*x){100}/"),
        ("lark", 'start: T9\nT0: "a"?\n' + rungs(10, True)),
        ("lark", 'start: r11\nr0: "a"\n' + rungs(12, False)),
        ("lark", 'start: s\ns: s s s s | "a" | '),
        ("lark", "start: A\nA: ~/(a|b)*a(a|b){12}/"),
    ],
)
def test_bombs_cost_milliseconds(syntax, definition):
    check("regex", "a")  # loads the engine
    start = process_time()
    with suppress(GrammarError):
        check(syntax, definition)
    assert process_time() - start < 1.0  # 100 ms at most on an idle core


def test_a_text_is_found_whenever_the_grammar_is_accepted():
    for definition in ("start: /[a-z]{300}/", "start: /.*a.{200}/"):
        check("lark", definition)
        assert accepts("lark", definition, sample("lark", definition, Chance(2), limit_tokens=20))
