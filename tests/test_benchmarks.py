"""The benchmark's arithmetic, its table, its requests and its client; what it measures is for `make bench`."""

import hashlib
import itertools
import json
import socket
import threading
from pathlib import Path

import pytest

from benchmarks import aiperf, bare, loadgen, mooncake_like, requests
from benchmarks.__main__ import MEASURES, main
from benchmarks.client import Refused, complete, drive, paced
from benchmarks.cluster import lateness
from benchmarks.pacing import judge, lag_bound, lag_p99
from benchmarks.simulate import differs, run
from benchmarks.targets import GROUPS, TARGETS, Row, as_json, median, number, percentile, ratios, spread, table
from fakeai.testing import FakeAI

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def port():
    with FakeAI() as fake:
        yield int(fake.url.rpartition(":")[2])


# -- targets and the table


def test_the_targets_are_those_that_were_promised():
    promised = {
        "cpu_ratio": (1.6, "×"),
        "cpu_peer": (1.0, "×"),
        "cpu_new_ratio": (1.6, "×"),
        "cpu_new_peer": (1.0, "×"),
        "stream_token": (4.0, "µs"),
        "responses_paced": (1.3, "×"),
        "responses_stream": (2.2, "×"),
        "responses_whole": (3.0, "×"),
        "pacing_itl": (3.0, "ms"),
        "pacing_drift": (3.0, "ms"),
        "pacing_itl_2000": (6.0, "ms"),
        "open_stream": (20.0, "kB"),
        "socket_open": (60.0, "kB"),
        "socket_kept": (3.0, "MB"),
        "socket_answer": (10.0, "ms"),
        "start": (0.6, "s"),
        "first_chat": (0.3, "s"),
        "idle": (90.0, "MB"),
        "long_prompt": (50.0, "ms"),
        "growth": (5.0, "MB"),
        "list_page": (20.0, "ms"),
        "search": (50.0, "ms"),
        "batch_lines": (2000, "lines/s"),
        "sim_trace": (5000.0, "requests/s"),
        "sim_trace_kv": (5000.0, "requests/s"),
        "sim_half": (27000.0, "requests/s"),
        "sim_full": (27000.0, "requests/s"),
        "cluster_token": (1.2, "×"),
        "cluster_lag": (5.0, "ms"),
        "cluster_late": (5.0, "ms"),
        "cluster_overload": (5.0, "ms"),
    }
    assert {key: (target.limit, target.unit) for key, target in TARGETS.items()} == promised


def test_every_group_of_targets_is_measured_by_something():
    assert tuple(MEASURES) == GROUPS


def test_every_target_is_told_in_the_docs():
    page = (ROOT / "docs" / "performance.md").read_text("utf-8")
    for target in TARGETS.values():
        assert f"| {target.figure} | {target.sign} {target.limit:,g} {target.unit} | `{target.group}` |" in page


@pytest.mark.parametrize(
    ("key", "measured", "held"),
    [
        ("idle", 89.9, True),
        ("idle", 90.0, True),
        ("idle", 90.01, False),
        ("cpu_peer", 0.99, True),
        ("cpu_peer", 1.0, False),
        ("cpu_peer", None, None),
        ("sim_trace", 4_999.0, False),
        ("sim_trace", 5_000.0, True),
    ],
)
def test_a_target_is_held_up_to_its_limit_unless_it_is_strict_or_from_it_on(key, measured, held):
    assert Row(key, measured).held is held


def test_the_table_has_a_line_for_each_row_and_columns_that_line_up():
    lines = table([Row("idle", 88.04, "a", "b"), Row("growth", 7.0), Row("cpu_peer", None, "", "no node")]).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[2] == ["idle memory, vocabulary loaded", "≤ 90 MB", "88.0 MB", "yes", "a", "b"]
    assert cells[3][2:4] == ["7.00 MB", "NO"]
    assert cells[4] == ["CPU per chat request, one sent again and again, in aimock's", "< 1 ×", "–", "–", "", "no node"]
    assert len({tuple(at for at, sign in enumerate(line) if sign == "|") for line in lines}) == 1


