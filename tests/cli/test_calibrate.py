"""`fakeai calibrate`: a server's profile from the command line to the file, and what it refuses."""

import socket
import sys

import httpx
import pytest

from fakeai.cli import calibrate
from fakeai.cli.measuring import Asker, Plan, measure
from fakeai.cli.program import run
from fakeai.sim.tables import Linear, dump_profile, load_profile
from fakeai.sim.types import StepShape
from fakeai.testing import FakeAI, run_virtual
from tests.sim.asked import asked

STEADY = Linear(0.008, 1e-4, 2e-8, 5e-5, 1e-10)
QUICK = ("--concurrency", "1,2,4", "--prompt", "32,96", "--output", "8", "--requests-per-point", "4")


@pytest.fixture(scope="module")
def fake():
    with FakeAI(ttft="20", itl="4") as made:
        yield made


def arguments(fake, *more):
    return ["calibrate", "--base-url", f"{fake.url}/v1", "--model", "gpt-4o-mini", *QUICK, *more]


def test_a_profile_of_a_server_has_its_latencies(fake, tmp_path, capsys):
    out = tmp_path / "profile.toml"
    assert run(arguments(fake, "--out", str(out))) == 0
    told = capsys.readouterr()
    assert told.err.count("concurrency ") == 6
    assert "concurrency 4, prompt 96: TTFT" in told.err
    assert told.out.count("held out") == 2 + 1  # two points, and the line that sums them up
    assert f"{out} is written" in told.out
    text = out.read_text()
    assert f"# Fitted by fakeai calibrate to gpt-4o-mini at {fake.url}/v1" in text
    assert "# held out: 2 points" in text
    timing = load_profile(out)
    assert timing.seconds(StepShape(1, 70)) == pytest.approx(0.004, rel=0.25)  # a real socket, on a busy machine
    assert [each.name for each in tmp_path.iterdir()] == ["profile.toml"]


def test_points_aside_are_predicted_from_the_others():
    points = [asked(STEADY, users, prompt, 32, overhead_s=0.003) for users in (1, 2, 4, 8) for prompt in (64, 512)]
    found = calibrate.calibration(points, [4])
    held = [row for row in found.rows if row.held_out]
    assert [row.users for row in held] == [4, 4]
    assert all(abs(row.ttft_error) < 0.02 and abs(row.tpot_error) < 0.01 for row in held)
    assert "held out: 2 points" in found.text()


def test_what_is_held_out_can_be_said(fake, tmp_path, capsys):
    out = tmp_path / "profile.json"
    assert run(arguments(fake, "--hold-out", "none", "--out", str(out))) == 0
    assert "held out: no points" in capsys.readouterr().out
    load_profile(out)


def test_by_default_every_second_one_between_is_held_out():
    assert calibrate._aside([1, 2, 4, 8, 16, 32], "") == [4, 16]
    assert calibrate._aside([1, 4, 16], "") == [4]
    assert calibrate._aside([1, 8], "") == []
    assert calibrate._aside([1, 2, 4], " 2 , 4") == [2, 4]


def test_a_model_of_a_directory_is_served_for_the_occasion():
    source = calibrate.Source("", "", path="dir", device="cpu")
    assert source.name == "the model of dir"
    with calibrate.serving(calibrate.Source("http://127.0.0.1:1/v1", "m"), Plan([1], [1], 2)) as url:
        assert url == ""


def test_nobody_there_ends_with_a_reason_and_no_file(tmp_path, capsys):
    out = tmp_path / "profile.toml"
    with socket.socket() as bound:  # bound, but not listening: connections are refused
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/v1"
        assert run(["calibrate", "--base-url", url, "--model", "m", "--out", str(out)]) == 1
    assert "does not answer" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_an_unknown_model_ends_with_a_reason(tmp_path, capsys):
    with FakeAI(strict_models=True) as strict:
        line = ["calibrate", "--base-url", f"{strict.url}/v1", "--model", "nobody", "--out", str(tmp_path / "p.toml")]
        assert run(line) == 1
    error = capsys.readouterr().err
    assert "no such model" in error
    assert "nobody" in error


def test_too_little_time_ends_with_a_reason(fake, tmp_path, capsys, monkeypatch):
    async def nothing(*_):
        return []

    monkeypatch.setattr(calibrate, "measured", nothing)
    assert run(arguments(fake, "--out", str(tmp_path / "p.toml"))) == 1
    assert "concurrency of 1" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_stopped_by_hand_it_leaves_no_file(fake, tmp_path, capsys, monkeypatch):
    async def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(calibrate, "measured", stopped)
    assert run(arguments(fake, "--out", str(tmp_path / "p.toml"))) == 130
    assert "nothing is written" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_file_that_cannot_be_replaced_is_left_as_it_was(tmp_path):
    old = tmp_path / "p.toml"
    old.write_text("old")
    calibrate._write(old, "new")
    assert old.read_text() == "new"
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(Exception) as caught:  # typer's own way to end
        calibrate._write(tmp_path / "folder.toml", "new")
    assert caught.value.exit_code == 1
    assert sorted(each.name for each in tmp_path.iterdir()) == ["folder.toml", "p.toml"]


