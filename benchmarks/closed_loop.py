"""Token times of a closed loop of users, in closed form over the simulator's step times; with derivatives, for fits.

`users` send their next request when the last is answered. Each of R running sequences (those that find room for their
KV) decodes one token a step; in its life it also sits through the others' prompts once:

    TPOT = step(R) + (R − 1)/osl · what a prompt adds to a step         (× waits of preempted sequences)
    TTFT = own prompt's steps + first · step(1) + residual · step(R)    unfinished step, scheduling, tokenizing
         + burst · (R − 1)/2 · what a prompt adds                       users start at once, and stay in clumps
         + request_s · (users − 1)/2 + base_s                           per-request work outside the GPU
         + queue · osl/R · TPOT                                         one request more in flight than sequences run
         + over · (users − R)/R · osl · TPOT                            no room for the KV of all users

`step` is `fakeai.sim.roofline` over arrays; the other coefficients are of the serving around it and of the harness.
Everything is for one attention replica with its share of users.
"""

from dataclasses import dataclass

import numpy as np

from benchmarks.serving_rows import Floats, Row
from fakeai.sim.layout import engine_defaults, kv_token_bytes, sglang_defaults
from fakeai.sim.roofline import Peaks, peaks

STEP = (
    "weights",
    "decode",
    "prefill",
    "kv",
    "attention",
    "link",
    "layer_s",
    "hop_s",
    "sequence_s",
    "moe_layer_s",
    "experts",
)
SERVING = ("burst", "first", "queue", "base_s", "over", "request_s", "residual")
NAMES = STEP + SERVING
PLACE = {name: place for place, name in enumerate(NAMES)}
START = {
    "weights": 1.25, "decode": 1.3, "prefill": 1.6, "kv": 0.9, "attention": 1.5, "link": 1.0, "layer_s": 2e-5, "hop_s": 1e-5,
    "sequence_s": 1e-5, "moe_layer_s": 1.5e-5, "experts": 1.3, "burst": 0.1, "first": 2.0, "queue": 3e-4, "base_s": 0.015,
    "over": 0.7, "request_s": 5e-4, "residual": 0.7,
}  # fmt: skip
"""What a fit starts from and shrinks to: simulation.md, 2.8, rounded."""

FILL = 0.95
"""Mean length over the longest: harnesses draw lengths from 0.8 or 0.9 up to the length they name."""
RESERVED = {"trtllm": 1.0, "sglang": 0.5, "vllm": 0.25}
"""Part of an answer's KV that an engine wants free before it admits a request."""
BUDGET = {"trtllm": 8192}
"""Prompt tokens in one step, where the GPU does not decide it."""


@dataclass(frozen=True, slots=True)
class Loads:
    """Rows as arrays: what a step costs at peak, and what the users want. Shapes (rows,)."""

    peaks: Peaks
    dp: Floats
    room: Floats
    """Tokens of KV for which a replica has room; infinite where the layout cannot be."""
    budget: Floats
    reserved: Floats
    users: Floats
    isl: Floats
    osl: Floats

    def __len__(self) -> int:
        return len(self.users)


def loads(rows: list[Row]) -> Loads:
    """The arrays of rows."""
    costs = [peaks(row.shape, row.gpu, row.layout) for row in rows]
    columns = np.array(costs, np.float64).reshape(len(rows), len(Peaks._fields)).T
    dp = np.array([row.layout.dp for row in rows], np.float64)
    isl, osl = (np.array([getattr(row, name) for row in rows], np.float64) * FILL for name in ("isl", "osl"))
    room = np.array(
        [max(row.layout.kv_bytes(row.shape, row.gpu), 0) / kv_token_bytes(row.shape, row.layout) for row in rows]
    )
    return Loads(
        Peaks(*columns),
        dp,
        np.where(room < isl + osl, np.inf, room),
        np.array([_budget(row) for row in rows], np.float64),
        np.array([RESERVED[row.engine] for row in rows], np.float64),
        np.array([row.users for row in rows], np.float64) / dp,
        isl,
        osl,
    )


def oversubscribed(load: Loads) -> Floats:
    """Users over those whose requests find room."""
    admitted = np.minimum(load.users, np.maximum(load.room / (load.isl + load.reserved * load.osl), 1.0))
    return load.users / admitted


