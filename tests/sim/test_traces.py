"""Traces of all formats: what is read, what is refused, and the keys that blocks get."""

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.sim import traces
from fakeai.sim.trace_tables import MAX_TOKENS
from fakeai.sim.traces import Broken, Row, TraceError, keys_of, read

MOONCAKE = [
    {"timestamp": 1500, "input_length": 1200, "output_length": 5, "hash_ids": [7, 8, 9]},
    {"timestamp": 500, "input_length": 512, "output_length": 2, "hash_ids": [7]},
]


def write(tmp_path, *lines, name="trace"):
    file = tmp_path / name
    file.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n", "utf-8")
    return file


def test_mooncake_is_in_milliseconds_and_sorted_from_zero(tmp_path):
    trace = read(write(tmp_path, *MOONCAKE))
    assert (trace.format, trace.block_size) == ("mooncake", 512)
    assert trace.rows == [Row(0.0, 512, 2, [7]), Row(1.0, 1200, 5, [7, 8, 9])]


def test_bailian_is_in_seconds_with_blocks_of_16(tmp_path):
    line = {"chat_id": 1, "parent_chat_id": -1, "timestamp": 61.5, "input_length": 40, "output_length": 3,
            "type": "text", "turn": 1, "hash_ids": [1, 2, 3]}  # fmt: skip
    trace = read(write(tmp_path, line, {**line, "timestamp": 62.0}))
    assert (trace.format, trace.block_size) == ("bailian", 16)
    assert [row.at for row in trace.rows] == [0.0, 0.5]


def test_llmservingsim_takes_nanoseconds_or_the_records_of_its_runs(tmp_path):
    asked = {"input_toks": 5, "output_toks": 2, "arrival_time_ns": 2_500_000_000, "input_tok_ids": [1, 2, 3, 4, 5]}
    assert read(write(tmp_path, asked, {**asked, "arrival_time_ns": 0})).rows[1] == Row(2.5, 5, 2, (), [1, 2, 3, 4, 5])
    measured = {"request_id": "a", "input_toks": 5, "output_toks": 2, "arrival_time": 100.0, "queued_ts": 3.0}
    assert [row.at for row in read(write(tmp_path, measured, {**measured, "arrival_time": 101.0})).rows] == [0.0, 1.0]


def test_a_journal_has_the_fields_of_our_events(tmp_path):
    line = {"arrived": 10.0, "prompt": 64, "completion": 8, "cached": 16, "reason": "stop", "first_token": 10.5}
    trace = read(write(tmp_path, line))
    assert (trace.format, trace.rows) == ("journal", [Row(0.0, 64, 8)])


def test_a_servers_journal_counts_in_epoch_seconds_and_says_how_long_blocks_are(tmp_path):
    first = {"arrived": 500.0, "unix": 1.7e9, "prompt": 64, "completion": 8}
    later = {**first, "arrived": 1.5, "unix": 1.7e9 + 60.5, "blocks": [7, 2**64 - 1], "block_size": 32}
    trace = read(write(tmp_path, first, later))
    assert trace.block_size == 32
    assert trace.rows == [Row(0.0, 64, 8), Row(60.5, 64, 8, [7, 2**64 - 1])]
    assert read(write(tmp_path, first)).block_size == 16
    assert read(write(tmp_path, later), block_size=8).block_size == 8


def test_requests_that_came_to_nothing_are_no_requests_of_a_journal(tmp_path):
    line = {"arrived": 10.0, "prompt": 64, "completion": 8}
    trace = read(
        write(tmp_path, line, {**line, "completion": 0, "reason": "abort"}, {**line, "completion": -1}), "", True
    )
    assert trace.rows == [Row(0.0, 64, 8)]
    assert trace.broken == [Broken(3, f"completion must be a whole number from 1 to {MAX_TOKENS}, not -1")]


def test_the_time_that_is_wrong_is_named(tmp_path):
    line = {"arrived": 10.0, "prompt": 64, "completion": 8}
    trace = read(write(tmp_path, line, {**line, "arrived": "x"}, {**line, "unix": -1}), skip_broken=True)
    assert [each.reason for each in trace.broken] == [
        "arrived must be a number from 0 on, not 'x'",
        "unix must be a number from 0 on, not -1",
    ]


