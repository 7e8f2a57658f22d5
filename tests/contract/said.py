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
RESPONSES = {
    "plain": {},
    "not kept": {"store": False},
    "thinking": {"model": "o3", "reasoning": {"summary": "auto"}, "include": ["reasoning.encrypted_content"]},
    "listed": {"top_logprobs": 2, "include": ["message.output_text.logprobs"]},
    "function": {"tools": [{"type": "function", "name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "string"}}}, "strict": False}], "tool_choice": "required"},
    "web": {"tools": [{"type": "web_search"}]},
    "mcp": {"tools": [{"type": "mcp", "server_label": "l", "server_url": "https://example.com", "require_approval": "never"}]},
    "code": {"input": "What is 12*37?", "tools": [{"type": "code_interpreter", "container": {"type": "auto"}}]},
    "schema": {"text": {"format": {"type": "json_schema", "name": "s", "schema": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False}}}},
}  # fmt: skip


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
        for name, asked in RESPONSES.items():
            asked = {"model": "gpt-4o-mini", "input": "Tell me about the sea.", "seed": 3, **asked}
            found[f"responses {name}"] = door.post("/responses", json=asked).text
            found[f"responses {name}, again"] = door.post("/responses", json=asked).text
            found[f"responses {name}, streamed"] = door.post("/responses", json={**asked, "stream": True}).text
        found["models"] = door.get("/models").text
    return found


if __name__ == "__main__":
    json.dump({"seeded": said(seed=42), "unseeded": said()}, sys.stdout)