def predict(load: Loads, coefficients: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """TPOT, its derivatives by the logarithms of the coefficients, TTFT and its; (rows,) and (rows, coefficients).

    `coefficients` has shape (rows, len(NAMES)).
    """
    users, isl, osl = load.users, load.isl, load.osl
    admitted = np.minimum(users, np.maximum(load.room / (isl + load.reserved * osl), 1.0))
    running = np.minimum(admitted, np.maximum(load.room / (isl + np.maximum(load.reserved, 0.5) * osl), 1.0))
    kv, none, one = running * (isl + osl / 2.0), np.zeros_like(running), np.ones_like(running)
    chunks = np.ceil(isl / load.budget)
    prompt, pairs = isl / chunks, isl * isl / 2.0 / chunks
    decode, decode_d = _step(load, coefficients, running, kv, none, none, running)
    mixed, mixed_d = _step(load, coefficients, running, kv, prompt, pairs, running + 1.0 / chunks)
    added, added_d = (mixed - decode) * chunks, (mixed_d - decode_d) * chunks[:, None]
    stalled = admitted / running
    share = np.maximum(running - 1.0, 0.0) / osl
    tpot, tpot_d = (decode + share * added) * stalled, (decode_d + share[:, None] * added_d) * stalled[:, None]

    others = np.maximum(running - 1.0, 0.0)
    own, own_d = _step(load, coefficients, others, kv * others / running, prompt, pairs, running + 1.0 / chunks)
    single, single_d = _step(load, coefficients, one, isl + osl / 2.0, none, none, one)
    ttft, ttft_d = own * chunks, own_d * chunks[:, None]
    flat = np.zeros_like(ttft_d)
    waiting = np.minimum((users - admitted) / admitted, 4.0) * osl
    for name, amount, slope in (
        ("burst", (running - 1.0) / 2.0 * added, ((running - 1.0) / 2.0)[:, None] * added_d),
        ("first", single, single_d),
        ("residual", decode, decode_d),
        ("queue", osl / running * tpot, (osl / running)[:, None] * tpot_d),
        ("base_s", one, flat),
        ("request_s", (users - 1.0) / 2.0, flat),
        ("over", waiting * tpot, waiting[:, None] * tpot_d),
    ):
        place = PLACE[name]
        ttft = ttft + coefficients[:, place] * amount
        ttft_d = ttft_d + coefficients[:, place, None] * slope
        ttft_d[:, place] += coefficients[:, place] * amount
    return tpot, tpot_d, ttft, ttft_d


def _step(
    load: Loads, coefficients: Floats, decodes: Floats, kv: Floats, prompts: Floats, pairs: Floats, outputs: Floats
) -> tuple[Floats, Floats]:
    """Seconds of one step as Roofline says, and derivatives; the arguments are one replica's share."""
    peak, dp = load.peaks, load.dp
    slope = np.zeros((len(load), len(NAMES)))
    values = {name: coefficients[:, place] for name, place in PLACE.items()}
    touched = peak.experts * (1.0 - peak.missed ** ((decodes + prompts) * dp))
    always, experts = values["weights"] * peak.weights, values["experts"] * touched
    decoded = values["decode"] * (peak.token * decodes + peak.output * outputs) * dp
    prompted = values["prefill"] * peak.token * prompts * dp
    read, work = always + experts, decoded + prompted
    matrices = np.sqrt(read * read + work * work)
    for name, part, side in (
        ("weights", always, read),
        ("experts", experts, read),
        ("decode", decoded, work),
        ("prefill", prompted, work),
    ):
        slope[:, PLACE[name]] = part * side / matrices
    seconds = matrices
    kv_seen = peak.kv * kv + peak.window_kv * np.minimum(kv, decodes * peak.window) + peak.state * decodes
    for name, amount in (
        ("kv", kv_seen * dp),
        ("attention", (peak.pair * pairs + peak.window_pair * np.minimum(pairs, prompts * peak.window)) * dp),
        ("link", peak.link * (decodes + prompts) * dp),
        ("layer_s", peak.layers),
        ("moe_layer_s", peak.moe_layers),
        ("hop_s", peak.hops),
        ("sequence_s", decodes),
    ):
        slope[:, PLACE[name]] = values[name] * amount
        seconds = seconds + values[name] * amount
    return seconds, slope


def _budget(row: Row) -> int:
    defaults = sglang_defaults if row.engine == "sglang" else engine_defaults
    return BUDGET.get(row.engine) or defaults(row.gpu)[0]