def test_json_has_what_the_table_has_and_the_raw_figures():
    (row,) = as_json([Row("start", 0.5, "d", "b", {"s": [0.4, 0.5, 0.6]})])
    assert (row["group"], row["limit"], row["held"], row["data"]) == ("start", 0.6, True, {"s": [0.4, 0.5, 0.6]})


def test_an_unknown_group_is_refused_with_the_known_ones(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--only", "cpu,speed"])
    assert stopped.value.code == 2
    assert "'speed' is not one of cpu, stream, responses, pacing" in capsys.readouterr().err


# -- arithmetic


def test_median_is_the_middle_or_between_the_two_middles():
    assert median([3.0, 1.0, 2.0]) == 2.0
    assert median([4.0, 1.0, 3.0, 2.0]) == 2.5


def test_percentile_is_a_value_that_at_most_the_rest_exceeds():
    values = [float(value) for value in range(1, 1001)]
    for share in (0.5, 0.9, 0.99):
        found = percentile(values[::-1], share)
        assert abs(sum(value > found for value in values) / len(values) - (1 - share)) <= 1.5 / len(values)
    assert percentile([5.0], 0.99) == 5.0
    assert percentile([], 0.99) == 0.0


def test_ratios_by_round_are_blind_to_a_machine_that_drifts():
    bares = [20.0, 40.0, 60.0]
    assert ratios([base * 1.5 for base in bares], bares) == [1.5, 1.5, 1.5]
    with pytest.raises(ValueError, match="longer"):
        ratios([1.0], bares)


def test_figures_are_printed_with_three_digits_and_their_range():
    assert [number(value, "ms") for value in (1234.5, 12.345, 1.2345)] == ["1234 ms", "12.3 ms", "1.23 ms"]
    assert spread([2.0, 1.0, 3.0]) == "2.0 (1.0–3.0)"
    assert spread([2.0, 2.0]) == "2.0"


# -- pacing


def test_streams_on_time_have_no_error():
    on_time = [[0.2 + 0.02 * at for at in range(100)]] * 50
    assert [round(value, 9) for value in judge(on_time, 200, 20)[:3]] == [0, 0, 0]


def test_a_late_token_is_two_wrong_gaps_and_no_drift():
    times = [0.2, 0.22, 0.25, 0.26]  # the third is 10 ms late
    found = judge([times], 200, 20)
    assert found.itl_p99 == pytest.approx(10)
    assert found.drift_p99 == pytest.approx(0, abs=1e-9)
    assert found.tokens == 4


def test_a_stream_that_is_always_a_little_late_drifts():
    found = judge([[0.203 + 0.021 * at for at in range(101)]], 200, 20)
    assert found.itl_p99 == pytest.approx(1)
    assert found.drift_p99 == pytest.approx(100)
    assert found.ttft_p99 == pytest.approx(3)


def test_tokens_in_one_burst_are_off_by_a_whole_gap():
    assert judge([[0.2, 0.24, 0.24]], 200, 20).itl_p99 == pytest.approx(20)


def test_lag_is_read_from_what_came_between_two_readings():
    def reading(fast, slow):
        counts = {"0.001": fast, "0.0025": fast + slow, "+Inf": fast + slow}
        return "\n".join(
            f'fakeai_pacing_lag_seconds_bucket{{le="{bound}"}} {count}.0' for bound, count in counts.items()
        )

    assert lag_p99(reading(0, 50), reading(1000, 50)) == "≤ 1 ms"
    assert lag_p99(reading(0, 50), reading(950, 100)) == "≤ 2.5 ms"
    assert lag_p99(
        "", 'fakeai_pacing_lag_seconds_bucket{le="1.0"} 0\nfakeai_pacing_lag_seconds_bucket{le="+Inf"} 9'
    ) == ("over 1 s")
    assert lag_p99("", "") == "not told"


def test_the_bucket_of_a_p99_is_told_of_any_histogram_and_beyond_all_bounds():
    def reading(name, *counts):
        return "\n".join(
            f'{name}_bucket{{model="m",le="{bound}"}} {count}'
            for bound, count in zip(("0.005", "1.0", "+Inf"), counts, strict=True)
        )

    text = reading("fakeai_step_lag_seconds", 990, 1000, 1000) + "\n" + reading("other", 0, 0, 5)
    assert lag_bound("", text, "fakeai_step_lag_seconds") == 0.005
    assert lag_bound("", text, "other") == float("inf")
    assert lag_bound(text, text, "other") is None


def test_lateness_is_against_the_most_punctual_token_of_the_stream():
    on_time = [0.5, 0.53, 0.56, 0.59]
    late = [0.5, 0.53, 0.57, 0.59]
    assert lateness([on_time], 0.03) == pytest.approx([0, 0, 0, 0])
    assert lateness([late], 0.03) == pytest.approx([0, 0, 0.01, 0])
    late_from_the_first_on_but_for_one = [0.51, 0.54, 0.56, 0.6]
    assert lateness([late_from_the_first_on_but_for_one, []], 0.03) == pytest.approx([0.01, 0.01, 0, 0.01])


def test_the_generators_dump_is_sorted_by_connection():
    assert loadgen.arrivals("0 1 0.200\n2 1 0.201\n0 2 0.220\n", 3) == [[0.2, 0.22], [], [0.201]]


def test_without_a_generator_there_is_none(monkeypatch, tmp_path):
    monkeypatch.setenv("LOADGEN", str(tmp_path / "nothing.c"))
    assert loadgen.find() is None


# -- the simulator


def test_the_trace_looks_like_the_one_it_stands_for_and_is_always_the_same():
    rows = mooncake_like.rows(4_000)
    assert rows == mooncake_like.rows(4_000)
    seen: set[int] = set()
    hits = blocks = 0
    for row in rows:
        keys = row["hash_ids"]
        assert len(keys) == -(-row["input_length"] // mooncake_like.BLOCK)
        hits += next((at for at, key in enumerate(keys) if key not in seen), len(keys))
        blocks += len(keys)
        seen.update(keys)
    assert [row["timestamp"] for row in rows] == sorted(row["timestamp"] for row in rows)
    # 3,993 requests over 1,022 s; 15,300 tokens and 149 on average; 64 % of blocks are of an earlier prompt
    assert rows[-1]["timestamp"] == pytest.approx(1_022_000, rel=0.1)
    assert sum(row["input_length"] for row in rows) / len(rows) == pytest.approx(15_300, rel=0.15)
    assert sum(row["output_length"] for row in rows) / len(rows) == pytest.approx(149, rel=0.15)
    assert hits / blocks == pytest.approx(0.64, abs=0.08)


def test_without_jumps_the_simulator_says_the_same():
    arguments = ("--arrivals", "constant:0.02", "--osl", "4000", "--requests", "20")
    jumped, stepped = run(arguments), run(arguments, jumps=False)
    assert differs(jumped.report, stepped.report) == ""


def test_reports_differ_where_a_figure_does_and_not_by_rounding():
    one = {"latency": {"ttft_s": [0.1, 0.2]}, "energy": {"wh": 1.0}, "preemptions": 3}
    rounded = {"latency": {"ttft_s": [0.1, 0.2 + 1e-13]}, "energy": {"wh": 2.0}, "preemptions": 3}
    assert differs(one, rounded) == ""
    assert differs(one, {**one, "latency": {"ttft_s": [0.1, 0.3]}}) == "ttft_s"
    assert differs(one, {**one, "preemptions": 4}) == "preemptions"


# -- AIPerf


def test_time_between_requests_follows_from_throughput_and_latency():
    # two users, each waits 0.8 s for an answer and 0.2 s before the next request
    starts = [at + shift for at in range(50) for shift in (0.0, 0.5)]
    records = [aiperf.Record(start, start + 0.8, 10, 5) for start in starts]
    assert aiperf._between(records, 2) == pytest.approx(0.2)


def test_both_sides_stand_beside_each_other_with_the_error_of_the_simulator():
    found = {
        name: {"avg": 100.0, "p50": 100.0, "p90": 100.0, "p99": 100.0}
        for name in ("time_to_first_token", "inter_token_latency", "request_latency", "output_token_throughput")
    } | {"request_throughput": {"avg": 20.0}}
    spread_s = {"mean": 0.09, "p50": 0.1, "p90": 0.1, "p99": 0.1}
    report = {
        "latency": {"ttft_s": spread_s, "tpot_s": spread_s, "e2e_s": spread_s},
        "throughput": {"output_tokens_per_s": 101.0, "requests_per_s": 20.0},
    }
    lines = aiperf.table(aiperf.sides(found, report)).splitlines()
    assert lines[2] == "| TTFT avg | 100.0 ms | 90.0 ms | -10.0% |"
    assert lines[-2:] == ["| output tokens/s | 100.0 | 101.0 | +1.0% |", "| requests/s | 20.0 | 20.0 | +0.0% |"]


def test_the_vocabulary_is_written_as_tiktoken_wants_to_find_it(tmp_path):
    aiperf.vocabulary(tmp_path)
    (file,) = tmp_path.iterdir()
    assert file.name == "fb374d419588a4632f3f557e76b4b70aebbca790"
    # the hash in tiktoken_ext/openai_public.py
    assert hashlib.sha256(file.read_bytes()).hexdigest() == (
        "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
    )


def test_without_aiperf_it_is_skipped_with_a_reason(monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("AIPERF", raising=False)
    assert aiperf.main([]) == 0
    assert "skipped: aiperf is not on PATH" in capsys.readouterr().out


# -- requests and the baseline


def test_varied_chats_are_whole_requests_and_never_the_same():
    sent = list(itertools.islice(requests.chats(), 600))
    assert len(set(sent)) == 600
    for request in sent:
        head, _, body = request.partition(b"\r\n\r\n")
        assert f"Content-Length: {len(body)}".encode() in head.split(b"\r\n")
        assert json.loads(body)["max_tokens"] == 32


def test_identical_chats_are_identical():
    assert len(set(itertools.islice(requests.chats(same=True), 10))) == 1


def test_long_prompts_share_no_text_between_serials():
    one, other = requests.long_prompts(1), requests.long_prompts(2)
    assert one.keys() == other.keys()
    for name, body in one.items():
        assert len(body) > 150_000
        first = [{message["content"] for message in json.loads(each)["messages"][1:]} for each in (body, other[name])]
        assert not first[0] & first[1]


def test_the_baseline_answers_with_as_many_bytes_as_asked():
    assert [len(bare.reply(size)) for size in (300, 712)] == [300, 712]
    assert json.loads(bare.reply(712))["object"] == "chat.completion"


# -- the client


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nx: y\r\n\r\nabcde",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\na\n\n\r\n0\r\n\r\n",
    ],
)
def test_a_reply_is_complete_at_its_last_byte_and_not_before(reply):
    assert [complete(reply[:length]) for length in range(len(reply) + 1)] == [False] * len(reply) + [True]


def test_the_client_counts_what_a_real_server_answers(port):
    plain = drive(port, requests.chats(), 3, count=10)
    assert plain.finished == 10
    assert plain.body_bytes > 10 * 500
    streamed = drive(port, requests.chats(tokens=100, stream=True), 3, count=5)
    assert (streamed.finished, streamed.tokens) == (5, 500)


def test_the_client_refuses_to_count_errors(port):
    with pytest.raises(Refused, match=r"HTTP/1.1 400 .*messages"):
        drive(port, itertools.repeat(requests.post(b'{"model":"gpt-4o"}')), 1, count=1)


def test_the_client_times_every_token_of_paced_streams(port):
    request = requests.post(requests.essay_body(10), "X-Fakeai-Ttft-Ms: 20\r\nX-Fakeai-Itl-Ms: 5\r\n")
    streams = paced(port, request, 4, 0.02)
    assert [len(times) for times in streams] == [10] * 4
    for times in streams:
        assert times == sorted(times)
        assert times[0] >= 0.019
        assert times[-1] >= 0.064


def test_tokens_and_ends_cut_in_pieces_are_counted_once():
    chunk = b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n'
    reply = b"HTTP/1.1 200 OK\r\n\r\n" + b"%x\r\n%b\r\n" % (len(chunk), chunk) * 3 + b"0\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer():
            sock, _ = listening.accept()
            with sock:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.recv(1000)
                for at in range(len(reply)):
                    sock.sendall(reply[at : at + 1])
                sock.recv(1)  # stays open until the client has seen the end

        serving = threading.Thread(target=answer)
        serving.start()
        (times,) = paced(listening.getsockname()[1], b"GET / HTTP/1.1\r\n\r\n", 1, 0.0)
        serving.join()
    assert len(times) == 3
