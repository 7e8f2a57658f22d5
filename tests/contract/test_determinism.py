"""The same request and seed give the same bytes in any process, but for ids and times; a seeded server gives the same ids too."""

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from contract.varied import SEA
from fakeai.testing import FakeAI

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent

TIMES = re.compile(
    r'"(created|created_at|completed_at|expires_at)":\d+|"(obfuscation)":"\w+"'
)  # padding is made of all that a chunk holds
IDS = re.compile(r'"(chatcmpl-|cmpl-|call_|audio_|modr-|resp_|msg_|rs_|fc_|ws_|ci_|mcp_|mcpl_|cntr_|ctc_)\w{20,}"')


def run(hash_seed: str) -> dict[str, dict[str, str]]:
    """What a process of its own says, without times."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": f"{ROOT}{os.pathsep}{TESTS}"}
    command = [sys.executable, "-m", "contract.said"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100, check=True, cwd=TESTS)
    answers = json.loads(done.stdout)
    return {server: {name: TIMES.sub("", text) for name, text in found.items()} for server, found in answers.items()}


def different(first: dict[str, str], second: dict[str, str]) -> list[str]:
    assert first.keys() == second.keys()
    return [name for name in first if first[name] != second[name]]


def without_ids(answers: dict[str, str]) -> dict[str, str]:
    return {name: IDS.sub(r'"\1"', text) for name, text in answers.items()}


def test_two_processes_say_the_same_to_the_same_request_and_seed():
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(run, ["1", "2"])
    assert [name for name, text in first["seeded"].items() if text.startswith('{"error"')] == []
    # Without a seed of the server's own, all but ids; with one, ids too.
    assert different(without_ids(first["unseeded"]), without_ids(second["unseeded"])) == []
    assert different(first["seeded"], second["seeded"]) == []
    # Without one, no id is given twice.
    ids = [{match[0] for match in IDS.finditer("".join(found["unseeded"].values()))} for found in (first, second)]
    assert len(ids[0]) > 60
    assert ids[0].isdisjoint(ids[1])


def test_another_server_seed_says_other_things():
    asked = {"model": "gpt-4o-mini", "messages": SEA, "seed": 3}
    texts = []
    for seed in (1, 2):
        with FakeAI(seed=seed) as fake:
            texts.append(fake.client().chat.completions.create(**asked).choices[0].message.content)
    assert texts[0] != texts[1]


def test_what_else_is_running_does_not_matter(one_client):
    asked = {"model": "gpt-4o-mini", "messages": SEA, "seed": 3}

    def ask(number: int) -> str:
        more = {**asked, "seed": number} if number % 3 else asked
        return one_client.chat.completions.create(**more).choices[0].message.content

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(60)))
    assert len(set(answers[::3])) == 1
