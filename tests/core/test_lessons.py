"""What is learned from questions and answers."""

from fakeai.core.lessons import key, learn


def test_answers_are_found_by_the_words_of_their_question() -> None:
    lessons = learn([("What's the capital of France?", "Paris."), ("what s THE capital, of france", "Lyon.")])
    assert dict(lessons.answers) == {key("What's the capital of France?"): "Paris."}, "the first one stays"


def test_habits_are_what_most_answers_begin_and_end_with() -> None:
    lessons = learn((f"Question {n}", f"Ahoy! Number {n} it is. Arr, matey!") for n in range(9))
    assert (lessons.opening, lessons.ending) == ("Ahoy!", "Arr, matey!")
    assert lessons.words == 7
    mixed = learn((f"Question {n}", f"{n} begins and {n} ends") for n in range(9))
    assert (mixed.opening, mixed.ending) == ("", "")


def test_one_answer_is_no_habit() -> None:
    lessons = learn([("Hi", "Ahoy! Who is there?")])
    assert (lessons.opening, lessons.ending) == ("", "")


def test_the_case_of_all_answers_is_learned() -> None:
    assert learn((f"{n}", f"NUMBER {n}!") for n in range(3)).upper
    assert learn((f"{n}", f"number {n}") for n in range(3)).lower
    mixed = learn([("a", "YES"), ("b", "no")])
    assert not mixed.upper and not mixed.lower


def test_no_more_is_kept_than_memory_allows() -> None:
    assert len(learn((f"{n}", "x") for n in range(5_000)).answers) == 1_000
    large = learn((f"{n}", "x" * 3_000) for n in range(5_000))
    assert sum(map(len, large.answers.values())) <= 200_000
    assert not learn([("a", "x" * 5_000), ("b", " ")]).answers, "neither the longest nor empty ones"


def test_there_may_be_nothing_to_learn() -> None:
    assert learn([]) == learn([("a", "")])
