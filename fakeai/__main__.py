"""`python -m fakeai` and the `fakeai` command. Answers `--version` itself, so that asking costs no import."""

import sys

from fakeai import __version__


def main() -> int:
    """Run the command line; the exit status."""
    if sys.argv[1:] == ["--version"]:
        print(f"fakeai {__version__}")
        return 0
    from fakeai.cli.program import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
