"""Tokens are those of tiktoken: the same ranks, the same patterns, the same counts, whatever the text and its length."""

import hashlib
import struct
import threading
import time
import zlib
from base64 import b64encode
from functools import lru_cache
from importlib.resources import files
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import pytest
import tiktoken
import tiktoken_ext.openai_public as published
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeai.content import tokens
from fakeai.content.tokens import Encoding, encoding
from fakeai.content.vocabulary import SOURCES, EncodingName

NAMES: tuple[EncodingName, ...] = ("o200k_base", "cl100k_base")
MILLION = 1_000_000

CORPUS = (
    "Hello, world! I'm sure they'LL say it's 1234567 o'clock; we'd've gone.",
    "def f(x):\n    return x[0] // 2  # half\n\n\n\tif a != b:\r\n\t\tpass   \n",
    "Größe, façade, Ångström, Straße, İstanbul, ǅungla, œuvre, naïve, Ħ, ŉ",
    "Στην αρχή ήταν ο λόγος. Война и мир: жили-были. Շատ լավ. ქართული ენა",
    "日本語のテキスト、漢字とカタカナ。中文也可以。한국어도 됩니다. ﾊﾝｶｸ ｶﾅ",
    "हिन्दी में लिखा हुआ, বাংলা ভাষা, தமிழ் மொழி, ไทยไม่มีช่องว่าง, ខ្មែរ, မြန်မာ",
    "العربية من اليمين، עברית מימין לשמאל, فارسی‌ها",
    "👩‍👩‍👧‍👦 🏳️‍🌈 🧜🏽‍♀️ e\u0301a\u0308 \u200b\u00a0\u2003\u2028\ufeff\x00\x7f",
    "𝕳𝖊𝖑𝖑𝖔 𐍈 𓀀 ①② ½ ⅷ ٣٤٥ १२३ 12 345 6789",
    "<|endoftext|> <|im_start|>user<|im_end|> <|fim_prefix|>",
    "     leading,   inner   and trailing      \n \n  \t \n",
    "https://example.com/a/b?c=%20d&e=f#g \\u0041 ````` ====== ((((()))))\r\r\n\n//\n",
    '{"a": [1, 2.50, -3e10], "b": null, "ключ": "значение"}',
    "ALLCAPS CamelCaseWords snake_case_words kebab-case A'S B'RE",
    "",
)
TEXTS = st.text(max_size=60) | st.text("aA 's1\n\r\t/.日é\u0301 👩", max_size=60)


class Published(NamedTuple):
    """What tiktoken says of a vocabulary: all but the ranks, which it would fetch."""

    parameters: dict[str, Any]
    ranks_sha256: str


def published_source(name: str, patch: pytest.MonkeyPatch) -> Published:
    hashes: list[str] = []

    def note(url: str, expected_hash: str) -> dict[bytes, int]:
        hashes.append(expected_hash)
        return {}

    patch.setattr(published, "load_tiktoken_bpe", note)
    parameters = getattr(published, name)()
    return Published(parameters, hashes[0])


@lru_cache
def ranks(name: str) -> dict[bytes, int]:
    """The vocabulary file, read by other means than the package's."""
    raw = zlib.decompress(files("fakeai").joinpath(f"data/vocabulary/{name}.bin.z").read_bytes())
    (size,) = struct.unpack_from("<I", raw)
    lengths = struct.unpack_from(f"<{size}H", raw, 4)
    places = accumulate(lengths, initial=4 + 2 * size)
    return {raw[start:end]: rank for rank, (start, end) in enumerate(pairwise(places))}


@lru_cache
def official(name: str) -> tiktoken.Encoding:
    with pytest.MonkeyPatch.context() as patch:
        parameters = published_source(name, patch).parameters
    return tiktoken.Encoding(**{**parameters, "mergeable_ranks": ranks(name)})


each = pytest.mark.parametrize("name", NAMES)


@each
def test_the_ranks_are_those_of_the_file_that_openai_publishes(name: EncodingName, monkeypatch) -> None:
    lines = b"".join(b"%b %d\n" % (b64encode(token), rank) for token, rank in ranks(name).items())
    assert hashlib.sha256(lines).hexdigest() == published_source(name, monkeypatch).ranks_sha256


