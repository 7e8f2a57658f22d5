"""Long conversations become short ones that say what they were."""

from fakeai.services.responses.compaction import after_compaction, compaction, shortened
from fakeai.services.responses.items import messages


def said(count, words=50):
    return [{"role": "user", "content": f"Fact {n}. " + "word " * words} for n in range(count)]


def test_the_end_stays_and_the_rest_is_told_in_short():
    short = shortened(said(10))
    assert short[1:] == said(10)[-4:]
    text = short[0]["content"][0]["text"]
    assert text.count("\n") == 6
    assert "- user: Fact 0. word" in text
    assert all(len(line) < 150 for line in text.splitlines())


def test_what_is_short_already_stays_as_it_is():
    assert shortened(said(3)) == said(3)


def test_a_compaction_is_read_as_the_messages_it_stands_for():
    item = compaction("cmp_1", said(10))
    assert (item["id"], item["type"]) == ("cmp_1", "compaction")
    read = messages([item])
    assert [message.role for message in read] == ["developer", "user", "user", "user", "user"]
    again = messages([compaction("cmp_2", [item, *said(6)])])
    assert len(again) == 5


def test_what_came_before_a_compaction_counts_no_more():
    item = compaction("cmp_1", said(10))
    assert after_compaction([*said(10), item, *said(1)]) == [item, *said(1)]
    assert after_compaction(said(2)) == said(2)
