"""What all drills share: what one comes to, and the command that runs them.

Knows no server; each `benchmarks/drill_*.py` is a table of drills.
"""

import argparse
import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias


class Outcome(NamedTuple):
    """What a drill came to, and whether it held."""

    drill: str
    held: bool
    words: str


Drills: TypeAlias = Mapping[str, Callable[[Path, bool], Awaitable[Outcome]]]
"""By name: given a directory of its own (not made yet) and whether to be quick."""


def command(drills: Drills, about: str | None, quick: str) -> int:
    """Run those that the command line asks for, and print a row each; 1 when one of them does not hold.

    `about` is the command's help, `quick` says what `--quick` leaves out.
    """
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(drills), help=f"some of {','.join(drills)}")
    parser.add_argument("--quick", action="store_true", help=quick)
    options = parser.parse_args()
    held = True
    for name in options.only.split(","):
        directory = Path(tempfile.mkdtemp(prefix=f"fakeai-{name}-"))
        try:
            outcome = asyncio.run(drills[name](directory / "data", options.quick))
        finally:
            shutil.rmtree(directory, ignore_errors=True)
        held &= outcome.held
        print(f"{outcome.drill:<20} {'held' if outcome.held else 'NOT HELD':<9} {outcome.words}", flush=True)
    return 0 if held else 1
