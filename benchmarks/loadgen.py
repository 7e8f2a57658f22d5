"""The load generator in C, for pacing: it times arrivals by the kernel's stamps instead of its own turn on a core.

It is no part of the product. Its source (or binary) is named by LOADGEN, or lies beside the repository; without it, or
without gcc, `client.paced` does the work and its own delays are in the figures.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from benchmarks.requests import PATH
from benchmarks.servers import BUILD, ROOT

_BESIDE = ROOT.parent / "shared" / "tools" / "loadgen.c"


def find() -> Path | None:
    """The generator's binary, compiled when its source is newer; None when there is none to be had."""
    source = Path(os.environ.get("LOADGEN") or _BESIDE)
    if not source.is_file():
        return None
    if source.suffix != ".c":
        return source
    binary = BUILD / "loadgen"
    if binary.exists() and binary.stat().st_mtime >= source.stat().st_mtime:
        return binary
    gcc = shutil.which("gcc")
    if gcc is None:
        return None
    BUILD.mkdir(exist_ok=True)
    built = subprocess.run([gcc, "-O2", "-w", "-o", str(binary), str(source)], capture_output=True, check=False)
    return binary if built.returncode == 0 else None


def paced(binary: Path, port: int, body: bytes, streams: int, ramp_s: float) -> list[list[float]]:
    """As `client.paced`: start streams evenly over `ramp_s`; of each, the seconds from its request to its tokens."""
    with tempfile.TemporaryDirectory() as folder:
        request, dump = Path(folder, "body.json"), Path(folder, "tokens")
        request.write_bytes(body)
        flags = ["-s", "-o", "-c", str(streams), "-r", str(ramp_s), "-p", str(port), "-P", PATH]
        done = subprocess.run(
            [str(binary), *flags, "-b", str(request), "-D", str(dump), "-T", "30"],
            capture_output=True,
            check=False,
            timeout=90,
        )
        if done.returncode != 0:
            raise RuntimeError(f"the load generator failed: {done.stderr[-500:]!r}")
        return arrivals(dump.read_text(), streams)


def arrivals(dump: str, streams: int) -> list[list[float]]:
    """Lines of `connection token seconds` as a list of seconds for each connection."""
    found: list[list[float]] = [[] for _ in range(streams)]
    for line in dump.splitlines():
        connection, _, seconds = line.split()
        found[int(connection)].append(float(seconds))
    return found
