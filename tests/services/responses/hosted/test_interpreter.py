"""Programs are written piece by piece, worked out, and their files are put into the container."""

import pytest

from fakeai.core.generation import ToolStart
from fakeai.services.programs import Given
from fakeai.services.responses.hosted import interpreter
from fakeai.services.responses.hosted.interpreter import Desk, Made

from .conftest import CarryOut, made

PLOT = "plt.savefig('/mnt/data/a.png')\nprint('done')"


def desk(log):
    async def ready():
        log.append("ready")

    async def files():
        return [Given(("/mnt/data/a.csv",), "a.csv", read)]

    async def read(size):
        return b"n\n4\n5\n"[:size]

    async def put(ran):
        log.append(ran.files)
        return [Made(f"cfile_{name}", name, b"\x89PNG", "image/png") for name in ran.files]

    return Desk("cntr_1", ready, files, put)


@pytest.mark.parametrize("outputs", [True, False])
async def test_a_program_is_run_in_its_container(carry_out: CarryOut, outputs):
    log = []
    call, told = await carry_out(await interpreter.offer(made("ci_1"), desk(log), outputs=outputs), PLOT)
    assert told == [
        "code_interpreter_call.in_progress",
        "code_interpreter_call_code.done",
        "code_interpreter_call.interpreting",
        "code_interpreter_call.completed",
    ]
    assert log == ["ready", ("a.png",)]
    assert (call.item["code"], call.item["container_id"], call.result) == (PLOT, "cntr_1", "done\n")
    assert call.citations[0]["file_id"] == "cfile_a.png"
    shown = [{"type": "logs", "logs": "done\n"}, {"type": "image", "url": "data:image/png;base64,iVBORw=="}]
    assert call.item["outputs"] == (shown if outputs else None)


async def test_code_is_told_while_it_is_written():
    offer = await interpreter.offer(made("ci_1"), desk([]), outputs=False)
    call = offer.opens(ToolStart(0, 0, "c", "code_interpreter", "custom"))
    assert call.typed("print") == {"type": "response.code_interpreter_call_code.delta", "delta": "print"}


async def test_a_program_that_writes_nothing_says_so(carry_out: CarryOut):
    call, _ = await carry_out(await interpreter.offer(made("ci_1"), desk([]), outputs=True), "x = 1")
    assert "written nothing" in call.result


async def test_the_model_is_told_of_files_and_its_programs_read_them(carry_out: CarryOut):
    offer = await interpreter.offer(made("ci_1"), desk([]), outputs=True)
    assert offer.tool.description.endswith("Files of the user: /mnt/data/a.csv is a.csv with columns n.")
    call, _ = await carry_out(offer, "print(open('/mnt/data/a.csv').readlines())")
    assert call.result == "['n\\n', '4\\n', '5\\n']\n"
