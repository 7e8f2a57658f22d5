"""`fakeai models`."""

import json

from fakeai.cli.program import run
from fakeai.core.catalog import load


def test_the_table_has_a_row_for_each_model_with_aligned_columns(capsys):
    assert run(["models"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert [row.split()[0] for row in rows] == list(load().cards)
    column = head.index("window")
    card = load().cards["gpt-4o-mini"]
    line = next(row for row in rows if row.split()[0] == "gpt-4o-mini")
    assert line[column:].split()[:2] == [str(card.context_window), str(card.max_output)]


def test_json_has_the_whole_cards(capsys):
    assert run(["models", "--json"]) == 0
    cards = {card["id"]: card for card in json.loads(capsys.readouterr().out)}
    assert set(cards) == set(load().cards)
    assert cards["gpt-4o-mini"]["capabilities"] == sorted(load().cards["gpt-4o-mini"].capabilities)
