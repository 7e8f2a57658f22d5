"""A trace like Mooncake's synthetic one, of any length: the same shape of load without the file.

Drawn from what that trace (3,993 requests, github.com/kvcache-ai/Mooncake, FAST25-release/traces) looks like: Poisson
arrivals 256 ms apart; 45 % of the prompts go on from one of the latest few hundred with about 400 tokens more; of the
others half are short (a median of 45 tokens) and half are documents (a median of 17,000); answers have a median of 69
tokens and a mean of 150. Blocks have 512 tokens. The same seed makes the same file.
"""

import json
from pathlib import Path

import numpy as np

BLOCK = 512
_LONGEST = 120_000
"""Prompt tokens: what fits into a window of 131,072 with its answer."""


def write(path: Path, requests: int, seed: int = 0) -> Path:
    """Write the trace as JSON lines, unless it is there; returns `path`."""
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        draft = path.with_suffix(".part")
        draft.write_text("".join(json.dumps(row) + "\n" for row in rows(requests, seed)))
        draft.replace(path)
    return path


def rows(requests: int, seed: int = 0) -> list[dict[str, object]]:
    """The requests in order of time, with the fields of the format."""
    random = np.random.default_rng(seed)
    earlier: list[list[int]] = []
    """Keys of the full blocks of prompts that may be gone on from."""
    found: list[dict[str, object]] = []
    at, keys_made = 0.0, 0
    for _ in range(requests):
        shared: list[int] = []
        if earlier and random.random() < 0.45:
            shared = earlier[max(0, len(earlier) - 1 - int(random.exponential(250.0)))]
            tokens = len(shared) * BLOCK + int(random.exponential(400.0)) + 1
        else:
            tokens = _prompt(random)
        tokens = min(tokens, _LONGEST)
        blocks = -(-tokens // BLOCK)
        keys = [*shared[:blocks], *range(keys_made, keys_made + max(0, blocks - len(shared)))]
        keys_made += max(0, blocks - len(shared))
        if tokens >= 5 * BLOCK:
            earlier.append(keys[: tokens // BLOCK])
        output = min(893, 1 + int(random.lognormal(np.log(69.0), 1.25)))
        found.append({"timestamp": int(at), "input_length": tokens, "output_length": output, "hash_ids": keys})
        at += random.exponential(256.0)
    return found


def _prompt(random: np.random.Generator) -> int:
    """Tokens of a prompt that goes on from no other."""
    if random.random() < 0.5:
        return 1 + int(random.lognormal(np.log(45.0), 1.0))
    return 1 + int(random.lognormal(np.log(17_000.0), 0.65))
