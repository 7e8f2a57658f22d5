"""`python -m benchmarks`: measure, and print one table of figures against targets.

Status 0 when every measured target is held, 1 when one is not, 2 when something could not be measured at all.
"""

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FrameType, MappingProxyType
from typing import NoReturn

from benchmarks import batches, cluster, cpu, listing, memory, pacing, responses, search, simulate, sockets, waits
from benchmarks.client import allow_files
from benchmarks.servers import Crowd, machine
from benchmarks.targets import GROUPS, TARGETS, Row, as_json, table

MEASURES: Mapping[str, Callable[[bool], Iterator[Row]]] = MappingProxyType(
    {
        "cpu": cpu.chat,
        "stream": cpu.stream,
        "responses": responses.measure,
        "pacing": pacing.measure,
        "open": memory.open_streams,
        "sockets": sockets.measure,
        "start": waits.start,
        "idle": memory.idle,
        "prompt": waits.prompt,
        "growth": memory.growth,
        "listing": listing.measure,
        "search": search.measure,
        "batch": batches.measure,
        "simulate": simulate.measure,
        "cluster": cluster.measure,
    }
)


def main(arguments: list[str] | None = None) -> int:
    """Run the groups asked for; returns the exit status."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, _end)
    allow_files()
    began = time.monotonic()
    crowd = Crowd()
    rows: list[Row] = []
    broken = False
    for group in options.only:
        print(f"{time.monotonic() - began:5.0f} s  {group} …", file=sys.stderr, flush=True)
        try:
            rows += MEASURES[group](options.quick)
        except (OSError, RuntimeError) as error:
            broken = True
            done = {row.key for row in rows}
            missed = [key for key, target in TARGETS.items() if target.group == group and key not in done]
            rows += [Row(key, None, "", f"failed: {str(error).splitlines()[0][:160]}") for key in missed]
            print(f"{group}: {error}", file=sys.stderr)
    where = f"{machine()}, other programs used {crowd.others():.1f} cores"
    print(f"\n{where}; {time.monotonic() - began:.0f} s{', quick' if options.quick else ''}\n\n{table(rows)}\n")
    if options.json is not None:
        found = {"machine": where, "quick": options.quick, "rows": as_json(rows)}
        options.json.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    return 2 if broken else int(any(row.held is False for row in rows))


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", type=_groups, default=GROUPS, metavar="GROUP,…", help=f"some of {','.join(GROUPS)}")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds; growth over 20,000 requests")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there as well")
    return parser.parse_args(arguments)


def _groups(text: str) -> tuple[str, ...]:
    wanted = tuple(text.split(","))
    unknown = [name for name in wanted if name not in GROUPS]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is not one of {', '.join(GROUPS)}")
    return wanted


def _end(number: int, frame: FrameType | None) -> NoReturn:
    # Unwinds the context managers, which end the servers.
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
