"""`fakeai models`: the catalog, as a table or as JSON."""

import json
from dataclasses import asdict
from typing import Annotated

import typer


def models(as_json: Annotated[bool, typer.Option("--json", help="Print the whole cards as JSON.")] = False) -> None:
    """List the models of the catalog. Prices in USD per million tokens, sizes in tokens."""
    from fakeai.core.catalog import load

    cards = load().cards.values()
    if as_json:
        print(json.dumps([asdict(card) for card in cards], indent=2, default=sorted))
        return
    rows = [("model", "family", "window", "output", "$ in", "$ out", "can")]
    rows += [
        (
            card.id,
            card.family,
            str(card.context_window),
            str(card.max_output),
            f"{card.price_input:g}",
            f"{card.price_output:g}",
            " ".join(sorted(card.capabilities)),
        )
        for card in cards
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
