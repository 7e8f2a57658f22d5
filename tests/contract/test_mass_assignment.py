"""What a caller may not set is never kept: every row that makes or changes something is sent more than it takes."""

import json
from typing import Any

import httpx

from contract.steps import BETAS
from contract.test_isolation import MAKE, OWNER, Owner
from fakeai.app import App, build
from fakeai.core.call import Endpoint
from fakeai.settings import Settings
from fakeai.store.base import Tx
from fakeai.store.sql import SqlDatabase
from fakeai.testing import run_virtual

_NUMBER = 987_654_321
FORGED = {
    **dict.fromkeys(("id", "object", "status", "organization_id", "project_id", "owner", "user_id", "key"), "forged"),
    **dict.fromkeys(
        ("fine_tuned_model", "output_file_id", "redacted_value", "purpose_of", "_job", "_sha256"), "forged"
    ),
    **dict.fromkeys(("created_at", "created", "completed_at", "usage_bytes", "bytes_", "trained_tokens"), _NUMBER),
    "usage": {"total_tokens": _NUMBER, "forged": True},
    "request_counts": {"total": _NUMBER},
    "file_counts": {"total": _NUMBER},
    "_blobs": ["forged"],
    "result_files": ["forged"],
}
"""None of these is a caller's to say where the row's own type does not name it."""


def is_forged(text: str) -> bool:
    return "forged" in text or str(_NUMBER) in text


def more(row: Endpoint) -> dict[str, Any]:
    """What this row does not take."""
    taken = getattr(row.body, "model_fields", {})
    return {name: value for name, value in FORGED.items() if name not in taken}


def test_fields_that_are_not_the_callers_are_never_kept() -> None:
    run_virtual(_send(build(Settings(seed=1))))


async def _send(app: App) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://host", timeout=60, headers=BETAS) as http:
        db = SqlDatabase(app._kept.sql, app.clock)
        owner = Owner(http, (await http.get("/openapi.json")).json(), db)
        rows = {(row.method, row.path.replace(":path}", "}")): row for row in app.gateway.endpoints}
        taken = 0
        for name, of in MAKE.items():
            one = "/v1" + await owner.path(name)
            if of.method == "GET":
                continue
            row = rows["POST", of.path]
            body = owner.example("POST", of.path) if of.body is None else await owner._filled(of.body)
            url = "/v1" + await owner.path(of.path)
            taken += await _one(http, row, url, body, of.files)
            if (change := rows.get(("POST", name))) is not None:
                taken += await _one(http, change, one, owner.example("POST", name), None)
        assert taken > 30

        def kept(tx: Tx) -> list[str]:
            return [str(row) for row in tx.exec_driver_sql("SELECT * FROM objects")]  # type: ignore[attr-defined]

        assert [row for row in await db.read(kept) if is_forged(row)] == []


async def _one(http: httpx.AsyncClient, row: Endpoint, url: str, body: Any, files: Any) -> bool:
    """Whether the row took it; what it says then has nothing of what was forged."""
    extra = more(row)
    if files:
        flat = {key: value if isinstance(value, str) else json.dumps(value) for key, value in extra.items()}
        reply = await http.post(url, headers=OWNER, files=files, data={**flat, **body})
    else:
        reply = await http.post(url, headers=OWNER, json={**extra, **(body or {})})
    assert reply.status_code < 500, (url, reply.text)
    assert reply.is_error or not is_forged(reply.text), (url, reply.text)
    return reply.is_success
