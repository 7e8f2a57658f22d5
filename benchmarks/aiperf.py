"""`python -m benchmarks.aiperf`: AIPerf against a served simulated cluster, beside what the simulator says of the same load.

AIPerf is a client of its own (pip install aiperf, best in an environment of its own), looked for on PATH or at AIPERF.
It streams chats in a closed loop; then `fakeai simulate` is given the lengths that the server counted, in the order in
which requests were made, as many users, and the time that AIPerf takes between an answer and the next request.

Both sides count tokens of the same vocabulary: AIPerf's `builtin` tokenizer would fetch it, so it is put where tiktoken
looks first.
"""

import argparse
import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import servers
from benchmarks.pacing import exposition
from benchmarks.servers import BUILD, ROOT, Crowd, machine

MODEL = "meta-llama/Llama-3.1-8B-Instruct"
CLUSTER = {"gpu": "h100", "model": "llama-3.1-8b", "workers": "1"}
ISL, OSL = 512, 128
_RANKS = 199_998
_CACHED_AS = "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken"
"""What tiktoken names its cached file after."""
_COLUMNS = ("", "AIPerf", "fakeai simulate", "off by")


class Record(NamedTuple):
    """One request: when it was made and answered (seconds), and its tokens as the server counted them."""

    start: float
    end: float
    prompt: int
    answer: int


class Sides(NamedTuple):
    """One figure as both have it."""

    name: str
    unit: str
    measured: float
    simulated: float

    @property
    def off(self) -> float:
        """The simulator's error, as a part of what was measured."""
        return self.simulated / self.measured - 1.0