@each
def test_pattern_and_special_tokens_are_those_of_tiktoken(name: EncodingName, monkeypatch) -> None:
    theirs, ours = published_source(name, monkeypatch).parameters, SOURCES[name]
    assert (ours.pattern, ours.special) == (theirs["pat_str"], theirs["special_tokens"])


@each
@pytest.mark.parametrize("text", CORPUS)
def test_tokens_of_all_scripts_are_tiktokens(name: EncodingName, text: str) -> None:
    ours, theirs = encoding(name), official(name).encode_ordinary(text)
    assert ours.encode(text) == theirs
    assert ours.count(text) == len(theirs)
    assert ours.decode(theirs) == text


@each
@given(text=TEXTS)
def test_tokens_of_any_text_are_tiktokens_and_its_pieces_are_the_text(name: EncodingName, text: str) -> None:
    ours, theirs = encoding(name), official(name)
    assert ours.encode(text) == theirs.encode_ordinary(text)
    pieces = ours.pieces(text)
    assert "".join(pieces) == text
    assert len(pieces) == ours.count(text)


BLANKS = st.sampled_from([" "] * 8 + ["  ", "\n", " \n", "\n ", "\t ", "\r\n", "\x1c", "\x85", "\u00a0", "\u200b", ""])
WORDS = st.sampled_from(
    [
        "I'm",
        "DON'T",
        "e-mail,",
        "x.\n\ny",
        "//",
        ".\r",
        "ABc",
        "aB",
        "'s",
        "'LL",
        "12a",
        "12é",
        "٣٤٥",
        "²",
        "é",
        "日本",
        "\x00",
        "<|endoftext|>",
    ]
)
NUMBERS = st.from_regex(r"[0-9]{1,10}[,.:%a\n]?", fullmatch=True)


@each
@settings(max_examples=400)
@given(
    parts=st.lists(st.tuples(WORDS | NUMBERS | st.text(max_size=5) | st.text(st.characters(max_codepoint=127)), BLANKS))
)
def test_tokens_counted_word_by_word_are_tiktokens(name: EncodingName, parts: list[tuple[str, str]]) -> None:
    text = "".join(word + blank for word, blank in parts)
    for asked in (text, text.rstrip()):
        assert encoding(name).count(asked) == len(official(name).encode_ordinary(asked))


@each
def test_each_short_number_and_each_character_of_ascii_is_one_token(name: EncodingName) -> None:
    numbers = [f"{number:0{digits}}" for digits in (1, 2, 3) for number in range(10**digits)]
    assert all(text.encode() in ranks(name) for text in [*numbers, *map(chr, range(128))])


@each
def test_remembered_words_are_few_and_short_however_many_were_counted(name: EncodingName) -> None:
    ours = encoding(name)
    for at in range(40):
        ours.count(" ".join(f"{at:b}{word:b}".translate({48: "a", 49: "b"}) for word in range(64)))
        ours.count(" ".join(["a" * (25 + at), f"x{at:09}", f"{at:09}"]))
    for counts in (ours._first_words, ours._later_words):
        assert len(counts) <= tokens._MOST_WORDS
        assert max(map(len, counts)) <= 24
    assert len(ours._later_words) > 0


def test_a_full_table_of_words_is_begun_anew(monkeypatch) -> None:
    monkeypatch.setattr(tokens, "_MOST_WORDS", 3)
    counts = tokens._Counts(encoding("o200k_base")._core, " ")
    assert [counts[word] for word in ["one", "two", "three", "four", "five"]] == [1] * 5
    assert set(counts) == {"four", "five"}


@each
def test_a_token_that_ends_inside_a_character_is_an_empty_piece(name: EncodingName) -> None:
    ours = encoding(name)
    text = "𓀀a"
    ids = ours.encode(text)
    assert len(ids) > 2, "the hieroglyph is several tokens"
    assert ours.pieces(text) == [*[""] * (len(ids) - 2), "𓀀", "a"]
    assert b"".join(map(ours.token_bytes, ids)) == text.encode()


@each
def test_special_tokens_have_ids_and_texts_but_are_plain_text_when_counted(name: EncodingName) -> None:
    ours, theirs = encoding(name), official(name)
    assert ours.size == theirs.n_vocab
    assert ours.decode([theirs.eot_token]) == "<|endoftext|>"
    assert ours.count("<|endoftext|>") > 1
    for unknown in (ours.size, 99_999_999):
        with pytest.raises(KeyError):
            ours.token_bytes(unknown)
        with pytest.raises(KeyError):
            ours.decode([unknown])


