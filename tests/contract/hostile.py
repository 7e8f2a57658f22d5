"""Bodies nobody should send, by name: what must be refused, and what must only be survived."""

import json
from collections.abc import Iterator
from typing import Any

CHAT = "/v1/chat/completions"
MODEL = "gpt-4o-mini"
SEA = [{"role": "user", "content": "Tell me about the sea."}]


def chat(**asked: Any) -> bytes:
    return json.dumps({"model": MODEL, "messages": SEA, **asked}).encode()


def raw(field: bytes, value: bytes) -> bytes:
    """A chat request with a field written as it is, JSON or not."""
    return b'{"model":"gpt-4o-mini","messages":[{"role":"user","content":"sea"}],"%b":%b}' % (field, value)


def saying(value: bytes) -> bytes:
    return b'{"model":"gpt-4o-mini","messages":[{"role":"user","content":%b}]}' % value


def formed(schema: Any, **more: Any) -> bytes:
    return chat(response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": schema, **more}})


def tooled(schema: Any) -> bytes:
    tool = {"type": "function", "function": {"name": "f", "parameters": schema}}
    return chat(tools=[tool], tool_choice="required")


def grammared(syntax: str, definition: str) -> bytes:
    form = {"type": "grammar", "grammar": {"syntax": syntax, "definition": definition}}
    return chat(tools=[{"type": "custom", "custom": {"name": "c", "format": form}}], tool_choice="required")


def nested(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        schema = {"type": "object", "properties": {"a": schema}, "required": ["a"]}
    return schema


def laughing(levels: int) -> dict[str, Any]:
    """Each definition holds the one before ten times: 10 to the power of `levels` values if followed."""
    defs: dict[str, Any] = {"d0": {"type": "string"}}
    for level in range(1, levels + 1):
        inner = {f"p{n}": {"$ref": f"#/$defs/d{level - 1}"} for n in range(10)}
        defs[f"d{level}"] = {"type": "object", "properties": inner, "required": list(inner)}
    return {"type": "object", "properties": {"a": {"$ref": f"#/$defs/d{levels}"}}, "required": ["a"], "$defs": defs}


def holding(node: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": node}, "required": ["a"]}


NINES = b"9" * 5000

NOT_JSON = {
    "nothing": b"",
    "spaces": b"   ",
    "null": b"null",
    "a number": b"1",
    "a string": b'"hello"',
    "an array": b"[]",
    "half a string": b'{"model":"gp',
    "two documents": chat() + chat(),
    "a comma too many": b'{"model":"gpt-4o-mini",}',
    "single quotes": b"{'model':'gpt-4o-mini'}",
    "a comment": b'{"model":"gpt-4o-mini"/* */}',
    "UTF-16": chat().decode().encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + chat(),
    "Latin-1": saying('"é"'.encode("latin-1")),
    "zero bytes": b"\0" * 1000,
    "a form": b"model=gpt-4o&messages=hi",
    **{f"cut at byte {at}": chat(n=1)[:at] for at in range(1, len(chat(n=1)), 7)},
    "NaN": raw(b"temperature", b"NaN"),
    "Infinity": raw(b"temperature", b"Infinity"),
    "minus Infinity": raw(b"top_p", b"-Infinity"),
    "NaN in a field nobody knows": raw(b"colour", b"[NaN]"),
    "a lone surrogate": saying(rb'"\ud800"'),
    "half a pair of surrogates": saying(rb'"\udc00\ud800"'),
    "a lone surrogate in a key": raw(rb"\ud83d", b"1"),
    "a lone surrogate as model": rb'{"model":"\ud800","messages":[{"role":"user","content":"sea"}]}',
    "unclosed arrays": b'{"model":"gpt-4o","messages":' + b"[" * 100_000,
    "unclosed objects": b'{"a":' * 100_000,
    "deep arrays": raw(b"x", b"[" * 20_000 + b"]" * 20_000),
    "deep objects": raw(b"x", b'{"a":' * 20_000 + b"1" + b"}" * 20_000),
    "deep messages": raw(b"messages", b"[" * 5000 + b"]" * 5000),
}

REFUSED = {
    **NOT_JSON,
    **{f"5,000 digits as {name}": raw(name.encode(), NINES) for name in ("n", "max_tokens", "seed", "top_logprobs", "max_completion_tokens")},
    "minus 5,000 digits": raw(b"seed", b"-" + NINES),
    "5,000 digits in a bias": raw(b"logit_bias", b'{"5":' + NINES + b"}"),
    "5,000 digits as a token id": raw(b"logit_bias", b'{"' + NINES + b'x":1}'),
    "beyond any float": raw(b"temperature", b"1e400"),
    "huge n": chat(n=10**9),
    "negative n": chat(n=-1),
    "negative tokens": chat(max_tokens=-5),
    "negative alternatives": chat(logprobs=True, top_logprobs=-1),
    "negative temperature": chat(temperature=-1),
    "many messages": chat(messages=SEA * 20_000),
    "many wrong messages": chat(messages=[1] * 300_000),
    "many tools": chat(tools=[{"type": "function", "function": {"name": f"f{n}"}} for n in range(20_000)]),
    "many stops": chat(stop=["a"] * 100_000),
    "a long name": chat(messages=[{**SEA[0], "name": "x" * 1_000_000}]),
    "a long model": chat(model="x" * 1_000_000),
    "much metadata": chat(store=True, metadata={str(n): "x" for n in range(50_000)}),
    "a schema that is none": formed(5),
    "a schema of an unknown type": formed({"type": "everything"}),
    "a schema behind http": formed(holding({"$ref": "http://127.0.0.1:9/schema.json"})),
    "a schema behind https": tooled(holding({"$ref": "https://localhost/schema.json#/a"})),
    "a schema in a file": formed(holding({"$ref": "file:///etc/passwd"})),
    "a schema's dynamic reference": formed(holding({"$dynamicRef": "http://127.0.0.1:9/x"})),
    "a schema elsewhere by its id": formed({"$id": "http://127.0.0.1:9/", **holding({"$ref": "other.json"})}),
    "a reference to nowhere": formed(holding({"$ref": "#/$defs/none"})),
    "a reference to itself": formed({"$ref": "#"}),
    "references in a ring": formed({**holding({"$ref": "#/$defs/a"}), "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}),
    "a recursion without an end": formed({**holding({"$ref": "#/$defs/n"}), "$defs": {"n": holding({"$ref": "#/$defs/n"})}}),
    "a deep schema": tooled(nested(90)),
    "a billion laughs": formed(laughing(12)),
    "an array of a billion": formed(holding({"type": "array", "items": {"type": "string"}, "minItems": 10**9})),
    "a string of a billion": formed(holding({"type": "string", "minLength": 10**9})),
    "more at least than at most": formed(holding({"type": "integer", "minimum": 5, "maximum": 4})),
    "nothing allowed": formed(holding({"enum": []})),
    "a schema with nothing but not": formed(holding({"not": {}})),
    "a schema against itself": formed(holding({"allOf": [{"type": "string"}, {"type": "integer"}]})),
    "nothing possible": formed(holding(False)),
    "a bad pattern": formed(holding({"type": "string", "pattern": "(["})),
    "a bad regex": grammared("regex", "(["),
    "an empty regex group reference": grammared("regex", r"(a)\1"),
    "a regex that looks behind": grammared("regex", "(?<=a)b"),
    "a regex of a million": grammared("regex", "a{1000000}"),
    "a regex of powers": grammared("regex", "((a{1,1000}){1,1000}){1,1000}"),
    "a long regex": grammared("regex", "(a|b)" * 200_000),
    "a deep regex": grammared("regex", "(" * 5000 + "a" + ")" * 5000),
    "a bad grammar": grammared("lark", "start: ("),
    "a grammar without a start": grammared("lark", 'other: "a"'),
    "a grammar of undefined rules": grammared("lark", "start: nobody NOTHING"),
    "a grammar without an end": grammared("lark", 'start: "a" start'),
    "a grammar that includes a file": grammared("lark", '%import .passwd.X\nstart: X'),
    "a grammar from a path": grammared("lark", '%import "/etc/passwd"\nstart: "a"'),
    "an empty grammar": grammared("lark", ""),
    "a long grammar": grammared("lark", "start: r0\n" + "".join(f'r{n}: "a" r{n + 1}\n' for n in range(50_000)) + 'r50000: "b"'),
    "a deep grammar": grammared("lark", "start: " + "(" * 5000 + '"a"' + ")" * 5000),
    "a grammar of powers": grammared("lark", 'start: A~1000~1000\nA: ("a"~1000)~1000\n'),
    "a file for an image": chat(messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}]}]),
    "an image in other words": chat(messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "gopher://127.0.0.1/"}}]}]),
    "a broken image": chat(messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]}]),
    "a huge prompt": chat(model="gpt-4", messages=[{"role": "user", "content": "sea " * 40_000}]),
}  # fmt: skip

