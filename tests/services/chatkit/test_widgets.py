"""Who asks for a card, a form or buttons gets them, with the labels that he quotes."""

import pytest

from fakeai.services.chatkit.widgets import buttons_of, card


@pytest.mark.parametrize(
    ("words", "buttons"),
    [
        ("Show me a card about tides", ("OK", "Cancel")),
        ("Please make a form with buttons 'Yes', 'No' and 'Yes'", ("Yes", "No")),
        ('Give me a widget with "' + "x" * 99 + '"', ("x" * 40,)),
        ("What is a widget?", ()),
        ("Show me the sea", ()),
        ("", ()),
        ("show " * 50_000, ()),
    ],
)
def test_buttons_are_those_that_are_asked_for(words: str, buttons: tuple[str, ...]) -> None:
    assert tuple(buttons_of(words)) == buttons
    assert len(buttons_of("Show buttons " + " ".join(f"'b{number}'" for number in range(50)))) == 6


def test_a_card_has_a_title_words_and_buttons() -> None:
    made = card("Tides", ["Yes"], "word " * 200)
    title, text, row = made["children"]
    assert (made["type"], title) == ("Card", {"type": "Title", "value": "Tides"})
    assert len(text["value"]) < 410 and text["value"].endswith("…")
    (button,) = row["children"]
    assert button["onClickAction"] == {"type": "button.clicked", "payload": {"label": "Yes"}}
    assert card(None, ["a", "b"], "short")["children"][0] == {"type": "Text", "value": "short"}