SERVER = ("--base-url", "http://127.0.0.1:1/v1", "--model", "m")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ((), "give --base-url and --model, or --model-path"),
        (("--base-url", "http://127.0.0.1:1/v1"), "give --base-url and --model"),
        ((*SERVER, "--model-path", "."), "or --model-path alone"),
        ((*SERVER, "--concurrency", "1,zero"), "--concurrency takes whole numbers from 1 to 4,096"),
        ((*SERVER, "--concurrency", "5000"), "--concurrency takes whole numbers"),
        ((*SERVER, "--prompt", ""), "--prompt takes whole numbers"),
        ((*SERVER, "--prompt", "0"), "--prompt takes whole numbers"),
        ((*SERVER, "--hold-out", "1"), "--hold-out takes some of 2,4,8,16,32 or none"),
        ((*SERVER, "--hold-out", "3"), "--hold-out takes some of"),
        ((*SERVER, "--engine", "tgi"), "--engine takes one of vllm, sglang"),
        ((*SERVER, "--out", "profile.yaml"), "ends in .toml or .json"),
        ((*SERVER, "--out", "no/such/place/profile.toml"), "cannot be written"),
        ((*SERVER, "--output", "1"), "--output"),
        ((*SERVER, "--max-seconds", "0"), "--max-seconds"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_measured(line, said, capsys):
    assert run(["calibrate", *line]) == 2
    assert said in capsys.readouterr().err
    assert sys.exc_info()[0] is None


def served(profile, plan):
    """The points of a plan, measured over HTTP of a cluster with that profile, in virtual time."""

    async def main():
        async with FakeAI({"cluster.gpu": "h100", "cluster.timing": str(profile), "seed": 1}) as fake:
            transport = fake.async_transport(httpx)
            async with httpx.AsyncClient(transport=transport, base_url="http://fakeai/v1") as client:
                return await measure(Asker(client, "gpt-4o-mini", 1), plan, 3600.0, lambda _: None)

    return run_virtual(main())


def test_a_served_cluster_is_found_again_and_its_profile_serves_alike(tmp_path):
    known = tmp_path / "known.json"
    known.write_text(dump_profile(STEADY))
    plan = Plan([1, 2, 4, 8], [64, 512], 24)
    points = served(known, plan)
    found = calibrate.calibration(points, [4])
    for shape in (StepShape(1, 300), StepShape(6, 3000), StepShape(0, 0, 400, 80_200, 1, 1)):
        assert found.choice.timing.seconds(shape) == pytest.approx(STEADY.seconds(shape), rel=0.03)
    assert all(abs(row.ttft_error) < 0.03 and abs(row.tpot_error) < 0.01 for row in found.rows if row.held_out)
    ours = tmp_path / "ours.toml"
    ours.write_text(found.profile(ours, ["known"]))
    for before, after in zip(points, served(ours, plan), strict=True):
        assert after.ttft_s == pytest.approx(before.ttft_s, rel=0.05)
        assert after.tpot_s == pytest.approx(before.tpot_s, rel=0.02)


def test_a_real_model_is_served_and_measured(tmp_path, capfd, monkeypatch):
    pytest.importorskip("torch", reason="needs the extra 'transformers'")
    pytest.importorskip("transformers", reason="needs the extra 'transformers'")
    from tests.contract.tiny import save_chat

    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    model, out = save_chat(tmp_path / "model"), tmp_path / "profile.toml"
    line = [
        "--concurrency",
        "1,2",
        "--prompt",
        "96,192",
        "--output",
        "16",
        "--requests-per-point",
        "4",
        "--out",
        str(out),
    ]
    assert run(["calibrate", "--model-path", str(model), "--device", "cpu", *line]) == 0
    told = capfd.readouterr()
    assert "loading the model" in told.err
    assert "closest to the engine transformers with 512 tokens a step" in told.out
    assert load_profile(out).seconds(StepShape(1, 100)) > 0.0


def test_a_model_that_cannot_be_loaded_ends_with_a_reason(tmp_path, capfd):
    pytest.importorskip("transformers", reason="needs the extra 'transformers'")
    line = ["calibrate", "--model-path", str(tmp_path), "--out", str(tmp_path / "p.toml")]
    assert run(line) == 1
    assert str(tmp_path) in capfd.readouterr().err
