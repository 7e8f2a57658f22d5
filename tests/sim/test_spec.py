"""Clusters in words: what they come to, and that nobody starts one that cannot be."""

from dataclasses import replace
from math import inf, nan
from typing import Any

import pytest

from fakeai.core.hardware import gpu, shape
from fakeai.sim import spec
from fakeai.sim.layout import Layout
from fakeai.sim.router import KvAware, RoundRobin, RouterConfig
from fakeai.sim.scheduler import SglangScheduler, VllmScheduler
from fakeai.sim.spec import ClusterSpec, build, check, speculation
from fakeai.sim.tables import Linear, Polynomial, dump_profile
from fakeai.sim.turns import TurnsScheduler
from fakeai.sim.types import SimRequest, StepShape
from fakeai.sim.worker import TooLongError
from tests.sim.engines import Notes, prompt

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"gpu": "h1000"}, "unknown GPU 'h1000'; did you mean H100"),
    ({"model": "llama-3.1-9b"}, "unknown model 'llama-3.1-9b'; did you mean"),
    ({"router": "kvaware"}, r"unknown router 'kvaware'.*known: kv, round-robin, least-loaded, power-of-two, random"),
    ({"engine": "trt"}, r"unknown engine 'trt'.*known: vllm, sglang, transformers"),
    ({"precision": "fp7"}, "unknown precision 'fp7': write bf16, fp16, fp8, fp4, int8, int4"),
    ({"kv_precision": "int4"}, "unknown KV precision 'int4': write bf16, fp16, fp8"),
    ({"planner": "magic"}, "unknown planner 'magic': write load or sla"),
    ({"tp": 3}, "tp 3 does not divide .* 32 heads: 1, 2, 4, 8, 16, 32 do"),
    ({"pp": 33}, "pp 33 is more than .* 32 layers"),
    ({"ep": 2}, "ep 2: .* has no experts"),
    ({"tp": 0}, "tp is a count of GPUs from 1 on, not 0"),
    ({"dp": -1}, "dp is a count of GPUs from 1 on, not -1"),
    ({"utilization": 0.0}, "utilization is a fraction"),
    ({"utilization": 1.5}, "utilization is a fraction"),
    ({"model": "llama-3.1-405b"}, "needs .* GiB on each of 1 GPUs; H100.* gives .*: take more GPUs"),
    ({"workers": 0}, "workers is at least 1 and prefill_workers at least 0, not 0 and 0"),
    ({"prefill_workers": -1}, "workers is at least 1 and prefill_workers at least 0, not 1 and -1"),
    ({"block_size": 0}, "block_size is at least 1, not 0"),
    ({"blocks": 0}, "blocks must be at least 1, not 0"),
    ({"max_num_seqs": 0}, "max_num_seqs must be at least 1, not 0"),
    (
        {"max_num_batched_tokens": 8, "max_num_seqs": 9},
        r"max_num_batched_tokens \(8\) must be at least max_num_seqs \(9\)",
    ),
    ({"max_context": -1}, "max_context is a number from 0 on, not -1"),
    ({"long_prefill_token_threshold": -5}, "long_prefill_token_threshold is a number from 0 on, not -5"),
    ({"prefill_schedule_interval": 0}, "prefill_schedule_interval must be at least 1, not 0"),
    ({"max_loras": 0}, "max_loras must be at least 1, not 0"),
    ({"host_gib": -1.0}, "host_gib is a number from 0 on, not -1.0"),
    ({"host_gib": inf}, "host_gib is a number from 0 on, not inf"),
    ({"host_gbps": 0.0}, "host_gbps is above 0, not 0.0"),
    ({"host_gbps": nan}, "host_gbps is above 0, not nan"),
    ({"transfer_gbps": -0.1}, "transfer_gbps is a number from 0 on, not -0.1"),
    ({"transfer_gbps": nan}, "transfer_gbps is a number from 0 on, not nan"),
    ({"transfer_latency_s": -1.0}, "transfer_latency_s is a number from 0 on, not -1.0"),
    ({"transfer_latency_s": inf}, "transfer_latency_s is a number from 0 on, not inf"),
    ({"startup_s": nan}, "startup_s is a number from 0 on, not nan"),
    ({"lora_load_s": -1.0}, "lora_load_s is a number from 0 on, not -1.0"),
    ({"stragglers": {0: 0.0}}, "a speed is a number from 0.001 to 100, not 0"),
    ({"stragglers": {0: nan}}, "a speed is a number from 0.001 to 100, not nan"),
    ({"stragglers": {0: inf}}, "a speed is a number from 0.001 to 100, not inf"),
    ({"stragglers": {-1: 0.5}}, "there is no worker -1: there is 0"),
    ({"stragglers": {-1: 0.5}, "planner": "load"}, "there is no worker -1: there is 0"),
    ({"stragglers": {4: 0.5}, "workers": 3, "prefill_workers": 1}, "there is no worker 4: there are 0 to 3"),
    ({"timing": "/no/such/profile.json"}, "/no/such/profile.json"),
    ({"deployment": "moon"}, "moon"),
    ({"engine": "transformers"}, "nobody has measured engine transformers on such GPUs: give it a timing"),
    ({"speculation": "many"}, "'many' is not a speculation: write 3:0.8,0.5,0.3"),
]


