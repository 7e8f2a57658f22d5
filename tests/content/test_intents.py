"""What prompts ask for."""

from time import process_time

import pytest

from fakeai.content.intents import intent


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        ("hi", "greeting"),
        ("Hello, how are you?", "greeting"),
        ("Hello, explain black holes", "prose"),
        ("thank you so much", "thanks"),
        ("What is your name?", "identity"),
        ("What is 2 + 2?", "sum"),
        ("2024 was a year of 366 days", "prose"),
        ("Call 555-1234 about my order", "prose"),
        ("Say something about tea", "prose"),
        ("Say cheese", "echo"),
        ("Write a poem about autumn", "poem"),
        ("Tell me a joke about cats", "joke"),
        ("Is the earth flat? Answer true or false", "verdict"),
        ("How long does it take to boil an egg?", "prose"),
        ("What does the long article say?", "prose"),
        ("Write a long article about tea", "long"),
        ("Write 500 words about tea", "long"),
        ("Explain tea in 20 words", "brief"),
        ("Describe the function of the liver", "prose"),
        ("Write a function that adds two numbers", "code"),
        ("Write a SQL query for late orders", "code"),
        ("Write an essay about Python", "long"),
        ("Give me 5 tips for Python", "names"),
        ("What is the capital of Peru?", "capital"),
        ("Generate a title for this chat about tea", "title"),
        ("Answer in JSON: who wrote Faust?", "json"),
        ("Put tea and coffee in a table", "table"),
        ("写一首关于月亮的诗", "poem"),
        ("Schreibe ein Gedicht über den Herbst", "poem"),
        ("Write a 500-word text about tea", "long"),
        ("300words on tea", "long"),
        ("3 ideas, please", "list"),
        ("5 tea-tips and three big-ideas", "list"),
        ("THREE ITEMS ABOUT TEA", "list"),
        ("Ticket 12 about the Q3 budget", "prose"),
        ("Three men in a boat", "prose"),
        ("7 x 6", "sum"),
        ("What is 7x6?", "sum"),
        ("What is 20percent of 50?", "sum"),
        ("Explain box 7 of 9", "prose"),
        ("", "prose"),
    ],
)
def test_the_kind_of_answer_follows_the_prompt(prompt, kind):
    assert intent(prompt).kind == kind


def test_amounts_are_bounded():
    assert intent("Write 99,999 words about tea").amount <= 24_000
    assert intent("List 900000 ideas for gifts").amount <= 30
    assert intent("Count from 1 to 999999").kind != "count"


@pytest.mark.parametrize(
    "prompt",
    [
        "1+" * 2_000,
        "say " * 1_000,
        "translate " * 400,
        "(" * 4_000,
        '"' * 4_000,
        "write code " * 360,
        "1 " * 2_000,
        "rate " * 800,
    ],
)
def test_hostile_prompts_cost_milliseconds(prompt):
    started = process_time()
    intent.__wrapped__(prompt)
    assert process_time() - started < 0.2
