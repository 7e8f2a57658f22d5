"""Schemas and calls that hold a model to their form, whatever it would rather say."""

import json

import pytest
from contract import tiny

torch = pytest.importorskip("torch", reason="needs the extra 'transformers'")
pytest.importorskip("transformers", reason="needs the extra 'transformers'")

from backends.asking import ask  # noqa: E402
from fakeai.backends.guidance import Guide, grammar_of, required  # noqa: E402
from fakeai.backends.wording import read_call  # noqa: E402
from fakeai.core.chance import Chance  # noqa: E402
from fakeai.core.errors import BadRequest  # noqa: E402
from fakeai.core.generation import Tool, ToolChoice  # noqa: E402

SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer", "minimum": 0, "maximum": 99}, "ok": {"type": "boolean"}},
    "required": ["n", "ok"],
    "additionalProperties": False,
}
GET = Tool("get", schema=SCHEMA)
PUT = Tool("put", schema={"type": "object", "properties": {}, "additionalProperties": False})


@pytest.fixture(scope="module")
def words():
    return tiny.tokenizer()


@pytest.fixture(scope="module")
def guide(words):
    return Guide(words, len(words), [words.eos_token_id])


def written(matcher, words, seed):
    """What is said by drawing blindly from what is allowed."""
    chance, ids = Chance(seed), []
    for _ in range(400):
        allowed = matcher.allowed().nonzero()[:, 0].tolist()
        token = chance.pick(allowed)
        if token == words.eos_token_id:
            break
        ids.append(token)
        if matcher.add(token):
            break
    return words.decode(ids)


@pytest.mark.parametrize("seed", range(5))
def test_even_blind_draws_follow_a_schema(guide, words, seed):
    said = json.loads(written(guide.matcher(ask(json_schema=SCHEMA)), words, seed))
    assert set(said) == {"n", "ok"}
    assert 0 <= said["n"] <= 99
    assert said["ok"] in (True, False)


@pytest.mark.parametrize("seed", range(5))
def test_a_tool_that_must_be_called_is(guide, words, seed):
    said = written(guide.matcher(ask(tools=(GET, PUT), tool_choice=ToolChoice("required"))), words, seed)
    assert said.startswith("<tool_call>\n")
    assert said.endswith("\n</tool_call>")
    name, arguments = read_call(said.removeprefix("<tool_call>").removesuffix("</tool_call>"))
    assert name in ("get", "put")
    assert set(json.loads(arguments)) == ({"n", "ok"} if name == "get" else set())
    assert "  " not in said  # blanks without end would be a way never to call


def test_only_a_named_tool_can_be_called(guide, words):
    choice = ToolChoice("required", ("put",))
    assert '"put"' in written(guide.matcher(ask(tools=(GET, PUT), tool_choice=choice)), words, 1)
    assert required(ask(tools=(GET, PUT), tool_choice=choice)) == [PUT]


def test_an_object_begins_as_one(guide, words):
    matcher = guide.matcher(ask(json_object=True))
    first = [words.decode([token]) for token in matcher.allowed().nonzero()[:, 0].tolist()]
    assert first
    assert all(piece.startswith("{") for piece in first)


def test_answers_without_a_form_are_free(guide):
    assert guide.matcher(ask()) is None
    assert guide.matcher(ask(tools=(GET,))) is None
    assert guide.matcher(ask(tools=(GET,), tool_choice=ToolChoice("none"))) is None


def test_choices_go_their_own_ways(guide, words):
    one = guide.matcher(ask(json_schema=SCHEMA))
    other = one.copy()
    one.add(words.convert_tokens_to_ids("{"))
    assert not torch.equal(one.allowed(), other.allowed())


def test_a_schema_that_cannot_be_followed_is_refused(guide):
    with pytest.raises(BadRequest, match="cannot be held to this schema"):
        guide.matcher(ask(json_schema={"type": "string", "format": "no such format", "pattern": "(?<=a)b"}))


def test_tags_that_are_tokens_are_written_as_such():
    tool = ask(tools=(PUT,), tool_choice=ToolChoice("required"))
    assert "start: <tool_call>" in json.dumps(grammar_of(tool, lambda _: True))
    assert "start: <tool_call>" not in json.dumps(grammar_of(tool, lambda _: False))