@pytest.mark.parametrize(("wrong", "said"), WRONG, ids=[str(one) for one, _ in WRONG])
def test_clusters_that_cannot_be_are_refused_with_what_can(wrong, said):
    with pytest.raises(ValueError, match=f"(?s){said}"):
        check(ClusterSpec(**wrong))


@pytest.mark.parametrize("engine", ["vllm", "sglang", "transformers"])
@pytest.mark.parametrize("name", [one for one, _ in spec.ROUTERS])
def test_whatever_is_accepted_can_be_built_and_answers(engine, name):
    timing = "polynomial" if engine == "transformers" else "roofline"
    parts = check(ClusterSpec(engine=engine, router=name, workers=2, timing=timing))
    notes = Notes()
    made = build(parts, notes)
    for n in range(4):
        made.submit(prompt(str(n), 100, 10, size=16), n / 10)
    made.advance(inf)
    assert {one.made for one in notes.ended_by_id.values()} == {10}
    assert len(notes.ended_by_id) == 4


def test_parts_are_what_their_names_say():
    made = build(check(ClusterSpec(engine="sglang", router="kv", workers=3, prefill_workers=2)), None)
    assert [worker.role for worker in made.workers.values()] == ["prefill"] * 2 + ["decode"] * 3
    assert {type(worker.engine.policy) for worker in made.workers.values()} == {SglangScheduler}
    assert isinstance(made._router, KvAware)
    assert isinstance(made._decode_router, KvAware)
    plain = build(check(ClusterSpec()), None)
    assert isinstance(plain._router, RoundRobin)
    assert isinstance(plain.workers[0].engine.policy, VllmScheduler)
    turns = build(check(ClusterSpec(engine="transformers", timing="polynomial")), None)
    assert isinstance(turns.workers[0].engine.policy, TurnsScheduler)


@pytest.mark.parametrize(
    ("name", "engine", "batched", "seqs"),
    [
        ("h100", "vllm", 8_192, 1_024),
        ("b200", "vllm", 16_384, 1_024),
        ("a100", "vllm", 2_048, 256),
        ("l4", "vllm", 2_048, 256),
        ("h100", "sglang", 8_192, 512),
        ("b200", "sglang", 16_384, 512),
    ],
)
def test_sizes_are_the_engines_own_for_the_gpu_unless_given(name, engine, batched, seqs):
    config = check(ClusterSpec(gpu=name, engine=engine)).config
    assert (config.max_num_batched_tokens, config.max_num_seqs) == (batched, seqs)
    own = check(ClusterSpec(gpu=name, engine=engine, max_num_batched_tokens=999, max_num_seqs=7)).config
    assert (own.max_num_batched_tokens, own.max_num_seqs) == (999, 7)


def test_more_sequences_than_the_budget_has_tokens_enlarge_it():
    assert check(ClusterSpec(gpu="l4", max_num_seqs=5000)).config.max_num_batched_tokens == 5000


