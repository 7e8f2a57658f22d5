"""Files that an agent makes when it is asked for one: valid in their format, about what the user said."""

import json

from fakeai.core.chance import Chance

_ROWS = 5


def document(path: str, about: str, chance: Chance) -> bytes:
    """A file's bytes; equal chances give equal ones."""
    name = path.rsplit("/", 1)[-1]
    stem, _, kind = name.rpartition(".")
    title = stem.replace("_", " ").replace("-", " ").strip().capitalize() or "Document"
    rows = [
        (number, chance.pick(("north", "south", "east", "west")), chance.below(1_000)) for number in range(1, _ROWS + 1)
    ]
    match kind:
        case "csv":
            return ("id,region,value\n" + "".join(f"{a},{b},{c}\n" for a, b, c in rows)).encode()
        case "json":
            found = [{"id": a, "region": b, "value": c} for a, b, c in rows]
            return json.dumps({"title": title, "about": about, "rows": found}, indent=2).encode() + b"\n"
        case "html" | "xml" | "svg":
            return _marked(kind, title, about).encode()
        case "py":
            return f'"""{title}: {_plain(about)}"""\n\nprint({title!r})\n'.encode()
        case "js":
            return f"// {_plain(about)}\nconsole.log({json.dumps(title)});\n".encode()
        case "sql":
            return f"-- {_plain(about)}\nSELECT '{title.replace(chr(39), '')}' AS title;\n".encode()
        case "yaml":
            return f"title: {json.dumps(title)}\nabout: {json.dumps(about)}\n".encode()
    return f"# {title}\n\n{about}\n".encode()


def _plain(text: str) -> str:
    return text.replace('"', "'").replace("\\", "/").replace("\n", " ")


def _marked(kind: str, title: str, about: str) -> str:
    from html import escape

    safe, words = escape(title), escape(about)
    if kind == "html":
        return f"<!doctype html>\n<html><head><title>{safe}</title></head><body><h1>{safe}</h1><p>{words}</p></body></html>\n"
    if kind == "svg":
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" width="320" height="80">'
            f'<text x="10" y="45" font-size="20">{safe}</text></svg>\n'
        )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<document><title>{safe}</title><about>{words}</about></document>\n'
