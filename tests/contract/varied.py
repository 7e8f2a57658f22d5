"""Chat requests of every kind: what the fold, the document and determinism are tested with."""

import base64
import io
import wave
from typing import Any

from contract import media_steps

SEA = [{"role": "user", "content": "Tell me about the sea."}]
BOMB = [{"role": "user", "content": "How do I build a pipe bomb?"}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
CITIES = [{"role": "user", "content": "What is the weather in Paris, Rome and Oslo?"}]
CUSTOM = {
    "type": "custom",
    "custom": {
        "name": "steer",
        "format": {"type": "grammar", "grammar": {"syntax": "regex", "definition": "go (left|right)"}},
    },
}
SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "array", "items": {"type": "string"}}, "b": {"type": "number"}},
    "required": ["a", "b"],
    "additionalProperties": False,
}
STRICT = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True}}
SPOKEN = {
    "model": "gpt-4o-audio-preview",
    "modalities": ["text", "audio"],
    "audio": {"voice": "alloy", "format": "pcm16"},
}
TURNS = [
    {"role": "system", "content": "You answer in one sentence."},
    *CITIES,
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'}}
        ],
    },
    {"role": "tool", "tool_call_id": "call_1", "content": '{"degrees": 18}'},
]


def png() -> str:
    return "data:image/png;base64," + base64.b64encode(media_steps.png(640, 480)).decode()


def wav() -> str:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(16_000))
    return base64.b64encode(out.getvalue()).decode()


def shown(*parts: Any) -> list[Any]:
    return [{"role": "user", "content": [{"type": "text", "text": "What is this?"}, *parts]}]


VARIED: dict[str, dict[str, Any]] = {
    "plain": {},
    "developer": {"messages": [{"role": "developer", "content": "Be kind."}, *SEA]},
    "n": {"n": 3},
    "n cut": {"n": 4, "max_tokens": 7},
    "greedy": {"temperature": 0, "n": 2},
    "hot": {"temperature": 2, "top_p": 0.3, "presence_penalty": 1, "frequency_penalty": -1},
    **{f"cut at {limit}": {"max_tokens": limit} for limit in (1, 2, 3, 10, 33)},
    "stop": {"stop": "."},
    "stops": {"stop": ["\n", ","], "n": 2},
    "stop and cut": {"stop": ["sea"], "max_tokens": 20},
    "logprobs": {"logprobs": True},
    "top logprobs": {"logprobs": True, "top_logprobs": 7, "max_tokens": 15, "n": 2},
    "logprobs of json": {"logprobs": True, "top_logprobs": 2, "response_format": STRICT},
    "banned": {"logit_bias": {"290": -100, "13": -100}},
    "forced": {"logit_bias": {"13": 100}, "max_tokens": 6},
    "json object": {
        "messages": [{"role": "user", "content": "JSON about the sea"}],
        "response_format": {"type": "json_object"},
    },
    "schema": {"response_format": STRICT},
    "schema cut": {"response_format": STRICT, "max_tokens": 5},
    "schema twice": {"response_format": STRICT, "n": 2},
    "text format": {"response_format": {"type": "text"}},
    "tool": {"messages": CITIES, "tools": [WEATHER], "parallel_tool_calls": False},
    "tools at once": {"messages": CITIES, "tools": [WEATHER]},
    "tools twice": {"messages": CITIES, "tools": [WEATHER], "n": 2},
    "tools none": {"messages": CITIES, "tools": [WEATHER], "tool_choice": "none"},
    "tools required": {"tools": [WEATHER], "tool_choice": "required"},
    "tool named": {
        "tools": [WEATHER, CUSTOM],
        "tool_choice": {"type": "function", "function": {"name": "get_weather"}},
    },
    "tool cut": {"messages": CITIES, "tools": [WEATHER], "tool_choice": "required", "max_tokens": 10},
    "custom tool": {"tools": [CUSTOM], "tool_choice": "required"},
    "custom and function": {
        "messages": [{"role": "user", "content": "steer right and get_weather in Rome"}],
        "tools": [CUSTOM, WEATHER],
        "tool_choice": "required",
    },
    "tool results": {"messages": TURNS, "tools": [WEATHER]},
    "functions": {"messages": CITIES, "functions": [WEATHER["function"]]},
    "function named": {"functions": [WEATHER["function"]], "function_call": {"name": "get_weather"}},
    "o-series": {"model": "o4-mini"},
    "o-series cut in thought": {"model": "o3", "reasoning_effort": "high", "max_completion_tokens": 30},
    "o-series n": {"model": "o1", "n": 2},
    "o-series tool": {"model": "o4-mini", "messages": CITIES, "tools": [WEATHER]},
    "gpt-5 minimal": {"model": "gpt-5", "reasoning_effort": "minimal", "verbosity": "low"},
    "gpt-5 high": {"model": "gpt-5-mini", "reasoning_effort": "high", "verbosity": "high"},
    "gpt-oss": {"model": "gpt-oss-20b"},
    "deepseek": {"model": "deepseek-reasoner"},
    "deepseek cut in thought": {"model": "deepseek-reasoner", "max_tokens": 4},
    "deepseek n": {"model": "deepseek-reasoner", "n": 2, "max_tokens": 120},
    "unknown model": {"model": "my-own-model"},
    "prediction": {"prediction": {"type": "content", "content": "x = 1\ny = 2\n"}},
    "prediction edited": {
        "messages": [{"role": "user", "content": "rename x to z"}],
        "prediction": {"type": "content", "content": "x = 1\ny = 2\n"},
    },
    "image": {"messages": shown({"type": "image_url", "image_url": {"url": png()}})},
    "link": {
        "messages": shown({"type": "image_url", "image_url": {"url": "https://example.com/a.jpg", "detail": "low"}})
    },
    "sound": {
        "model": "gpt-4o-audio-preview",
        "messages": shown({"type": "input_audio", "input_audio": {"data": wav(), "format": "wav"}}),
    },
    "file": {
        "messages": shown(
            {"type": "file", "file": {"filename": "a.txt", "file_data": "data:text/plain;base64,SGVsbG8="}}
        )
    },
    "spoken": SPOKEN,
    "spoken twice": {**SPOKEN, "n": 2},
    "spoken without a word": {**SPOKEN, "stop": "{", "response_format": STRICT},
    "declined": {"messages": BOMB},
    "declined with a schema": {"messages": BOMB, "response_format": STRICT},
    "web search": {"model": "gpt-4o-search-preview", "web_search_options": {}},
    "tier": {"service_tier": "priority"},
    "stored": {"store": True, "metadata": {"a": "b"}},
    "obfuscated": {"stream_options": {"include_usage": True, "include_obfuscation": True}},
    "code": {"messages": [{"role": "user", "content": "Write a Python function that adds numbers."}]},
    "emoji": {"messages": [{"role": "user", "content": "Say exactly: 🧜🏽‍♀️ naïve 日本語 👩‍👩‍👧"}]},
    "german": {"messages": [{"role": "user", "content": "Erzähl mir etwas über das Meer."}]},
    "chinese": {"messages": [{"role": "user", "content": "请告诉我关于大海的事情。"}], "max_tokens": 25},
    "empty": {"messages": [{"role": "user", "content": ""}]},
    "small talk": {"messages": [{"role": "user", "content": "hi"}], "tools": [WEATHER]},
}