def test_blocks_are_what_the_memory_holds_beside_the_weights_unless_given():
    parts = check(ClusterSpec())
    # H100 80 GiB × 0.9 − 16 GB of weights − 1.5 GiB, at 128 KiB a token
    assert parts.config.blocks * 16 * 131_072 == pytest.approx(
        0.9 * gpu("h100").memory_bytes - 16.06e9 - 1.6e9, rel=0.01
    )
    assert check(ClusterSpec(blocks=77)).config.blocks == 77
    assert check(ClusterSpec(kv_precision="fp8")).config.blocks == pytest.approx(2 * parts.config.blocks, abs=2)
    assert parts.config.block_bytes == 16 * 131_072


def test_replicas_of_the_attention_have_blocks_of_their_own():
    one = check(ClusterSpec(model="deepseek-v3", gpu="h200", precision="fp8", tp=8))
    two = check(ClusterSpec(model="deepseek-v3", gpu="h200", precision="fp8", tp=4, dp=2))
    layout = Layout(tp=4, dp=2, precision="fp8")
    assert two.config.blocks == 2 * layout.blocks(shape("deepseek-v3"), gpu("h200"), 16)
    assert one.layout.gpus == two.layout.gpus == 8


@pytest.mark.parametrize(
    ("given", "context"),
    [
        ({}, 131_072),
        ({"max_context": 4096}, 4096),
        ({"blocks": 100}, 1600),
        ({"blocks": 100, "max_context": 4096}, 1600),
    ],
)
def test_a_request_has_the_models_window_or_what_the_blocks_hold(given, context):
    parts = check(ClusterSpec(**given))
    assert parts.context == context
    made = build(parts, None)
    made.submit(SimRequest("a", context - 1, 1), 0.0)
    with pytest.raises(TooLongError):
        made.submit(SimRequest("b", context, 1), 0.0)


def test_a_window_of_nothing_is_what_the_blocks_hold():
    parts = check(ClusterSpec(max_context=0))
    assert parts.context == parts.config.blocks * 16 > 131_072


def test_host_memory_is_counted_in_blocks():
    assert check(ClusterSpec(host_gib=1.0)).config.host_blocks == 2**30 // (16 * 131_072)
    assert check(ClusterSpec()).config.host_blocks == 0


def test_a_straggler_is_slow_and_the_others_are_not():
    notes = Notes()
    made = build(check(ClusterSpec(workers=2, stragglers={1: 0.25})), notes)
    for n in range(2):
        made.submit(prompt(str(n), 100, 50, size=16), 0.0)
    made.advance(inf)
    wake = made.workers[0].engine.config.wake_s
    fast, slow = (notes.ended_by_id[str(n)].last_token - wake for n in range(2))
    assert slow == pytest.approx(4 * fast)


def test_chance_follows_the_seed():
    def story(seed: int) -> dict[str, Any]:
        notes = Notes()
        made = build(check(ClusterSpec(workers=4, router="random", speculation="2:0.7,0.4", seed=seed)), notes)
        for n in range(30):
            made.submit(prompt(str(n), 50, 40, size=16), n / 100)
        made.advance(inf)
        return notes.story()

    assert story(1) == story(1)
    assert story(1) != story(2)


def test_time_begins_when_it_is_said_to():
    made = build(check(ClusterSpec(planner="load")), None, 1000.0)
    assert made.now == 1000.0
    assert made.workers[0].engine.now == 1000.0
    assert made.next_at() == 1000.0


def test_transfers_without_a_bandwidth_take_no_time():
    for gbps, least in ((0.0, 0.0), (1.0, 0.1)):
        notes = Notes()
        made = build(check(ClusterSpec(prefill_workers=1, transfer_gbps=gbps)), notes)
        made.submit(prompt("a", 1600, 5, size=16), 0.0)
        made.advance(inf)
        assert notes.ended_by_id["a"].transfer_s == pytest.approx(0.0, abs=1e-9) if not gbps else True
        assert notes.ended_by_id["a"].transfer_s >= least


def test_planners_are_those_that_are_asked_for():
    for name in ("load", "sla"):
        made = build(check(ClusterSpec(planner=name)), None)
        made.advance(100.0)
        assert len(made.workers) == 1
        assert made.next_at() is not None
    assert build(check(ClusterSpec()), None).next_at() is None


# -- step times