SURVIVED = {
    "a surrogate pair": saying(rb'"\ud83d\ude00"'),
    "control characters": saying(rb'"\u0000\u0001\u001b[31m\u202e"'),
    "a field given twice": b'{"model":"x","model":"gpt-4o-mini","messages":[{"role":"user","content":"sea"}]}',
    "unknown fields": chat(**{f"x{n}": [n] for n in range(2000)}),
    "an unknown field with a line break": chat(**{"x\r\nset-cookie: a=b": 1}),
    "an empty text": saying(b'""'),
    "one letter a million times": saying(b'"' + b"a" * 200_000 + b'"'),
    "combining marks": saying(('"e' + "\u0301" * 50_000 + '"').encode()),
    "5,000 digits in a field nobody knows": raw(b"x", b"[1.5e3]"),
    "a schema of another dialect": formed({"$schema": "http://127.0.0.1:9/dialect", **holding({"type": "string"})}),
    "a slow pattern": formed(holding({"type": "string", "pattern": "^(a+)+$"})),
    "a slow pattern with an end": formed(holding({"type": "string", "pattern": "^(a|a|b?)*c{20}$"})),
    "a slow regex": grammared("regex", "(x+x+)+y"),
    "a schema with much to choose from": formed(holding({"enum": list(range(20_000))})),
    "a schema of many fields": formed({"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(500)}}),
    "a schema that allows everything": formed({}),
    "a schema of tiny steps": formed(holding({"type": "number", "multipleOf": 1e-300, "minimum": 1e300})),
    "a schema of unusual words": formed(holding({"if": {"type": "string"}, "then": {"minLength": 5}, "else": {"type": "integer"}, "unevaluatedProperties": False})),
    "a left recursion": grammared("lark", 'start: start "a" | "b"'),
    "an ambiguous grammar": grammared("lark", 'start: s\ns: s s | "a" | '),
    "a link with a password": chat(messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://u:p@127.0.0.1:9/a.png"}}]}]),
    "many parts": chat(messages=[{"role": "user", "content": [{"type": "text", "text": "a"}] * 20_000}]),
}  # fmt: skip

# Requests that use every field, and what to put in each place of them.
WRONG = (
    None,
    True,
    "x",
    "",
    5,
    -5,
    1.5,
    1e300,
    [],
    {},
    [None],
    [[]],
    [{}],
    {"a": {}},
    {"type": "x"},
    {"type": 5},
    "\u0000",
)
FULL: dict[str, dict[str, Any]] = {
    CHAT: {
        "model": MODEL,
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}], "name": "u"},
            {"role": "assistant", "content": "b", "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "c1", "content": "d"},
        ],
        "tools": [
            {"type": "function", "function": {"name": "f", "description": "F", "strict": False, "parameters": {"type": "object", "properties": {}}}},
            {"type": "custom", "custom": {"name": "g", "format": {"type": "grammar", "grammar": {"syntax": "regex", "definition": "a"}}}},
        ],
        "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "f"}}]}},
        "parallel_tool_calls": True,
        "max_completion_tokens": 5,
        "n": 1,
        "stop": ["x"],
        "temperature": 1,
        "top_p": 1,
        "presence_penalty": 0,
        "frequency_penalty": 0,
        "logit_bias": {"5": 1},
        "logprobs": True,
        "top_logprobs": 1,
        "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}, "strict": False}},
        "user": "u",
        "seed": 1,
        "safety_identifier": "s",
        "prompt_cache_key": "k",
        "prompt_cache_retention": "24h",
        "service_tier": "auto",
        "stream": False,
        "store": True,
        "metadata": {"a": "b"},
        "modalities": ["text"],
        "audio": {"voice": "alloy", "format": "wav"},
        "prediction": {"type": "content", "content": "x"},
        "reasoning_effort": "low",
        "verbosity": "low",
        "web_search_options": {"search_context_size": "low", "user_location": {"type": "approximate", "approximate": {"city": "x"}}},
    },
    "/v1/completions": {
        "model": "gpt-3.5-turbo-instruct", "prompt": ["a"], "best_of": 1, "max_tokens": 1, "n": 1, "stop": "x", "temperature": 1, "top_p": 1,
        "presence_penalty": 0, "frequency_penalty": 0, "logit_bias": {"5": 1}, "logprobs": 1, "echo": False, "suffix": "s", "user": "u", "seed": 1, "stream": False,
    },
    "/v1/embeddings": {"model": "text-embedding-3-small", "input": ["a"], "encoding_format": "float", "dimensions": 5, "user": "u"},
    "/v1/moderations": {"model": "omni-moderation-latest", "input": [{"type": "text", "text": "a"}]},
    "/v1/rerank": {
        "model": "rerank-v3.5", "query": "q", "documents": ["a", {"text": "b"}], "top_n": 1, "return_documents": True, "rank_fields": ["text"],
        "max_chunks_per_doc": 1, "max_tokens_per_doc": 5, "truncate": True, "truncate_prompt_tokens": 5, "priority": 0, "user": "u",
    },
    "/rerank": {"query": "q", "texts": ["a"], "return_text": True, "raw_scores": True, "truncate": True},
    "/v1/ranking": {"model": "nvidia/nv-rerankqa-mistral-4b-v3", "query": {"text": "q"}, "passages": [{"text": "a"}], "truncate": "END", "user": "u"},
    "/v1/score": {"model": "rerank-v3.5", "text_1": "a", "text_2": ["b"], "truncate_prompt_tokens": 5, "priority": 0, "user": "u"},
    "/rag/api/prompt": {
        "query": ["q"], "filters": {"tool": "a"}, "inference_model": "m", "model": "gpt-4o", "top_k": 1, "max_tokens": 1, "temperature": 1, "seed": 1,
        "documents": ["a", {"id": "i", "text": "b", "content": "c", "title": "t", "source": "s", "metadata": {"tool": "a"}}], "stream": False, "user": "u",
    },
    "/v1/text/generation": {
        "model": "gpt-4o", "input": "a", "max_output_tokens": 1, "temperature": 1, "top_p": 1, "stop": ["x"], "seed": 1, "stream": False, "user": "u",
    },
    "/openai/v1/embeddings": {"model": "text-embedding-3-small", "input": ["a"], "encoding_format": "float"},
    "/v1/responses": {
        "model": MODEL, "instructions": "i", "tool_choice": "auto", "parallel_tool_calls": True, "max_tool_calls": 1, "max_output_tokens": 16,
        "input": [
            {"type": "message", "role": "user", "content": [
                {"type": "input_text", "text": "a"}, {"type": "input_image", "image_url": "https://example.com/a.png", "detail": "low"},
                {"type": "input_file", "filename": "a.txt", "file_data": "data:text/plain;base64,YQ=="},
            ]},
            {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}", "id": "fc_1", "status": "completed"},
            {"type": "function_call_output", "call_id": "c1", "output": "d"},
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "s"}]},
        ],
        "tools": [
            {"type": "function", "name": "f", "description": "F", "strict": False, "parameters": {"type": "object", "properties": {}}},
            {"type": "custom", "name": "g", "format": {"type": "grammar", "syntax": "regex", "definition": "a"}},
            {"type": "web_search", "search_context_size": "low", "user_location": {"type": "approximate", "city": "x"}, "filters": {"allowed_domains": ["a.b"]}},
            {"type": "code_interpreter", "container": {"type": "auto"}},
            {"type": "mcp", "server_label": "l", "server_url": "https://example.com", "require_approval": "never", "allowed_tools": ["t"], "headers": {"a": "b"}},
        ],
        "text": {"format": {"type": "json_schema", "name": "s", "schema": {"type": "object"}, "strict": False}, "verbosity": "low"},
        "temperature": 1, "top_p": 1, "top_logprobs": 1, "include": ["message.output_text.logprobs"], "truncation": "auto",
        "context_management": [{"type": "compaction", "compact_threshold": 100_000}], "store": True, "background": False, "stream": False,
        "stream_options": {"include_obfuscation": False}, "metadata": {"a": "b"}, "user": "u", "safety_identifier": "s", "service_tier": "auto",
        "prompt_cache_key": "k", "prompt_cache_retention": "24h", "seed": 1,
    },
    "/v1/decisions": {
        "model": "gpt-6-luna", "input": [{"role": "user", "content": [{"type": "input_text", "text": "a"}], "type": "message"}],
        "questions": [{"type": "score", "name": "n", "instructions": "i", "levels": [{"label": "a", "description": "d"}, {"label": "b"}]}],
        "prompt_cache_key": "k", "prompt_cache_options": {"mode": "implicit", "ttl": "30m"}, "safety_identifier": "s",
    },
}  # fmt: skip


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a body where a value can be put."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*at, key)
        yield from places(inner, (*at, key))


def replaced(body: Any, at: tuple[Any, ...], value: Any) -> Any:
    copy = json.loads(json.dumps(body))
    inner = copy
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = value
    return copy


SPOTS = [(path, at) for path, body in FULL.items() for at in places(body)]
