"""`python -m benchmarks.drill_store`: what is kept, under kill -9, a full disk, a locked and a broken database.

Each drill starts real servers on directories of its own and prints a row; status 1 when one of them does not hold. The
full disk is a small tmpfs, which takes root to mount; without it that drill says so and counts as not held.
"""

import asyncio
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from random import Random
from statistics import quantiles
from types import MappingProxyType

import httpx

from benchmarks.drills import Drills, Outcome, command
from benchmarks.kept import KeptServer

_LOCK_SHORT_S = 3.0
_LOCK_LONG_S = 30.0


# -- acknowledged writes survive


async def acked(directory: Path, quick: bool) -> Outcome:
    """Two writers make files, vector stores and stored answers while the server is killed at random moments."""
    kills = 5 if quick else 50
    chance = Random(1)
    known: dict[str, str] = {}
    with KeptServer(directory) as server:
        for _ in range(kills):
            writers = [asyncio.ensure_future(_write(server.url, name, known)) for name in ("a", "b")]
            await asyncio.sleep(chance.uniform(0.02, 0.6))
            server.kill()
            await asyncio.gather(*writers)
            server.start()
        missing, broken = await _compare(server.url, known)
    integrity = _integrity(directory)
    held = not (missing or broken) and integrity == "ok" and len(known) > kills
    return Outcome(
        "acknowledged writes",
        held,
        f"{kills} kills, {len(known)} acknowledged: {missing} missing, {broken} half-written; integrity_check {integrity}",
    )


async def _write(url: str, name: str, known: dict[str, str]) -> None:
    """Make things until the server is gone; what it has acknowledged goes to `known`: path → digest of its content."""
    number = 0
    async with httpx.AsyncClient(base_url=url, timeout=5.0) as http:
        try:
            while True:
                number += 1
                data = f"{name} {number} {time.monotonic()}\n".encode() * (number % 50 + 1)
                given = {"file": (f"{name}{number}.txt", data, "text/plain")}
                file = await http.post("/v1/files", files=given, data={"purpose": "user_data"})
                if file.status_code == 200:
                    known[f"/v1/files/{file.json()['id']}/content"] = sha256(data).hexdigest()
                store = await http.post("/v1/vector_stores", json={"name": f"{name}{number}"})
                if store.status_code == 200:
                    known[f"/v1/vector_stores/{store.json()['id']}"] = f"{name}{number}"
                asked = {
                    "model": "gpt-4o-mini",
                    "store": True,
                    "messages": [{"role": "user", "content": f"{name} {number}"}],
                }
                answer = await http.post("/v1/chat/completions", json=asked)
                if answer.status_code == 200:
                    known[f"/v1/chat/completions/{answer.json()['id']}"] = answer.json()["choices"][0]["message"][
                        "content"
                    ]
        except httpx.TransportError:
            return


async def _compare(url: str, known: Mapping[str, str]) -> tuple[int, int]:
    """How many of `known` are missing, and how many are not as they were."""
    missing = broken = 0
    async with httpx.AsyncClient(base_url=url, timeout=30.0) as http:
        for path, expected in known.items():
            reply = await http.get(path)
            if reply.status_code != 200:
                missing += 1
            elif path.endswith("/content"):
                broken += sha256(reply.content).hexdigest() != expected
            elif "vector_stores" in path:
                broken += reply.json()["name"] != expected
            else:
                broken += reply.json()["choices"][0]["message"]["content"] != expected
        after = None
        while True:  # every listed file downloads whole, acknowledged or not
            page = (await http.get("/v1/files", params={"limit": 100} | ({"after": after} if after else {}))).json()
            for file in page["data"]:
                content = await http.get(f"/v1/files/{file['id']}/content")
                broken += content.status_code != 200 or len(content.content) != file["bytes"]
            if not page["has_more"]:
                return missing, broken
            after = page["last_id"]


def _integrity(directory: Path) -> str:
    with closing(sqlite3.connect(directory / "fakeai.db")) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])


# -- a full disk

_PROBED_S = 1.1
"""How long an answer of /readyz may be old, and some more."""