def main(arguments: list[str] | None = None) -> int:
    """Run it and print a table for each number of users; 0 also when there is no AIPerf."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.aiperf", description=__doc__)
    parser.add_argument("--users", default="16,64", help="numbers of users, as 16,64")
    parser.add_argument("--requests", type=int, default=25, help="of each user")
    options = parser.parse_args(arguments)
    binary = os.environ.get("AIPERF") or shutil.which("aiperf")
    if binary is None:
        print("skipped: aiperf is not on PATH, nor is it named by AIPERF (pip install aiperf)")
        return 0
    folder = BUILD / "aiperf"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    vocabulary(folder)
    for users in map(int, options.users.split(",")):
        print(_compared(binary, folder / str(users), users, users * options.requests), flush=True)
    return 0


def vocabulary(folder: Path) -> None:
    """Write o200k_base as tiktoken caches it; it checks the content against a hash of its own."""
    from fakeai.content.vocabulary import Vocabulary

    tokens = map(Vocabulary("o200k_base").decode_single_token_bytes, range(_RANKS))
    lines = [base64.b64encode(token) + b" %d\n" % rank for rank, token in enumerate(tokens)]
    folder.joinpath(hashlib.sha1(_CACHED_AS.encode()).hexdigest()).write_bytes(b"".join(lines))


def _compared(binary: str, folder: Path, users: int, requests: int) -> str:
    flags = [part for name, value in CLUSTER.items() for part in ("--set", f"cluster.{name}={value}")]
    with servers.fakeai(*flags) as server:
        crowd = Crowd(server)
        _profile(binary, folder, server.port, users, requests)
        others = crowd.others()
        own = _means(exposition(server))
    found = json.loads(folder.joinpath("profile_export_aiperf.json").read_text())
    records = _records(folder)
    think_s = _between(records, users)
    lengths = [(record.prompt, record.answer) for record in records]
    simulated = _simulated(folder, users, think_s, lengths)
    prompt, answer = (sum(column) / len(lengths) for column in zip(*lengths, strict=True))
    return (
        f"{users} users, {len(lengths)} requests of {prompt:.0f} tokens, answers of {answer:.0f}, "
        f"{think_s * 1e3:.0f} ms between them; AIPerf {found['aiperf_version']}\n"
        f"{machine()}; AIPerf and whatever else ran used {others:.1f} cores\n\n{table(sides(found, simulated))}\n\n"
        f"The server's own means, warm-up included: TTFT {own['time_to_first_token']:.1f} ms, "
        f"E2E {own['e2e_request_latency']:.1f} ms\n"
    )


def _means(text: str) -> dict[str, float]:
    """Means in milliseconds of histograms that engines tell, from a reading of /metrics."""
    sums: dict[str, float] = {}
    for line in text.splitlines():
        name, _, value = line.rpartition(" ")
        for part in ("_sum", "_count"):
            if name.startswith("vllm:") and name.partition("{")[0].endswith(f"_seconds{part}"):
                key = name.partition("{")[0]
                sums[key] = sums.get(key, 0.0) + float(value)
    return {
        name: sums[f"vllm:{name}_seconds_sum"] / sums[f"vllm:{name}_seconds_count"] * 1e3
        for name in ("time_to_first_token", "e2e_request_latency")
    }


def _profile(binary: str, folder: Path, port: int, users: int, requests: int) -> None:
    command = [
        binary, "profile", "--model", MODEL, "--url", f"http://127.0.0.1:{port}", "--endpoint-type", "chat", "--streaming",
        "--tokenizer", "builtin", "--use-server-token-count", "--isl", str(ISL), "--osl", str(OSL), "--concurrency",
        str(users), "--request-count", str(requests), "--warmup-request-count", str(users), "--random-seed", "1", "--ui",
        "none", "--artifact-dir", str(folder),
    ]  # fmt: skip
    environment = os.environ | {"TIKTOKEN_CACHE_DIR": str(folder.parent)}
    done = subprocess.run(command, env=environment, cwd=folder.parent, capture_output=True, check=False, timeout=600)
    if done.returncode != 0:
        raise RuntimeError(f"aiperf ended with {done.returncode}: {done.stdout.decode(errors='replace')[-1500:]}")


def _records(folder: Path) -> list[Record]:
    """What AIPerf noted of each request, in the order they were made."""
    found = []
    for line in folder.joinpath("profile_export.jsonl").read_text().splitlines():
        record = json.loads(line)
        told, metrics = record["metadata"], record["metrics"]
        if told["benchmark_phase"] == "profiling":
            tokens = (metrics[name]["value"] for name in ("usage_prompt_tokens", "usage_completion_tokens"))
            found.append(Record(told["request_start_ns"] / 1e9, told["request_end_ns"] / 1e9, *tokens))
    return sorted(found)


def _between(records: Sequence[Record], users: int) -> float:
    """Seconds from an answer to the same user's next request, on average: by Little's law, from the middle of the run."""
    middle = sorted(records, key=lambda record: record.end)[len(records) // 5 : -len(records) // 5]
    per_s = (len(middle) - 1) / (middle[-1].end - middle[0].end)
    return max(0.0, users / per_s - sum(record.end - record.start for record in middle) / len(middle))


def _simulated(folder: Path, users: int, think_s: float, lengths: Sequence[tuple[int, int]]) -> dict[str, Any]:
    """The report of the same load. Any: JSON."""
    trace = folder / "lengths.jsonl"
    rows = ({"arrived": 0.0, "prompt": prompt, "completion": answer} for prompt, answer in lengths)
    trace.write_text("".join(json.dumps(row) + "\n" for row in rows))
    options = [part for name, value in CLUSTER.items() for part in (f"--{name}", value)]
    command = [sys.executable, "-m", "fakeai", "simulate", "--trace", str(trace), "--format", "journal"]
    command += ["--arrivals", f"closed:{users}:{think_s:.4f}", *options, "--json", "-"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def sides(found: dict[str, Any], report: dict[str, Any]) -> list[Sides]:
    """The figures that both have. What AIPerf calls inter token latency is each request's mean, which is TPOT here."""
    rows = []
    for name, theirs, ours in (
        ("TTFT", "time_to_first_token", "ttft"),
        ("ITL, mean of a request", "inter_token_latency", "tpot"),
        ("E2E", "request_latency", "e2e"),
    ):
        for at in ("avg", "p50", "p90", "p99"):
            simulated = report["latency"][f"{ours}_s"]["mean" if at == "avg" else at] * 1e3
            rows.append(Sides(f"{name} {at}", "ms", found[theirs][at], simulated))
    throughput = report["throughput"]
    rows.append(
        Sides("output tokens/s", "", found["output_token_throughput"]["avg"], throughput["output_tokens_per_s"])
    )
    rows.append(Sides("requests/s", "", found["request_throughput"]["avg"], throughput["requests_per_s"]))
    return rows


def table(rows: Sequence[Sides]) -> str:
    """As Markdown."""
    lines = ["| " + " | ".join(_COLUMNS) + " |", "|---|---|---|---|"]
    for row in rows:
        unit = f" {row.unit}" if row.unit else ""
        lines.append(f"| {row.name} | {row.measured:,.1f}{unit} | {row.simulated:,.1f}{unit} | {row.off:+.1%} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