# -- long texts

LONG = ("The keeper's lamp was lit at 19:45, and 12,345 ships\n\n   saw it — «маяк» 灯台 vuurtoren. " * 4_000)[:-40]


@each
def test_a_long_text_is_cut_where_no_token_is(name: EncodingName) -> None:
    ours = encoding(name)
    assert len(LONG) > 4 * tokens._CHUNK
    assert ours.encode(LONG) == official(name).encode_ordinary(LONG)
    assert ours.count(LONG) == len(ours.encode(LONG)) == len(ours.pieces(LONG))


@settings(max_examples=30)
@given(
    words=st.lists(st.text("ab'Éß日 \n1.", min_size=1, max_size=8), min_size=10, max_size=40), chunk=st.integers(16, 64)
)
def test_parts_join_to_the_text_and_are_short(words: list[str], chunk: int) -> None:
    text = " ".join(words) * 3
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokens, "_CHUNK", chunk)
        parts = tokens._parts(text)
    assert "".join(parts) == text
    assert all(len(part) <= chunk for part in parts)


@each
@settings(max_examples=50)
@given(words=st.lists(st.from_regex(r"[\w'\n.,!éß日]{0,6}[a-zé日]", fullmatch=True), min_size=10, max_size=40))
def test_cuts_between_words_lose_and_add_nothing(name: EncodingName, words: list[str]) -> None:
    text = " and ".join(words)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokens, "_CHUNK", 48)
        parts = [*tokens._parts(text)]
    assert len(parts) > 1
    assert [token for part in parts for token in encoding(name).encode(part)] == official(name).encode_ordinary(text)


HOSTILE = (" ", "a", "A", "\n", " \n", "'", "海", "\u0301", "\u00a0", "aA", "👩‍👩‍👧")


@pytest.mark.parametrize("unit", HOSTILE)
def test_a_million_of_one_kind_is_counted_in_a_moment(unit: str) -> None:
    ours = encoding("o200k_base")
    text = unit * (MILLION // len(unit))
    began = time.process_time()
    count = ours.count(text)
    assert time.process_time() - began < 5.0  # about 0.4 on an idle core; a quadratic tokenizer takes hours
    assert 0 < count < 2 * MILLION


@each
@pytest.mark.parametrize("unit", HOSTILE)
def test_cutting_where_there_is_no_good_place_changes_the_count_hardly(name: EncodingName, unit: str) -> None:
    text = unit * (3 * tokens._CHUNK // len(unit) + 5)
    cuts = len(tokens._parts(text)) - 1
    assert cuts >= 3
    assert abs(encoding(name).count(text) - len(official(name).encode_ordinary(text))) <= 2 * cuts


# -- loading


def test_a_vocabulary_is_loaded_once_however_many_threads_ask(monkeypatch) -> None:
    loads: list[str] = []
    answers: list[object] = []
    asked = threading.Barrier(5)

    def load(name: EncodingName) -> Any:
        loads.append(name)
        time.sleep(0.05)  # long enough for the others to arrive
        return Encoding(name, None, 0)

    def ask() -> None:
        asked.wait()
        answers.append(encoding("o200k_base"))

    monkeypatch.setattr(tokens, "_slot", lru_cache(lambda name: tokens._Slot()))
    monkeypatch.setattr(tokens, "_load", load)
    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loads == ["o200k_base"]
    assert len(answers) == 5 and len(set(map(id, answers))) == 1
    assert encoding("cl100k_base") is not answers[0]
    assert loads == ["o200k_base", "cl100k_base"]


def test_threads_count_side_by_side() -> None:
    ours = encoding("o200k_base")
    found: dict[int, list[int]] = {}

    def count(number: int) -> None:
        found[number] = [ours.count(f"{text} {number}") for text in CORPUS for _ in range(3)]

    threads = [threading.Thread(target=count, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, counts in found.items():
        assert counts == [
            len(official("o200k_base").encode_ordinary(f"{text} {number}")) for text in CORPUS for _ in range(3)
        ]