@pytest.mark.parametrize(
    ("format", "lines", "rows"),
    [
        (
            "azure",
            ["TIMESTAMP,ContextTokens,GeneratedTokens", "2023-11-16 18:17:03.9799600,4808,10",
             "2023-11-16 18:17:04.2299600,3180,8"],
            [(0.0, 4808, 10), (0.25, 3180, 8)],
        ),
        (
            "azure",
            ["TIMESTAMP,ContextTokens,GeneratedTokens", "2024-05-10 00:00:00.009930+00:00,2162,5",
             "2024-05-10 00:00:01.009930+00:00,2399,6"],
            [(0.0, 2162, 5), (1.0, 2399, 6)],
        ),
        (
            "burstgpt",
            ["Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type", "5,ChatGPT,472,18,490,Conversation log",
             '45,"GPT-4, old",1087,230,1317,Conversation log'],
            [(0.0, 472, 18), (40.0, 1087, 230)],
        ),
        (
            "splitwise",
            ["request_id,request_type,application_id,arrival_timestamp,batch_size,prompt_size,token_size",
             "0,2,0,0.5,1,374,44", "1,2,0,1.5,1,396,109"],
            [(0.0, 374, 44), (1.0, 396, 109)],
        ),
    ],
)  # fmt: skip
def test_tables_are_told_by_their_columns(tmp_path, format, lines, rows):
    trace = read(write(tmp_path, *lines))
    assert trace.format == format
    assert [row[1:3] for row in trace.rows] == [row[1:] for row in rows]
    assert [row.at for row in trace.rows] == pytest.approx([row[0] for row in rows], abs=1e-6)


def test_columns_may_come_in_another_order_and_with_windows_line_ends(tmp_path):
    file = tmp_path / "t.csv"
    file.write_bytes(b"\xef\xbb\xbfGeneratedTokens,TIMESTAMP,ContextTokens\r\n7,2023-11-16 18:17:03,9\r\n")
    assert read(file).rows == [Row(0.0, 9, 7)]


def test_a_compressed_file_is_read_whatever_its_name(tmp_path):
    plain = write(tmp_path, *MOONCAKE)
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert read(packed).rows == read(plain).rows
    packed.write_bytes(gzip.compress(plain.read_bytes())[:-20])
    with pytest.raises(TraceError, match="packed: "):
        read(packed)


def test_a_broken_line_stops_with_its_number_and_reason(tmp_path):
    file = write(tmp_path, MOONCAKE[0], "", "{", {**MOONCAKE[0], "input_length": 0}, MOONCAKE[1])
    with pytest.raises(TraceError) as raised:
        read(file)
    told = str(raised.value).splitlines()
    assert told[0].startswith(f"{file}: line 3: not JSON: ")
    assert told[1] == f"{file}: line 4: input_length must be a whole number from 1 to 16777216, not 0"
    assert told[2] == "2 of its lines are not mooncake; --skip-broken leaves them out"


def test_broken_lines_can_be_left_out_and_are_told(tmp_path):
    lines = [MOONCAKE[0], *["x"] * 7, MOONCAKE[1]]
    trace = read(write(tmp_path, *lines), skip_broken=True)
    assert len(trace.rows) == 2
    assert [each.line for each in trace.broken] == [2, 3, 4, 5, 6, 7, 8]
    told = traces.describe(trace.broken).splitlines()
    assert told[0].startswith("line 2: not JSON")
    assert told[-1] == "… and 2 more"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"timestamp": -1}, "timestamp must be a number from 0 on, not -1"),
        ({"timestamp": "1"}, "timestamp must be a number from 0 on, not '1'"),
        ({"timestamp": True}, "timestamp must be a number from 0 on, not True"),
        ({"output_length": 0}, "output_length must be a whole number from 1 to 16777216, not 0"),
        ({"output_length": 1.5}, "output_length must be a whole number from 1 to 16777216, not 1.5"),
        ({"output_length": None}, "output_length must be a whole number from 1 to 16777216, not None"),
        ({"hash_ids": [1, "2"]}, "hash_ids must be a list of whole numbers"),
        ({"hash_ids": 5}, "hash_ids must be a list of whole numbers"),
    ],
)
def test_each_figure_is_checked(tmp_path, change, reason):
    trace = read(write(tmp_path, MOONCAKE[0], {**MOONCAKE[0], **change}), skip_broken=True)
    assert trace.broken == [Broken(2, reason)]


