"""Bodies of `POST /responses` that nobody should send, by name: what must be refused, and what must only be survived."""

import json
import struct
import zlib
from base64 import b64encode
from typing import Any

from contract.hostile import MODEL, NINES, NOT_JSON, holding, laughing, nested

RESPONSES = "/v1/responses"


def asked(**more: Any) -> bytes:
    return json.dumps({"model": MODEL, "input": "Tell me about the sea.", **more}).encode()


def raw(field: bytes, value: bytes) -> bytes:
    """A request with a field written as it is, JSON or not."""
    return b'{"model":"gpt-4o-mini","input":"sea","%b":%b}' % (field, value)


def formed(schema: Any, **more: Any) -> bytes:
    return asked(text={"format": {"type": "json_schema", "name": "x", "schema": schema, **more}})


def tooled(schema: Any) -> bytes:
    tool = {"type": "function", "name": "f", "parameters": schema, "strict": False}
    return asked(tools=[tool], tool_choice="required")


def grammared(syntax: str, definition: str) -> bytes:
    form = {"type": "grammar", "syntax": syntax, "definition": definition}
    return asked(tools=[{"type": "custom", "name": "c", "format": form}], tool_choice="required")


def shown(url: str) -> bytes:
    return asked(input=[{"role": "user", "content": [{"type": "input_image", "image_url": url, "detail": "high"}]}])


def filed(name: str, media: str, data: bytes) -> bytes:
    url = f"data:{media};base64,{b64encode(data).decode()}"
    return asked(input=[{"role": "user", "content": [{"type": "input_file", "filename": name, "file_data": url}]}])