async def full(directory: Path, quick: bool) -> Outcome:
    """A disk of 8 MB runs full: writing is refused in JSON, reading goes on, and room is all that is needed then."""
    directory.mkdir()
    if subprocess.run(("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(directory)), check=False).returncode:
        return Outcome("full disk", False, "a tmpfs could not be mounted")
    try:
        with KeptServer(directory) as server:
            return await _fill(server, directory)
    finally:
        subprocess.run(("umount", str(directory)), check=True)


async def _fill(server: KeptServer, directory: Path) -> Outcome:
    faults: list[str] = []
    made: dict[str, bytes] = {}
    refusals: dict[int, int] = {}
    async with httpx.AsyncClient(base_url=server.url, timeout=30.0) as http:

        async def upload(number: int, size: int) -> httpx.Response:
            data = bytes([number % 251]) * size
            given = {"file": (f"{number}.txt", data, "text/plain")}
            reply = await http.post("/v1/files", files=given, data={"purpose": "user_data"})
            if reply.status_code == 200:
                made[reply.json()["id"]] = data
            else:
                refusals[reply.status_code] = refusals.get(reply.status_code, 0) + 1
                if (
                    reply.status_code not in (503, 507)
                    or "retry-after" not in reply.headers
                    or "error" not in reply.json()
                ):
                    faults.append(f"an upload was answered {reply.status_code} {reply.text[:80]}")
            return reply

        for number in range(400):
            await upload(number, 300_000 if len(made) < 15 else 20_000)
        ballast = directory / "ballast"
        with ballast.open("wb", buffering=0) as file:  # what is left, to the last byte
            try:
                while True:
                    file.write(b"x" * 4_096)
            except OSError:
                pass
        for number in range(400, 410):
            await upload(number, 2_000)
        first = next(iter(made))
        reads = ("/v1/files", f"/v1/files/{first}", f"/v1/files/{first}/content")
        answers = {path: (await http.get(path)).status_code for path in reads}
        if set(answers.values()) != {200}:
            faults.append(f"reading on a full disk: {answers}")
        await asyncio.sleep(_PROBED_S)
        statuses = {path: (await http.get(path)).status_code for path in ("/readyz", "/healthz")}
        if statuses != {"/readyz": 503, "/healthz": 200}:
            faults.append(f"probes on a full disk: {statuses}")
        ballast.unlink()
        for name in list(made)[:10]:
            if (await http.delete(f"/v1/files/{name}")).status_code == 200:
                del made[name]
        deadline = time.monotonic() + 10
        while (await http.get("/readyz")).status_code != 200 and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
        if (await upload(500, 20_000)).status_code != 200:
            faults.append("no upload after room was made")
        for name, data in made.items():
            if (await http.get(f"/v1/files/{name}/content")).content != data:
                faults.append(f"{name} is not what was uploaded")
        listed = {file["id"] for file in (await http.get("/v1/files")).json()["data"]}
        if listed != set(made):
            faults.append(
                f"{len(listed ^ set(made))} files are listed that were not acknowledged, or the other way round"
            )
    integrity = _integrity(directory)
    if integrity != "ok":
        faults.append(integrity)
    told = ", ".join(f"{count} × {status}" for status, count in sorted(refusals.items()))
    return Outcome(
        "full disk", not faults and bool(refusals), "; ".join(faults) or f"refused {told}; reads 200, then whole again"
    )


# -- a locked database


async def locked(directory: Path, quick: bool) -> Outcome:
    """Somebody else holds the database, for 3 s and for 30: first all wait and succeed, then 503 in time."""
    words, held = [], True
    with KeptServer(directory) as server:
        for hold_s in (_LOCK_SHORT_S, 8.0 if quick else _LOCK_LONG_S):
            statuses, times, lag = await _while_locked(server, directory, hold_s)
            p99 = quantiles(times, n=100)[98]
            count = {status: statuses.count(status) for status in sorted(set(statuses))}
            words.append(f"{hold_s:.0f} s: {count}, p99 {p99:.2f} s, /healthz p99 {lag * 1000:.0f} ms")
            short = hold_s == _LOCK_SHORT_S
            held &= (
                set(statuses) == {200} and p99 < hold_s + 0.5 if short else set(statuses) <= {200, 503} and p99 < 6.0
            )
            held &= lag < 0.05
    return Outcome("locked database", held, "; ".join(words))


async def _while_locked(server: KeptServer, directory: Path, hold_s: float) -> tuple[list[int], list[float], float]:
    other = sqlite3.connect(directory / "fakeai.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    statuses: list[int] = []
    times: list[float] = []
    lags: list[float] = []
    done = asyncio.Event()
    async with httpx.AsyncClient(base_url=server.url, timeout=60.0, limits=httpx.Limits(max_connections=200)) as http:

        async def write(number: int) -> None:
            began = time.monotonic()
            reply = await http.post("/v1/vector_stores", json={"name": str(number)})
            whole = reply.status_code == 200 or ("retry-after" in reply.headers and "error" in reply.json())
            statuses.append(reply.status_code if whole else -reply.status_code)
            times.append(time.monotonic() - began)

        async def look() -> None:
            while not done.is_set():
                began = time.monotonic()
                await http.get("/healthz")
                lags.append(time.monotonic() - began)
                await asyncio.sleep(0.02)

        async def let_go() -> None:
            await asyncio.sleep(hold_s)
            other.execute("ROLLBACK")
            done.set()

        jobs = [asyncio.ensure_future(look()), asyncio.ensure_future(let_go())]
        waiting = []
        number = 0
        while not done.is_set():
            number += 1
            waiting.append(asyncio.ensure_future(write(number)))
            await asyncio.sleep(0.05)
        await asyncio.gather(*waiting, *jobs)
    other.close()
    return statuses, times, quantiles(lags, n=100)[98]


# -- a broken store


async def corrupt(directory: Path, quick: bool) -> Outcome:
    """Bytes are flipped in the database, its log and a blob: the start is refused, or what is broken is named."""
    directory.mkdir()
    words: list[str] = []
    held = True
    for what in ("database", "header", "log", "blob", "blob missing"):
        place = directory / what.replace(" ", "-")
        known: dict[str, str] = {}
        with KeptServer(place) as server:
            writer = asyncio.ensure_future(_write(server.url, "a", known))
            await asyncio.sleep(1.0)
            server.kill()
            await writer
        _break(place, what)
        told = await _after(place, known)
        held &= told.startswith(("refused", "all there", "named"))
        words.append(f"{what}: {told}")
    return Outcome("broken store", held, "; ".join(words))


def _break(place: Path, what: str) -> None:
    blobs = sorted((place / "blobs").glob("??/*"))
    match what:
        case "database":
            path = place / "fakeai.db"
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            data = bytearray(path.read_bytes())
            for at in range(4_096, len(data), 997):
                data[at] ^= 0xFF
            path.write_bytes(data)
        case "header":
            path = place / "fakeai.db"
            path.write_bytes(b"\0" * 100 + path.read_bytes()[100:])
        case "log":
            path = place / "fakeai.db-wal"
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 + 7])
        case "blob":
            blobs[0].write_bytes(blobs[0].read_bytes()[:-1] + b"?")
        case _:
            blobs[0].unlink()


async def _after(place: Path, known: Mapping[str, str]) -> str:
    """What a server says that starts on a broken directory."""
    server = KeptServer(place)
    try:
        server.start()
    except RuntimeError as error:
        line = next((line for line in str(error).splitlines() if "fakeai" in line or "store" in line), "")
        return f"refused to start ({line[:80]})" if line else f"FAILED to start: {error}"
    try:
        wrong: dict[str, int] = {}
        async with httpx.AsyncClient(base_url=server.url, timeout=10.0) as http:
            for path, expected in known.items():
                reply = await http.get(path)
                if reply.status_code == 200:
                    silent = path.endswith("/content") and sha256(reply.content).hexdigest() != expected
                    fault = "silently wrong" if silent else ""
                else:
                    fault = f"{reply.status_code} {reply.json()['error']['code']}"
                if fault:
                    wrong[fault] = wrong.get(fault, 0) + 1
        if not wrong:
            return f"all there ({len(known)})"
        told = ", ".join(f"{count} × {fault}" for fault, count in wrong.items())
        good = all(fault.startswith("5") for fault in wrong)
        return f"named: {told} of {len(known)}" if good else f"LOST: {told} of {len(known)}"
    finally:
        server.kill()


DRILLS: Drills = MappingProxyType({"acked": acked, "full": full, "locked": locked, "corrupt": corrupt})


if __name__ == "__main__":
    sys.exit(command(DRILLS, __doc__, "fewer kills, shorter locks"))
