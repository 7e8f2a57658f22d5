"""What is asked about files, batches, vector stores, containers and skills, in an order in which it can be answered."""

import json
from base64 import b64encode
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from contract.steps import Step, one

_TEXT = {"file": ("a.txt", b"All about whales.")}
_CHAT = "/v1/chat/completions"
_SAY = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 4}
_MANIFEST = b"---\nname: greet\ndescription: Says hello.\n---\nSay hello.\n"
_SKILL = {"files[]": ("greet/SKILL.md", _MANIFEST)}
_STORE = "/vector_stores/{vector_store_id}"
_CONTAINER = "/containers/{container_id}"
_ONE_SKILL = "/skills/{skill_id}"


def _lines(*bodies: dict[str, Any]) -> bytes:
    """A batch's input file."""
    rows = [{"custom_id": f"r{n}", "method": "POST", "url": _CHAT, "body": body} for n, body in enumerate(bodies)]
    return "\n".join(map(json.dumps, rows)).encode()


def _zipped() -> str:
    """The skill as a zip in base64."""
    made = BytesIO()
    with ZipFile(made, "w") as archive:
        archive.writestr("greet/SKILL.md", _MANIFEST)
    return b64encode(made.getvalue()).decode()


_FILES = [
    *one("/files", "file_id", {"purpose": "assistants"}, files=_TEXT),
    Step("GET", "/files/{file_id}/content"),
    Step(
        "POST",
        "/files",
        {"purpose": "user_data", "expires_after[anchor]": "created_at", "expires_after[seconds]": "3600"},
        files=_TEXT,
    ),
]
_UPLOAD = {
    "bytes": 3,
    "filename": "b.txt",
    "mime_type": "text/plain",
    "purpose": "assistants",
    "expires_after": {"anchor": "created_at", "seconds": 3_600},
}
_UPLOADS = [
    Step("POST", "/uploads", _UPLOAD, "upload_id"),
    Step("POST", "/uploads/{upload_id}/parts", keeps="part_id", files={"data": ("data", b"abc")}),
    Step(
        "POST",
        "/uploads/{upload_id}/complete",
        {"part_ids": ["{part_id}"], "md5": "900150983cd24fb0d6963f7d28e17f72"},
    ),
    Step("POST", "/uploads", _UPLOAD, "upload_id"),
    Step("POST", "/uploads/{upload_id}/cancel"),
]
_BATCH = {
    "input_file_id": "{input_file_id}",
    "endpoint": _CHAT,
    "completion_window": "24h",
    "metadata": {"a": "b"},
    "output_expires_after": {"anchor": "created_at", "seconds": 3_600},
}
_BATCHES = [
    Step(
        "POST",
        "/files",
        {"purpose": "batch"},
        "input_file_id",
        files={"file": ("in.jsonl", _lines(_SAY, {**_SAY, "max_tokens": 0}))},
    ),
    *one("/batches", "batch_id", _BATCH),
    Step("GET", "/batches/{batch_id}", until="completed"),
    Step("POST", "/files", {"purpose": "batch"}, "input_file_id", files={"file": ("in.jsonl", b"[]\n{}\n")}),
    Step("POST", "/batches", _BATCH, "batch_id"),
    Step("GET", "/batches/{batch_id}", until="failed"),
    Step("POST", "/files", {"purpose": "batch"}, "input_file_id", files={"file": ("in.jsonl", _lines(_SAY))}),
    Step("POST", "/batches", _BATCH, "batch_id"),
    Step("POST", "/batches/{batch_id}/cancel"),
    Step("GET", "/batches/{batch_id}", until="cancelled"),
    Step("GET", "/batches"),
]
_CHUNKS = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 20}}
_WHALES = {"type": "and", "filters": [{"type": "in", "key": "topic", "value": ["whales"]}]}
_VECTOR_STORES = [
    *one(
        "/vector_stores",
        "vector_store_id",
        {
            "name": "s",
            "description": "d",
            "file_ids": ["{file_id}"],
            "chunking_strategy": _CHUNKS,
            "expires_after": {"anchor": "last_active_at", "days": 1},
            "metadata": {"a": "b"},
        },
        {"name": "t", "expires_after": {"anchor": "last_active_at", "days": 2}, "metadata": {"a": "c"}},
    ),
    Step("GET", _STORE, until="completed"),
    Step("POST", "/files", {"purpose": "assistants"}, "file_id", files={"file": ("b.xlsx", b"x")}),
    Step(
        "POST",
        f"{_STORE}/file_batches",
        {"files": [{"file_id": "{file_id}", "attributes": {"n": 1}, "chunking_strategy": {"type": "auto"}}]},
        "batch_id",
    ),
    Step("GET", f"{_STORE}/files/{{file_id}}", until="failed"),
    Step("POST", "/files", {"purpose": "assistants"}, "file_id", files=_TEXT),
    *one(
        f"{_STORE}/files",
        "file_id",
        {
            "file_id": "{file_id}",
            "attributes": {"topic": "whales", "year": 2025, "draft": True},
            "chunking_strategy": _CHUNKS,
        },
    ),
    Step("GET", f"{_STORE}/files/{{file_id}}", until="completed"),
    Step("POST", f"{_STORE}/files/{{file_id}}", {"attributes": {"topic": "whales", "year": 2025, "draft": False}}),
    Step("GET", f"{_STORE}/files/{{file_id}}/content"),
    Step(
        "POST",
        f"{_STORE}/search",
        {
            "query": "whales",
            "filters": _WHALES,
            "max_num_results": 5,
            "ranking_options": {"ranker": "auto", "score_threshold": 0.1},
            "rewrite_query": True,
        },
    ),
    Step("POST", f"{_STORE}/search", {"query": ["whales", "sharks"]}),
    Step(
        "POST",
        f"{_STORE}/file_batches",
        {"file_ids": ["{file_id}"], "attributes": {"n": 1}, "chunking_strategy": {"type": "auto"}},
        "batch_id",
    ),
    Step("POST", f"{_STORE}/file_batches/{{batch_id}}/cancel"),
    Step("POST", f"{_STORE}/file_batches", {"file_ids": ["{file_id}"]}, "batch_id"),
    Step("GET", f"{_STORE}/file_batches/{{batch_id}}", until="completed"),
    Step("GET", f"{_STORE}/file_batches/{{batch_id}}/files"),
    Step("DELETE", f"{_STORE}/files/{{file_id}}"),
    Step("DELETE", _STORE),
]
_SKILLS = [
    *one("/skills", "skill_id", None, {"default_version": "1"}, files=_SKILL),
    Step("GET", f"{_ONE_SKILL}/content"),
    *one(f"{_ONE_SKILL}/versions", "version", {"default": "false"}, files=_SKILL, at="version"),
    Step("GET", f"{_ONE_SKILL}/versions/{{version}}/content"),
]
_CONTAINERS = [
    *one(
        "/containers",
        "container_id",
        {
            "name": "c",
            "expires_after": {"anchor": "last_active_at", "minutes": 5},
            "file_ids": ["{file_id}"],
            "memory_limit": "4g",
            "network_policy": {
                "type": "allowlist",
                "allowed_domains": ["example.com"],
                "domain_secrets": [{"domain": "example.com", "name": "n", "value": "v"}],
            },
            "skills": [
                {"type": "skill_reference", "skill_id": "{skill_id}", "version": "1"},
                {
                    "type": "inline",
                    "name": "greet",
                    "description": "Says hello.",
                    "source": {"type": "base64", "media_type": "application/zip", "data": _zipped()},
                },
            ],
        },
    ),
    *one(f"{_CONTAINER}/files", "file_id", None, files=_TEXT),
    Step("GET", f"{_CONTAINER}/files/{{file_id}}/content"),
    Step("DELETE", f"{_CONTAINER}/files/{{file_id}}"),
    Step("DELETE", _CONTAINER),
    Step("POST", "/containers", {"name": "d", "network_policy": {"type": "disabled"}}),
]
_ENDS = [
    Step("DELETE", f"{_ONE_SKILL}/versions/{{version}}"),
    Step("DELETE", _ONE_SKILL),
    Step("POST", "/files", {"purpose": "assistants"}, "file_id", files=_TEXT),
    Step("DELETE", "/files/{file_id}"),
]
_CHECKS = [
    Step("POST", "/content_provenance_checks", files={"file": (f"a.{name}", data)})
    for name, data in (("png", b"\x89PNG\r\n\x1a\n"), ("mp3", b"ID3\x04\0\0\0\0\0\0"))
]

STEPS = [*_FILES, *_UPLOADS, *_BATCHES, *_VECTOR_STORES, *_SKILLS, *_CONTAINERS, *_ENDS, *_CHECKS]
