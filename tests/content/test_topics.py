"""What prompts are about, and in which language."""

import pytest

from fakeai.content import topics
from fakeai.content.topics import subject


@pytest.mark.parametrize(
    ("prompt", "language", "main"),
    [
        ("Explain the theory of relativity to a five-year-old", "en", "the theory of relativity"),
        ("What does the liver do?", "en", "the liver"),
        ("How do I bake bread?", "en", "baking bread"),
        ("Tips for running a marathon", "en", "running a marathon"),
        ("How do machine learning systems work?", "en", "machine learning systems"),
        ("Write about the best way to go to Mars", "en", "Mars"),
        ("Wie funktioniert eine Wärmepumpe?", "de", "Wärmepumpe"),
        ("Comment fonctionne une pompe à chaleur ?", "fr", "une pompe à chaleur"),
        ("¿Cómo funciona la energía solar?", "es", "la energía solar"),
        ("Come funziona una rete neurale?", "it", "una rete neurale"),
        ("Como funciona o motor elétrico?", "pt", "motor elétrico"),
        ("Как работает нейронная сеть?", "ru", "нейронная сеть"),
        ("请解释什么是机器学习", "zh", "机器学习"),
        ("機械学習とは何ですか?", "ja", "機械学習"),
        ("머신러닝이란 무엇인가요?", "ko", "머신러닝"),
        ("Explain transformers in German", "de", "transformers"),
    ],
)
def test_the_main_topic_is_a_phrase_of_the_prompt(prompt, language, main):
    found = subject(prompt)
    assert (found.language, found.topics[0]) == (language, main)


def test_topics_begin_and_end_with_letters_or_digits():
    for prompt in (
        "_x_ -y- __ --- naïve_ 'quoted' (bracket) http://a.b/c?d=e café",
        "🙂 é̀ x̂ _",
        "a" * 500,
        "1 2 3",
        "",
    ):
        assert all(topic[0].isalnum() and topic[-1].isalnum() for topic in subject(prompt).topics)


def test_a_long_prompt_has_few_topics():
    assert len(subject("alpha, beta. " * 2_000).topics) == 2


@pytest.mark.parametrize(
    ("prompt", "topics"),
    [
        ("Tell me about du", ("du",)),
        ("What does da mean?", ("da",)),
        ("Who was Leonardo da Vinci?", ("Leonardo da Vinci",)),
    ],
)
def test_a_linking_word_alone_is_a_topic(prompt, topics):
    assert subject(prompt).topics == topics


def test_words_and_marks_are_told_apart_in_long_chunks_too():
    address = "https://example.com/" + "a-b_c." * 8
    found = subject(f"Open {address} (now)!")
    assert found.words == {"open", "https", ":", "/", "example", ".", "com", "a-b_c", "(", "now", ")", "!"}
    assert subject(f"{'x' * 33} river").topics == ("river",)


def test_a_language_is_wanted_only_where_its_name_follows_a_word_for_into():
    assert subject("Explain the sea in German, and in it the fish").language == "de"
    assert subject("Is German a hard language to learn in school?").language == "en"


def test_numbers_are_words_that_are_not_remembered(monkeypatch):
    chunks = topics._Chunks()
    monkeypatch.setattr(topics, "_chunks", lambda: chunks)
    found = subject.__wrapped__("Case 0123456789, (and 0123456789) of box-0123456789")
    assert found.words == {"case", "0123456789", ",", "(", "and", ")", "of", "box-0123456789"}
    assert set(chunks) == {"Case", ",", "(and", "(", "and", ")", "of"}


def test_a_full_table_of_chunks_is_begun_anew(monkeypatch):
    monkeypatch.setattr(topics, "_MOST_REMEMBERED", 3)
    chunks = topics._Chunks()
    assert [chunks[word][0].low for word in ("One", "Two", "Three", "Four")] == ["one", "two", "three", "four"]
    assert set(chunks) == {"Four"}