def test_missing_fields_and_other_values_are_broken_lines(tmp_path):
    lines = [MOONCAKE[0], {"timestamp": 1, "input_length": 5}, {"input_length": 5, "output_length": 1}, [1], 5, "null"]
    trace = read(write(tmp_path, *lines), skip_broken=True)
    assert [each.reason for each in trace.broken] == [
        "output_length is missing", "timestamp is missing", *["not an object with the format's fields"] * 3
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("yesterday,1,1", "timestamp is 'yesterday', no time"),
        ("2023-11-16 18:17:03,,1", "'' is no number of tokens"),
        ("2023-11-16 18:17:03,5,0", "0 tokens, where 1 to 16777216 can be"),
        ("2023-11-16 18:17:03", "has 1 cells, not 3"),
    ],
)
def test_lines_of_tables_are_checked(tmp_path, line, reason):
    file = write(tmp_path, "TIMESTAMP,ContextTokens,GeneratedTokens", "2023-11-16 18:17:03,1,1", line)
    assert read(file, skip_broken=True).broken == [Broken(3, reason)]


def test_the_first_line_may_be_broken(tmp_path):
    assert read(write(tmp_path, "{oops", *MOONCAKE), skip_broken=True).format == "mooncake"


def test_a_format_can_be_forced(tmp_path):
    with pytest.raises(TraceError, match="arrived is missing"):
        read(write(tmp_path, *MOONCAKE), format="journal")
    with pytest.raises(TraceError, match="has no column timestamp"):
        read(write(tmp_path, "a,b", "1,2"), format="azure")
    with pytest.raises(TraceError, match="no trace format; there are bailian, mooncake"):
        read(write(tmp_path, *MOONCAKE), format="moon")


@pytest.mark.parametrize("text", ["", "\n\n", "hello\nworld\n", '{"a": 1}\n'])
def test_what_is_no_trace_is_refused_with_what_is_accepted(tmp_path, text):
    file = tmp_path / "t"
    file.write_text(text)
    with pytest.raises(TraceError, match="--format takes bailian, mooncake, llmservingsim, journal, azure"):
        read(file)


def test_a_trace_without_requests_is_refused(tmp_path):
    with pytest.raises(TraceError, match="has no requests"):
        read(write(tmp_path, "TIMESTAMP,ContextTokens,GeneratedTokens"))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(TraceError, match=r"nowhere\.jsonl: No such file"):
        read(tmp_path / "nowhere.jsonl")


# -- keys


def test_blocks_of_the_traces_size_keep_their_keys_but_for_a_partial_one():
    assert keys_of(Row(0.0, 1200, 1, [7, 8, 9]), 512, 512) == [7, 8]
    assert keys_of(Row(0.0, 1536, 1, [7, 8, 9]), 512, 512) == [7, 8, 9]


def test_smaller_blocks_are_parts_of_the_traces_as_far_as_the_prompt_fills_them():
    keys = keys_of(Row(0.0, 1200, 1, [7, 8, 9]), 512, 128)
    assert keys == [28, 29, 30, 31, 32, 33, 34, 35, 36]  # 9 × 128 = 1152; 1200 begins a tenth


def test_larger_blocks_are_named_by_the_last_of_theirs():
    assert keys_of(Row(0.0, 70, 1, [1, 2, 3, 4, 5]), 16, 32) == [2, 4]


def test_blocks_that_do_not_fit_the_traces_are_refused():
    with pytest.raises(ValueError, match="blocks of 48 are neither a part nor a multiple"):
        keys_of(Row(0.0, 600, 1, [1, 2]), 512, 48)


def test_a_trace_may_have_fewer_keys_than_blocks():
    assert keys_of(Row(0.0, 5000, 1, [1, 2]), 512, 512) == [1, 2]
    assert keys_of(Row(0.0, 5000, 1, [1]), 512, 256) == [2, 3]


@given(
    st.lists(st.integers(0, 3), max_size=40), st.lists(st.integers(0, 3), max_size=40), st.sampled_from([1, 2, 4, 8])
)
def test_keys_of_tokens_are_equal_as_far_as_the_prompts_are(one, other, block):
    first, second = (list(keys_of(Row(0.0, len(ids), 1, (), ids), 0, block)) for ids in (one, other))
    shared = 0
    while shared < min(len(one), len(other)) and one[shared] == other[shared]:
        shared += 1
    same = [a == b for a, b in zip(first, second, strict=False)]
    assert len(first) == len(one) // block
    assert same == [place < shared // block for place in range(len(same))]


@given(st.lists(st.integers(0, 50), min_size=1, max_size=8), st.data())
def test_smaller_blocks_share_what_the_traces_blocks_share(keys, data):
    prompt = data.draw(st.integers(1, len(keys) * 64))
    fine = keys_of(Row(0.0, prompt, 1, keys), 64, 16)
    assert len(fine) == prompt // 16
    assert [key // 4 for key in fine[::4]] == keys[: -(-len(fine) // 4)]
