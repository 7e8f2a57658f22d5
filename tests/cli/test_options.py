"""Settings from `--set` and flags."""

import pytest
import typer

from fakeai.cli.options import fail, read_settings


def test_assignments_set_anything_by_name():
    settings = read_settings(None, ["server.max_body_bytes=1KiB", "seed = 3", "latency.models.gpt-4.1.ttft=a=b"])
    assert settings.server.max_body_bytes == 1024
    assert settings.seed == 3
    assert settings.latency.models["gpt-4.1"].ttft == "a=b"


def test_a_flag_beats_an_assignment_and_one_not_given_does_not():
    settings = read_settings(None, ["seed=3", "server.port=1"], {"seed": 4, "server.port": None})
    assert (settings.seed, settings.server.port) == (4, 1)


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("server.port", "--set takes NAME=VALUE, not 'server.port'"),
        ("server.prot=1", "unknown setting 'server.prot' on the command line; did you mean 'server.port'?"),
        ("server.port=x", "server.port from command line: "),
    ],
)
def test_a_wrong_assignment_ends_with_status_2(capsys, assignment, said):
    with pytest.raises(typer.Exit) as end:
        read_settings(None, [assignment])
    assert end.value.exit_code == 2
    assert said in capsys.readouterr().err


def test_each_line_of_a_reason_says_who_speaks(capsys):
    assert fail("one\ntwo", 7).exit_code == 7
    assert capsys.readouterr().err == "fakeai: one\nfakeai: two\n"
