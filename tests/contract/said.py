"""Run as a program: answers of every kind from a fresh process, as one JSON text; by a server with a seed and by one without."""

import json
import sys

from contract.varied import SEA, VARIED
from fakeai.testing import FakeAI

OTHERS = {
    "completions": {"model": "gpt-3.5-turbo-instruct", "prompt": ["The sea", "is"], "n": 2, "logprobs": 2, "seed": 3},
    "embeddings": {"model": "text-embedding-3-small", "input": ["The sea is blue.", "Das Meer"]},
    "moderations": {"input": ["I will kill you.", "calm"]},
    "decisions": {
        "model": "gpt-6-luna",
        "input": "The sea is blue.",
        "questions": [{"type": "choice", "instructions": "Which?", "choices": [{"value": "a"}, {"value": "b"}]}],
    },
}


def said(**settings: int) -> dict[str, str]:
    import httpx

    found = {}
    with FakeAI(**settings) as fake, httpx.Client(transport=fake.transport(), base_url="http://fakeai/v1") as door:
        for number, (name, asked) in enumerate(VARIED.items()):
            asked = {"model": "gpt-4o-mini", "messages": SEA, "seed": 3, **asked}
            if number % 2:
                asked["stream"] = True
            else:
                asked.pop("stream_options", None)
            found[name] = door.post("/chat/completions", json=asked).text
        for name, asked in OTHERS.items():
            found[name] = door.post(f"/{name}", json=asked).text
        found["models"] = door.get("/models").text
    return found


if __name__ == "__main__":
    json.dump({"seeded": said(seed=42), "unseeded": said()}, sys.stdout)