def test_step_times_may_be_dynamos_polynomial():
    parts = check(ClusterSpec(timing="polynomial"))
    assert isinstance(parts.timing, Polynomial)


def test_a_profile_in_a_file_says_how_long_steps_take(tmp_path):
    path = tmp_path / "profile.json"
    path.write_text(dump_profile(Linear(step_s=0.01, sequence_s=0.001)))
    parts = check(ClusterSpec(timing=str(path), engine="transformers"))
    assert parts.timing.seconds(StepShape(5, 0)) == pytest.approx(0.015)
    path.write_text('{"kind": "circular"}')
    with pytest.raises(ValueError, match=r"profile.json: kind: write linear, polynomial, table, not 'circular'"):
        check(ClusterSpec(timing=str(path)))


def test_a_deployment_has_coefficients_of_its_own():
    own = check(ClusterSpec(gpu="rtx-pro-6000", deployment="rtx-pro-6000-llama-3.1-8b"))
    plain = check(ClusterSpec(gpu="rtx-pro-6000"))
    step = StepShape(8, 8000, 100, 5050, 1, 1)
    assert own.timing.seconds(step) != plain.timing.seconds(step)


# -- speculation


@pytest.mark.parametrize(
    ("written", "acceptance"),
    [
        ("3:0.8,0.5,0.3", (0.8, 0.5, 0.3)),
        ("1:0.7", (0.7,)),
        ("1:1.7", (0.7,)),
        ("3:2.4", (1.0, 0.4, 0.0)),
        ("2:1", (0.0, 0.0)),
        ("2:qwen3.5-mtp", (0.93, 0.80)),
    ],
)
def test_speculation_is_read(written, acceptance):
    assert speculation(written).acceptance == pytest.approx(acceptance)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "is not a speculation"),
        ("3", "is not a speculation"),
        ("3:", "is not a speculation"),
        ("x:0.5", "is not a speculation"),
        ("3:llama-mtp", "is not a speculation: .*3:NAME with a name of kimi-k2.5-eagle3, qwen3.5-mtp"),
        ("9:qwen3.5-mtp", "has 1 to 8 drafts, not 9"),
        ("3:0.8,0.5", "names 3 drafts and 2 rates"),
        ("0:0.8", "names 0 drafts and 1 rates"),
        ("2:0.5,0.9", "never rise"),
        ("2:0.5,1.9", "from 0 to 1"),
        ("2:0.5,nan", "from 0 to 1"),
        ("3:4.5", "from 1 to 4, not 4.5"),
        ("3:nan", "from 1 to 4, not nan"),
        ("65:2", "1 to 64 drafts"),
    ],
)
def test_what_is_no_speculation_is_refused_with_what_is(written, said):
    with pytest.raises(ValueError, match=said):
        speculation(written)


# -- what is seen of it


def test_a_snapshot_says_what_each_worker_is_and_has():
    parts = check(ClusterSpec(workers=2, tp=2, stragglers={1: 0.5}, max_num_seqs=4, routing=RouterConfig()))
    made = build(parts, None)
    for n in range(12):
        made.submit(prompt(str(n), 160, 500, size=16), 0.0)
    made.advance(0.5)
    first, second = spec.snapshot(parts, made, "gpt-4o")
    assert (first.model, first.worker, first.role, first.state) == ("gpt-4o", 0, "both", "ready")
    assert (first.running, first.waiting, first.speed, second.speed) == (4, 2, 1.0, 0.5)
    assert (first.gpus, first.gpu, first.block_size) == (2, parts.gpu.name, 16)
    assert first.total_blocks == parts.config.blocks
    assert first.used_blocks >= 40
    assert first.context_window == parts.context
    assert first.active_prefill_tokens == 320
    assert first.steps > second.steps > 1
    assert 0 < first.memory_used_bytes <= first.memory_total_bytes == gpu("h100").memory_bytes
    made.advance(inf)
    first, _ = spec.snapshot(parts, made, "gpt-4o")
    assert (first.running, first.waiting, first.used_blocks) == (0, 0, 0)
    assert first.cached_blocks > 0


def test_specs_are_values():
    assert ClusterSpec() == ClusterSpec()
    assert replace(ClusterSpec(), workers=2) != ClusterSpec()
