"""`/docs`: an OpenAPI document as one HTML page that needs no network and no script.

Knows the document's shape; does not know where it comes from. All text is escaped.
"""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import groupby
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

Json = Mapping[str, Any]  # a JSON object

_DEPTH = 5
_MODEL = "gpt-4o-mini"
_MODELS = MappingProxyType(
    {
        "/v1/completions": "gpt-3.5-turbo-instruct",
        "/v1/embeddings": "text-embedding-3-small",
        "/v1/fine_tuning/jobs": "gpt-4o-mini-2024-07-18",
        "/v1/moderations": "omni-moderation-latest",
    }
)
_SAMPLES: Json = MappingProxyType(
    {
        "model": _MODEL,
        "messages": [{"role": "user", "content": "Say hello"}],
        "input": "Say hello",
        "prompt": "Say hello",
    }
)
_TEXTS = MappingProxyType({"binary": "@file.txt"})
"""Examples of strings, by their format; a file as curl names one."""
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem}code,pre{font:13px/1.5 ui-monospace,monospace}
details{border:1px solid #d5dae0;border-radius:6px;margin:.4rem 0;padding:.4rem .8rem}summary{cursor:pointer}
pre{background:#f4f6f8;padding:.6rem;overflow:auto;border-radius:6px}table{border-collapse:collapse;width:100%}
td,th{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0;border-bottom:1px solid #e8ebee}
b.method{display:inline-block;min-width:4.5rem}.about{color:#57606a}a{color:#0550ae}
@media(prefers-color-scheme:dark){body{color:#e6e9ec;background:#15181c}pre{background:#1f242a}a{color:#79b8ff}
details,td,th{border-color:#363d45}.about{color:#9aa4ae}}
"""


def page(document: Json, url: str) -> str:
    """The page; `url` is the server's, for the curl commands."""
    info = document["info"]
    schemas = document.get("components", {}).get("schemas", {})
    rows = [
        (operation["tags"][0], method.upper(), path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]
    parts = [
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>",
        f'<p class="about">{escape(info["description"])} <a href="openapi.json">openapi.json</a></p>',
    ]
    for tag, group in groupby(rows, key=lambda row: row[0]):
        parts.append(f"<h2>{escape(tag)}</h2>")
        parts.extend(_operation(method, path, operation, schemas, url) for _, method, path, operation in group)
    parts.append("<h2>Schemas</h2>")
    parts.extend(_schema(name, schema) for name, schema in sorted(schemas.items()))
    head = f'<meta charset="utf-8"><title>{escape(info["title"])}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>'


def example(schema: Json, schemas: Json, depth: int = _DEPTH) -> Any:
    """A small value of `schema` (Any: a JSON value): its example, or required fields only, and a model where there is one."""
    if depth == 0 or "examples" in schema:
        return schema["examples"][0] if depth else None
    if "$ref" in schema:
        return example(schemas[schema["$ref"].rpartition("/")[2]], schemas, depth)
    for choices in ("oneOf", "anyOf"):
        if choices in schema:
            return example(schema[choices][0], schemas, depth - 1)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    match schema.get("type"):
        case "object":
            return _object(schema, schemas, depth)
        case "array":
            return [example(schema.get("items", {}), schemas, depth - 1)] if schema.get("minItems") else []
        case "integer" | "number":
            return max(1, schema.get("minimum", 1))
        case "boolean":
            return False
    return _TEXTS.get(schema.get("format", ""), "text")


def _object(schema: Json, schemas: Json, depth: int) -> Json:
    required = schema.get("required", ())
    return {
        name: _SAMPLES[name] if name in _SAMPLES else example(inner, schemas, depth - 1)
        for name, inner in schema.get("properties", {}).items()
        if name in required or name == "model"
    }


def _has_example(schema: Json, schemas: Json) -> bool:
    """Whether the schema tells an example itself."""
    return "examples" in schemas.get(schema.get("$ref", "").rpartition("/")[2], schema)


def curl(
    method: str, path: str, body: Any, url: str, *, form: bool = False, headers: Sequence[tuple[str, str]] = ()
) -> str:
    """A command to paste; `body` (Any: a JSON value) None is none, and of a form an object without objects in it."""
    words = ["curl", *([] if method == "GET" else ["-X", method]), url + path]
    words += [word for name, value in headers for word in ("-H", f"{name}: {value}")]
    if form:
        words += [word for name, value in body.items() for word in _form_words(name, value)]
    elif body is not None:
        words += ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
    return shlex.join(words)


def _form_words(name: str, value: Any) -> list[str]:
    """Any: a JSON value."""
    if isinstance(value, list):
        return [word for item in value for word in _form_words(f"{name}[]", item)]
    if isinstance(value, dict):
        return [word for key, item in value.items() for word in _form_words(f"{name}[{key}]", item)]
    return ["-F", f"{name}={value}"]


def _operation(method: str, path: str, operation: Json, schemas: Json, url: str) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    form = "multipart/form-data" in content
    schema = content.get("application/json", {}).get("schema")
    body = None if schema is None else example(schema, schemas)
    if isinstance(body, dict) and "model" in body and not _has_example(schema, schemas):
        body["model"] = _MODELS.get(path, _MODEL)
    query, headers = (
        [(one["name"], one["example"]) for one in operation.get("parameters", ()) if one["in"] == place]
        for place in ("query", "header")
    )
    asked = path.replace("{model}", _MODEL) + (f"?{urlencode(query)}" if query else "")
    parts = [f"<pre>{escape(curl(method, asked, body, url, form=form, headers=headers))}</pre>"]
    if schema is not None:
        parts.append(f"<p>Body: {_type(schema)}</p>")
        name = schema.get("$ref", "").rpartition("/")[2]
        parts.append(_table(schemas.get(name, schema)))
    for status, answer in operation["responses"].items():
        kinds = [
            f"<code>{escape(kind)}</code> {_type(media.get('schema', {}))}"
            for kind, media in answer.get("content", {}).items()
        ]
        parts.append(f"<p><b>{escape(status)}</b> {escape(answer['description'])}: {', '.join(kinds)}</p>")
    title = f'<b class="method">{method}</b><code>{escape(path)}</code> {escape(operation["summary"])}'
    return f'<details id="{escape(operation["operationId"])}"><summary>{title}</summary>{"".join(parts)}</details>'


def _schema(name: str, schema: Json) -> str:
    about = f'<p class="about">{escape(schema["description"])}</p>' if "description" in schema else ""
    title = f"<summary><code>{escape(name)}</code></summary>"
    return f'<details id="schema-{escape(name)}">{title}{about}{_table(schema)}</details>'


def _table(schema: Json) -> str:
    properties = schema.get("properties")
    if not properties:
        return f"<p>{_type(schema)}</p>"
    required = schema.get("required", ())
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{_type(inner)}{_bounds(inner)}</td>"
        f"<td>{'required' if name in required else ''}</td></tr>"
        for name, inner in properties.items()
    )
    return f"<table><tr><th>Field</th><th>Type</th><th></th></tr>{rows}</table>"


def _type(schema: Json) -> str:
    """The type in words, with links to the schemas it names."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#schema-{name}">{name}</a>'
    for choices in ("oneOf", "anyOf"):
        if choices in schema:
            return " | ".join(_type(inner) for inner in schema[choices])
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return " | ".join(f"<code>{escape(json.dumps(value))}</code>" for value in values)
    if schema.get("type") == "array":
        return f"array of {_type(schema.get('items', {}))}"
    return escape(str(schema.get("type", "any")))


def _bounds(schema: Json) -> str:
    words = list(_limits(schema))
    return f' <span class="about">({escape(", ".join(words))})</span>' if words else ""


def _limits(schema: Json) -> Iterator[str]:
    names = {"minimum": "≥", "maximum": "≤", "minLength": "length ≥", "maxLength": "length ≤", "minItems": "items ≥"}
    names["maxItems"] = "items ≤"
    arms = [schema, *(arm for arm in schema.get("anyOf", ()) if arm.get("type") != "null")]
    for arm in arms[:2]:
        yield from (f"{word} {arm[key]:g}" for key, word in names.items() if key in arm and abs(arm[key]) < 2**53)