def png(width: int, height: int, rows: bytes = b"") -> bytes:
    """A picture of that size by its header; what follows is `rows`, packed."""

    def block(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + block(b"IHDR", head) + block(b"IDAT", zlib.compress(rows)) + block(b"IEND", b"")


def data_url(media: str, data: bytes) -> str:
    return f"data:{media};base64,{b64encode(data).decode()}"


def call(number: int) -> dict[str, Any]:
    return {"type": "function_call", "call_id": f"c{number}", "name": "f", "arguments": "{}"}


REFUSED = {
    **{name: body.replace(b"/chat/completions", b"/responses") for name, body in NOT_JSON.items()},
    **{f"5,000 digits as {name}": raw(name.encode(), NINES) for name in ("max_output_tokens", "max_tool_calls", "top_logprobs", "seed")},
    "beyond any float": raw(b"temperature", b"1e400"),
    "negative tokens": asked(max_output_tokens=-5),
    "many alternatives": asked(top_logprobs=10**6),
    "a long model": asked(model="x" * 1_000_000),
    "much metadata": asked(metadata={str(n): "x" for n in range(50_000)}),
    "many tools": asked(tools=[{"type": "function", "name": f"f{n}", "parameters": None, "strict": False} for n in range(10_000)]),
    "the same tool 10,000 times": asked(tools=[{"type": "web_search"}] * 10_000),
    "many wrong items": asked(input=[1] * 300_000),
    "a million wrong items": asked(input=[None] * 1_000_000),
    "a million empty items": asked(input=[{}] * 1_000_000),
    "many items": asked(input=[{"role": "user", "content": "a"}] * 300_000),
    "many parts": asked(input=[{"role": "user", "content": [{"type": "input_text", "text": "a"}] * 300_000}]),
    "deep items": raw(b"input", b"[" * 5000 + b"]" * 5000),
    "deep arguments": raw(b"input", b'[{"type":"function_call","call_id":"a","name":"b","arguments":' + b"[" * 5000 + b"]" * 5000 + b"}]"),
    "a compaction of one's own making": asked(input=[{"type": "compaction", "encrypted_content": b64encode(b'fakeai:[{"type":"message"}]').decode()}]),
    "another": asked(input=[{"type": "compaction", "encrypted_content": b64encode(b"fakeai:" + b"[" * 5000).decode()}]),
    "a third": asked(input=[{"type": "compaction", "encrypted_content": b64encode(b'fakeai:[5,{"role":5,"content":[5]}]').decode()}]),
    "a name space that holds one twice": asked(tools=[{"type": "namespace", "name": "n", "description": "d", "tools": [{"type": "function", "name": f"f{min(n, 39_998)}"} for n in range(40_000)]}]),
    "many calls without outputs": asked(input=[call(n) for n in range(20_000)]),
    "outputs of calls that nobody made": asked(input=[{"type": "function_call_output", "call_id": f"c{n}", "output": "x"} for n in range(20_000)]),
    "a flood of references": asked(input=[{"type": "item_reference", "id": f"msg_{n}"} for n in range(20_000)]),
    "a long reference": asked(input=[{"type": "item_reference", "id": "x" * 1_000_000}]),
    "a long previous response": asked(previous_response_id="resp_" + "x" * 1_000_000),
    "a long conversation": asked(conversation="conv_" + "x" * 1_000_000),
    "both to go on from": asked(conversation="conv_1", previous_response_id="resp_1"),
    "huge instructions": asked(instructions="sea " * 1_000_000),
    "a schema that is none": formed(5),
    "a schema of an unknown type": formed({"type": "everything"}),
    "a schema behind http": formed(holding({"$ref": "http://127.0.0.1:9/schema.json"})),
    "a schema in a file": tooled(holding({"$ref": "file:///etc/passwd"})),
    "a reference to nowhere": formed(holding({"$ref": "#/$defs/none"})),
    "a reference to itself": formed({"$ref": "#"}),
    "a recursion without an end": formed({**holding({"$ref": "#/$defs/n"}), "$defs": {"n": holding({"$ref": "#/$defs/n"})}}),
    "a deep schema": tooled(nested(90)),
    "a very deep schema": formed(nested(400)),
    "a billion laughs": formed(laughing(12)),
    "an array of a billion": tooled(holding({"type": "array", "items": {"type": "string"}, "minItems": 10**9})),
    "a string of a billion": formed(holding({"type": "string", "minLength": 10**9})),
    "more at least than at most": formed(holding({"type": "integer", "minimum": 5, "maximum": 4})),
    "a schema against itself": formed(holding({"allOf": [{"type": "string"}, {"type": "integer"}]})),
    "a bad pattern": formed(holding({"type": "string", "pattern": "(["})),
    "a bad regex": grammared("regex", "(["),
    "a bad repetition": grammared("regex", "foo**"),
    "a regex that looks behind": grammared("regex", "(?<=a)b"),
    "a regex of powers": grammared("regex", "((a{1,1000}){1,1000}){1,1000}"),
    "a long regex": grammared("regex", "(a|b)" * 200_000),
    "a deep regex": grammared("regex", "(" * 5000 + "a" + ")" * 5000),
    "a grammar without an end": grammared("lark", 'start: "a" start'),
    "a grammar from a path": grammared("lark", '%import "/etc/passwd"\nstart: "a"'),
    "a long grammar": grammared("lark", "start: r0\n" + "".join(f'r{n}: "a" r{n + 1}\n' for n in range(50_000)) + 'r50000: "b"'),
    "a deep grammar": grammared("lark", "start: " + "(" * 5000 + '"a"' + ")" * 5000),
    "a grammar of powers": grammared("lark", 'start: A~1000~1000\nA: ("a"~1000)~1000\n'),
    "a file for an image": shown("file:///etc/passwd"),
    "an image in other words": shown("gopher://127.0.0.1/"),
    "a file that is none": filed("a.pdf", "application/pdf", b"not a document"),
    "an image cut short": shown(data_url("image/png", png(640, 480)[:-12])),
    "a broken image": shown("data:image/png;base64,AAAA"),
    "an image of no base64": shown("data:image/png;base64," + "!" * 1_000_000),
    "an image of 400 megapixels": shown(data_url("image/png", png(20_000, 20_000))),
    "an image of 400 megapixels of zeros": shown(data_url("image/png", png(20_000, 20_000, b"\0" * 20_000_000))),
    "an image without an end": shown(data_url("image/png", png(2**31 - 1, 2**31 - 1))),
    "an image of ten megabytes of nothing": shown(data_url("image/png", b"\x89PNG\r\n\x1a\n" + b"\0" * 10_000_000)),
    "a prompt that nobody made": asked(prompt={"id": "pmpt_" + "x" * 100_000}),
}  # fmt: skip

SURVIVED = {
    "a surrogate pair": raw(b"instructions", rb'"\ud83d\ude00"'),
    "control characters": raw(b"instructions", rb'"\u0000\u0001\u001b[31m\u202e"'),
    "unknown fields": asked(**{f"x{n}": [n] for n in range(2000)}),
    "one letter a million times": asked(input="a" * 1_000_000),
    "a million spaces": asked(input=" " * 1_000_000),
    "a million lines": asked(instructions="\n" * 1_000_000),
    "combining marks": asked(input="e" + "\u0301" * 200_000),
    "a slow pattern": formed(holding({"type": "string", "pattern": "^(a+)+$"})),
    "a slow regex": grammared("regex", "(x+x+)+y"),
    "a schema with much to choose from": formed(holding({"enum": list(range(20_000))})),
    "a schema of a million to choose from": tooled(holding({"enum": list(range(1_000_000))})),
    "a left recursion": grammared("lark", 'start: start "a" | "b"'),
    "a link with a password": shown("http://u:p@127.0.0.1:9/a.png"),
    "a document that unpacks to much": filed("a.pdf", "application/pdf", b"%PDF-1.4\n1 0 obj<</Length 9>>stream\n" + zlib.compress(b"0" * 50_000_000) + b"\nendstream endobj\n%%EOF"),
    "many calls at once": asked(input=[*[call(n) for n in range(20_000)], *[{"type": "function_call_output", "call_id": f"c{n}", "output": "x"} for n in range(20_000)]]),
    "many messages": asked(input=[{"role": "user", "content": "a"}] * 1_000),
    "tools in a name space of many": asked(tools=[{"type": "namespace", "name": "n", "description": "d", "tools": [{"type": "function", "name": f"f{n}"} for n in range(500)]}]),
    "encrypted content of nobody's": asked(input=[{"type": "compaction", "encrypted_content": "x" * 1_000_000}]),
    "thoughts of nobody's": asked(input=[{"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x" * 1_000_000}, {"role": "user", "content": "a"}]),
}  # fmt: skip
