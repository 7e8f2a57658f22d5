"""Places in a text that stand for something come out whole, however the text was cut."""

from hypothesis import given
from hypothesis import strategies as st

from fakeai.services.assistants.marks import Marks

KNOWN = {"【4:0†source】": {"type": "a"}, "【4:10†source】": {"type": "b"}, "sandbox:/mnt/data/a.png": {"type": "c"}}
WORDS = st.sampled_from([*KNOWN, "【", "4:", "text ", "sandbox:", "†source】", "é"])


def test_a_text_without_places_goes_straight_through() -> None:
    marks = Marks({})
    assert [piece for word in ("a【", "4:0†source】") for piece in marks.take(word)] == [
        ("a【", None),
        ("4:0†source】", None),
    ]
    assert marks.text == "a【4:0†source】" and list(marks.end()) == []


def test_what_only_looked_like_one_comes_late() -> None:
    marks = Marks(KNOWN)
    assert list(marks.take("a【4:")) == [("a", None)]
    assert list(marks.take("0 b")) == [("【4:0 b", None)]
    assert list(marks.take("c sand")) == [("c ", None)]
    assert list(marks.end()) == [("sand", None)]
    assert marks.text == "a【4:0 bc sand"


@given(st.lists(WORDS, max_size=12).map("".join), st.data())
def test_however_a_text_is_cut_its_places_are_the_same(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    marks, whole = Marks(KNOWN), Marks(KNOWN)
    out = [piece for word in pieces for piece in marks.take(word)] + list(marks.end())
    list(whole.take(text)), list(whole.end())
    assert "".join(piece.text for piece in out) == marks.text == text
    assert marks.annotations == whole.annotations == [piece.annotation for piece in out if piece.annotation]
    for place in marks.annotations:
        assert text[place["start_index"] : place["end_index"]] == place["text"]
