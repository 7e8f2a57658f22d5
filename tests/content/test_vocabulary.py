"""Vocabularies are read whole and undamaged; tokens of scripts that are seldom met are loaded when they are."""

import threading
import zlib
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fakeai.content import vocabulary
from fakeai.content.vocabulary import Vocabulary

USUAL = st.text(
    st.characters(max_codepoint=0x3FF)
    | st.characters(min_codepoint=0x2000, max_codepoint=0x2FFF)
    | st.characters(min_codepoint=0xF000, max_codepoint=0x3FFFF),
    max_size=40,
)
MARKS = "Größe, œuvre, Ångström; λόγος. “So” — he said… 5 € 👩‍👩‍👧‍👦 🏳️‍🌈 e\u0301\u00a0\u2028\ufeff½ \u03ff\u2000\u2fff\uf000\U0003ffff"
UNUSUAL = [
    "Война",
    "日本語",
    "한국어",
    "हिन्दी",
    "العربية",
    "\u0400",
    "\u1fff",
    "\u3000",
    "\uefff",
    "\U00040000",
    "\U0010ffff",
]


@lru_cache
def usual() -> Vocabulary:
    """One that meets nothing but usual texts."""
    return Vocabulary("o200k_base")


@lru_cache
def whole() -> Vocabulary:
    """One that has all tokens."""
    full = Vocabulary("o200k_base")
    full.encode_ordinary("Война")
    return full


def loads_of(asked: Callable[[Vocabulary], object], monkeypatch: pytest.MonkeyPatch) -> int:
    """How often a fresh vocabulary loads all tokens while it is asked."""
    loads: list[str] = []

    def load(name: vocabulary.EncodingName, of: bytes | None = None) -> object:
        loads.append(name)
        return (usual() if of else whole())._core

    with monkeypatch.context() as patch:
        patch.setattr(vocabulary, "_load", load)
        asked(Vocabulary("o200k_base"))
    return len(loads) - 1


@settings(max_examples=300, deadline=None)
@given(text=USUAL)
@example(text=MARKS)
def test_usual_texts_have_the_same_tokens_without_the_others(text: str) -> None:
    ids = usual().encode_ordinary(text)
    assert ids == whole().encode_ordinary(text)
    assert usual().decode_bytes(ids) == text.encode()
    assert not usual()._whole


@pytest.mark.parametrize("text", UNUSUAL)
def test_a_text_of_another_script_brings_all_tokens_once(text: str, monkeypatch) -> None:
    texts = [f"so: {text}!", MARKS, text]

    def ask(ours: Vocabulary) -> None:
        for each in texts:
            assert ours.encode_ordinary(each) == whole().encode_ordinary(each)

    assert loads_of(ask, monkeypatch) == 1


def test_a_token_of_another_script_brings_all_tokens(monkeypatch) -> None:
    token, *_ = whole().encode_ordinary("Война")
    letters = whole().decode_single_token_bytes(token)
    assert loads_of(lambda ours: ours.decode_single_token_bytes(token) == letters or pytest.fail(), monkeypatch) == 1
    assert loads_of(lambda ours: ours.decode_bytes([token]) == letters or pytest.fail(), monkeypatch) == 1


def test_asking_for_ascii_alone_brings_nothing_and_tells_the_same(monkeypatch) -> None:
    ids = [*range(0, 200_100, 97), -1, 199_999, 2**70]
    assert loads_of(lambda it: [it.ascii_token(token) for token in ids], monkeypatch) == 0
    found = [usual().ascii_token(token) for token in ids]
    assert found == [whole().ascii_token(token) for token in ids]
    assert "the" in {usual().ascii_token(token) for token in usual().encode_ordinary("the")}
    assert None in found and all(text is None or text.isascii() for text in found)


def test_an_id_that_is_no_token_is_a_key_error_however_much_is_loaded(monkeypatch) -> None:
    def ask(ours: Vocabulary) -> None:
        for _ in range(2):
            with pytest.raises(KeyError):
                ours.decode_single_token_bytes(199_998)
            with pytest.raises(KeyError):
                ours.decode_bytes([1, 199_998])

    assert loads_of(ask, monkeypatch) == 1


def test_threads_that_meet_another_script_at_once_load_once(monkeypatch) -> None:
    met = threading.Barrier(4)

    def ask(ours: Vocabulary) -> None:
        def count() -> None:
            met.wait()
            ours.encode_ordinary("Война")

        threads = [threading.Thread(target=count) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert loads_of(ask, monkeypatch) == 1


def _flip(packed: bytes) -> bytes:
    middle = len(packed) // 2
    return packed[:middle] + bytes([packed[middle] ^ 1]) + packed[middle + 1 :]


def _swap(packed: bytes) -> bytes:
    raw = bytearray(zlib.decompress(packed))
    raw[-1] ^= 1
    return zlib.compress(bytes(raw), 1)


@pytest.mark.parametrize("damage", [_flip, _swap, lambda packed: packed[:9], lambda packed: packed[:-1]])
def test_a_damaged_file_is_named_and_not_used(damage, tmp_path, monkeypatch) -> None:
    folder = tmp_path / "data" / "vocabulary"
    folder.mkdir(parents=True)
    whole = files("fakeai").joinpath("data/vocabulary/cl100k_base.bin.z").read_bytes()
    (folder / "cl100k_base.bin.z").write_bytes(damage(whole))
    monkeypatch.setattr(vocabulary, "files", lambda package: tmp_path)
    with pytest.raises(RuntimeError, match="cl100k_base is damaged"):
        Vocabulary("cl100k_base")
