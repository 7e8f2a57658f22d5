"""`python -m fakeai` and the `fakeai` command. Answers `--version` itself, so that asking costs no import."""

import gc
import sys

from fakeai import __version__

_GARBAGE = 50_000
"""New objects between two looks for garbage."""


def main() -> int:
    """Run the command line; the exit status."""
    if sys.argv[1:] == ["--version"]:
        print(f"fakeai {__version__}")
        return 0
    gc.set_threshold(_GARBAGE)  # importing leaves none: looking for it is a tenth of a server's start
    from fakeai.cli.program import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
