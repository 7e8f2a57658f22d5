"""Nobody reads, changes or deletes what is another's: every row with an id, asked by strangers.

A stranger who knows an id gets, word for word, the answer of one who made it up; and nothing has changed afterwards.
Rows of services that come later are among these as soon as they are there: an id that nothing here makes fails the test.
"""

import asyncio
import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import httpx
from certificates import OPENSSL

from contract.audio_steps import WAV
from contract.media_steps import FILM, FRAME
from contract.steps import BETAS
from fakeai.app import App, build
from fakeai.core.call import Endpoint
from fakeai.server.docs_page import example
from fakeai.settings import Settings
from fakeai.store.objects import Collection
from fakeai.store.sql import SqlDatabase
from fakeai.testing import FakeAI, run_virtual
from fakeai.wire.realtime.calls import OFFER

OWNER = {"openai-organization": "org-a", "openai-project": "proj_a"}
STRANGERS = MappingProxyType(
    {
        "another project": {"openai-organization": "org-a", "openai-project": "proj_b"},
        "another organization": {"openai-organization": "org-b", "openai-project": "proj_a"},
    }
)
ADMIN = ("/organization/", "/projects/")
"""What belongs to the whole organization."""

LINES = "\n".join(
    json.dumps({"messages": [{"role": "user", "content": f"q{n}"}, {"role": "assistant", "content": f"a{n}"}]})
    for n in range(10)
).encode()
BATCH = json.dumps(
    {
        "custom_id": "r",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]},
    }
).encode()
SDP = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"
SKILL = b"---\nname: greet\ndescription: Says hello.\n---\nSay hello.\n"


class Make(NamedTuple):
    """How the owner makes what a path's last id names: a request below, and the key of the reply that is the id.

    What comes of something else by itself is waited for: by a GET.
    """

    path: str
    body: Any = None
    files: Any = None
    key: str = "id"
    method: str = "POST"


CALL = "/realtime/calls/{call_id}"
MAKE: Mapping[str, Make] = MappingProxyType(
    {
        "/files/{file_id}": Make("/files", {"purpose": "user_data"}, {"file": ("a.txt", b"secret words")}),
        "/uploads/{upload_id}": Make(
            "/uploads", {"bytes": 3, "filename": "a", "mime_type": "text/plain", "purpose": "user_data"}
        ),
        "/batches/{batch_id}": Make(
            "/batches",
            {"input_file_id": "<batch file>", "endpoint": "/v1/chat/completions", "completion_window": "24h"},
        ),
        "/fine_tuning/jobs/{fine_tuning_job_id}": Make(
            "/fine_tuning/jobs", {"model": "gpt-4o-mini-2024-07-18", "training_file": "<tuning file>"}
        ),
        "/vector_stores/{vector_store_id}": Make("/vector_stores", {"name": "mine"}),
        "/vector_stores/{vector_store_id}/files/{file_id}": Make(
            "/vector_stores/{vector_store_id}/files", {"file_id": "</files/{file_id}>"}
        ),
        "/vector_stores/{vector_store_id}/file_batches/{batch_id}": Make(
            "/vector_stores/{vector_store_id}/file_batches", {"file_ids": ["</files/{file_id}>"]}
        ),
        "/containers/{container_id}": Make("/containers", {"name": "mine"}),
        "/containers/{container_id}/files/{file_id}": Make(
            "/containers/{container_id}/files", {}, {"file": ("a.txt", b"secret words")}
        ),
        "/skills/{skill_id}": Make("/skills", {}, {"files[]": ("greet/SKILL.md", SKILL)}),
        "/skills/{skill_id}/versions/{version}": Make(
            "/skills/{skill_id}/versions", {}, {"files[]": ("greet/SKILL.md", SKILL)}, "version"
        ),
        "/videos/{video_id}": Make("/videos", {"prompt": "secret words"}, {"input_reference": FRAME}),
        "/videos/characters/{character_id}": Make("/videos/characters", {"name": "secret"}, {"video": ("a.mp4", FILM)}),
        "/chat/completions/{completion_id}": Make(
            "/chat/completions",
            {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "secret words"}], "store": True},
        ),
        "/responses/{response_id}": Make("/responses", {"model": "gpt-4o-mini", "input": "secret words"}),
        "/conversations/{conversation_id}": Make("/conversations", {"metadata": {"a": "secret words"}}),
        "/conversations/{conversation_id}/items/{item_id}": Make(
            "/conversations/{conversation_id}/items",
            {"items": [{"role": "user", "content": "secret words"}]},
            key="first_id",
        ),
        "/assistants/{assistant_id}": Make("/assistants", {"model": "gpt-4o-mini", "instructions": "secret words"}),
        "/threads/{thread_id}": Make("/threads", {"messages": [{"role": "user", "content": "secret words"}]}),
        "/threads/{thread_id}/messages/{message_id}": Make(
            "/threads/{thread_id}/messages", {"role": "user", "content": "secret words"}
        ),
        "/threads/{thread_id}/runs/{run_id}": Make(
            "/threads/{thread_id}/runs", {"assistant_id": "</assistants/{assistant_id}>"}
        ),
        "/threads/{thread_id}/runs/{run_id}/steps/{step_id}": Make(
            "/threads/{thread_id}/runs/{run_id}/steps", method="GET"
        ),
        "/agents/{agent_id}": Make("/agents", {"model": "gpt-4o-mini", "name": "secret words"}),
        "/agents/environments/templates/{environment_template_id}": Make(
            "/agents/environments/templates", {"name": "secret words"}
        ),
        "/agents/environments/{environment_id}": Make(
            "/agents/environments", {"environment": {"type": "openai_hosted"}}
        ),
        "/agents/sessions/{session_id}": Make(
            "/agents/sessions",
            {
                "agent": {"model": "gpt-4o-mini", "multi_agent": {"enabled": True}},
                "environment": {"type": "openai_hosted"},
                "input": "Write secret.csv and delegate it.",
            },
        ),
        **{
            f"/agents/sessions/{{session_id}}{below}": Make(
                f"/agents/sessions/{{session_id}}{below.rpartition('/')[0]}", method="GET"
            )
            for below in (
                "/turns/{turn_id}",
                "/artifacts/{artifact_id}",
                "/subagents/{subagent_id}",
                "/subagents/{subagent_id}/turns/{turn_id}",
            )
        },
        "/agents/automations/{automation_id}": Make(
            "/agents/automations",
            {
                "type": "periodic",
                "name": "secret words",
                "expression": "0 0 1 1 *",
                "timezone": "UTC",
                "target": {
                    "type": "new_session",
                    "environment": {"type": "none"},
                    "agent": {"model": "gpt-4o-mini"},
                    "input": [{"role": "user", "content": [{"type": "input_text", "text": "secret words"}]}],
                },
            },
        ),
        "/agents/automations/{automation_id}/invocations/{invocation_id}": Make(
            "/agents/automations/{automation_id}/invocations", {}
        ),
        "/vaults/{vault_id}": Make("/vaults", {"name": "secret words"}),
        "/vaults/{vault_id}/credentials/{credential_id}": Make(
            "/vaults/{vault_id}/credentials",
            {
                "name": "secret words",
                "auth": {"type": "static_bearer", "token": "t", "mcp_server_url": "https://m.example"},
            },
        ),
        "/audio/voices/{voice_id}": Make("/audio/voices", {"name": "a", "type": "prompt", "prompt": "secret words"}),
        "/audio/voice_consents/{consent_id}": Make(
            "/audio/voice_consents", {"name": "secret words", "language": "en"}, {"recording": ("a.wav", WAV)}
        ),
        "/chatkit/sessions/{session_id}": Make(
            "/chatkit/sessions", {"user": "secret words", "workflow": {"id": "secret words"}}
        ),
        "/webhook_endpoints/{webhook_endpoint_id}": Make(
            "/webhook_endpoints",
            {"name": "mine", "url": "https://hooks.example/secret-words", "event_types": ["batch.completed"]},
        ),
        "/live/sessions/{session_id}": Make(
            "/live/sessions",
            {"session": {"model": "gpt-live-1", "store": True}, "transport": {"type": "webrtc", "sdp": SDP}},
            key="session.id",
        ),
        "/organization/admin_api_keys/{key_id}": Make("/organization/admin_api_keys", {"name": "mine"}),
        "/organization/certificates/{certificate_id}": Make(
            "/organization/certificates", {"certificate": "<certificate>", "name": "mine"}
        ),
        "/organization/external_keys/{external_key_id}": Make(
            "/organization/external_keys",
            {"name": "k", "type": "aws", "external_id": "e", "kms_arn": "arn:k", "region": "eu-1", "role_arn": "arn:r"},
        ),
        "/organization/external_storage/{external_storage_id}": Make(
            "/organization/external_storage",
            {
                "project_id": "</organization/projects/{project_id}>",
                "provider": {"type": "aws", "bucket": "b", "role_arn": "arn:aws:iam::1:role/r"},
            },
        ),
        "/organization/groups/{group_id}": Make("/organization/groups", {"name": "mine"}),
        "/organization/groups/{group_id}/roles/{role_id}": Make(
            "/organization/groups/{group_id}/roles", {"role_id": "</organization/roles/{role_id}>"}, None, "role.id"
        ),
        "/organization/groups/{group_id}/users/{user_id}": Make(
            "/organization/groups/{group_id}/users", {"user_id": "user-fakeai"}, None, "user_id"
        ),
        "/organization/invites/{invite_id}": Make("/organization/invites", {"email": "a@b.de", "role": "reader"}),
        "/organization/projects/{project_id}": Make("/organization/projects", {"name": "mine"}),
        "/organization/projects/{project_id}/spend_alerts/{alert_id}": Make(
            "/organization/projects/{project_id}/spend_alerts"
        ),
        "/organization/projects/{project_id}/service_accounts/{service_account_id}": Make(
            "/organization/projects/{project_id}/service_accounts", {"name": "mine"}
        ),
        "/organization/projects/{project_id}/api_keys/{api_key_id}": Make(
            "/organization/projects/{project_id}/service_accounts", {"name": "keyed"}, None, "api_key.id"
        ),
        "/organization/projects/{project_id}/users/{user_id}": Make(
            "/organization/projects/{project_id}/users",
            {"user_id": "</organization/users/{user_id}>", "role": "member"},
        ),
        "/organization/projects/{project_id}/groups/{group_id}": Make(
            "/organization/projects/{project_id}/groups",
            {"group_id": "</organization/groups/{group_id}>", "role": "</projects/{project_id}/roles/{role_id}>"},
            None,
            "group_id",
        ),
        "/projects/{project_id}/roles/{role_id}": Make(
            "/projects/{project_id}/roles", {"role_name": "mine", "permissions": ["api.groups.read"]}
        ),
        "/projects/{project_id}/groups/{group_id}/roles/{role_id}": Make(
            "/projects/{project_id}/groups/{group_id}/roles",
            {"role_id": "</projects/{project_id}/roles/{role_id}>"},
            None,
            "role.id",
        ),
        "/projects/{project_id}/users/{user_id}/roles/{role_id}": Make(
            "/projects/{project_id}/users/{user_id}/roles",
            {"role_id": "</projects/{project_id}/roles/{role_id}>"},
            None,
            "role.id",
        ),
        "/organization/users/{user_id}/roles/{role_id}": Make(
            "/organization/users/{user_id}/roles", {"role_id": "</organization/roles/{role_id}>"}, None, "role.id"
        ),
        "/organization/workload_identity_providers/{workload_identity_provider_id}"
        "/federation_rules/{workload_identity_federation_rule_id}": Make(
            "/organization/workload_identity_providers/{workload_identity_provider_id}/federation_rules",
            {
                "project_id": "</organization/projects/{project_id}>",
                "service_account_id": "</organization/projects/{project_id}/service_accounts/{service_account_id}>",
                "attribute_matchers": {"sub": "x"},
            },
        ),
        "/organization/roles/{role_id}": Make(
            "/organization/roles", {"role_name": "mine", "permissions": ["api.groups.read"]}
        ),
        "/organization/spend_alerts/{alert_id}": Make("/organization/spend_alerts"),
        "/organization/workload_identity_providers/{workload_identity_provider_id}": Make(
            "/organization/workload_identity_providers",
            {"name": "p", "type": "oidc", "issuer": "https://i.example", "audience": "a"},
        ),
    }
)
"""By the path of what is made; a body of None is the document's example. Values in <> are made before."""

GIVEN: Mapping[str, str] = MappingProxyType(
    {
        "/projects/{project_id}": "/organization/projects/{project_id}",
        "/projects/{project_id}/groups/{group_id}": "/organization/projects/{project_id}/groups/{group_id}",
        "/projects/{project_id}/users/{user_id}": "/organization/projects/{project_id}/users/{user_id}",
        "/organization/users/{user_id}": "user-fakeai",
        "/organization/projects/{project_id}/rate_limits/{rate_limit_id}": "rl-gpt-4o-mini",
    }
)
"""Ids that are made elsewhere, or are there from the start."""

ROWS: Mapping[str, str] = MappingProxyType(
    {
        "/safety/alerts/{id}": "safety.alert",
        "/safety/cases/{id}": "safety.case",
        "/chatkit/threads/{thread_id}": "chatkit_thread",
    }
)
"""Kinds of objects that no request makes."""

ELSEWHERE = (
    "/models/",
    "/retrieval/",
    "/admin/keys/",
    "/fine_tuning/checkpoints/",
    "/organization/users/",
    "/images/files/",
    "/chatkit/files/",
)
"""Models, of whichever publisher, and their checkpoints, whose ids are names: tests of fine-tuning ask strangers about those.
Each organization has the same first user. The first key of the front door keeps strangers out altogether: tests of its own
ask those. Pictures are shown to whoever was told their whole URL, and ChatKit's files go by secrets of sessions."""

_MOVING = (
    "/agents/automations/",
    "/agents/sessions",
    "/agents/environments/",
    "/threads",
    "/batches",
    "/fine_tuning",
    "/videos/{video_id}",
)
"""What is told of goes on by itself."""

_PART = re.compile(r"\{(\w+)(?::path)?\}")


def names(row: Endpoint) -> list[str]:
    """The paths of all that a row's ids name, the outermost first."""
    parts = row.path.split("/")
    return [_PART.sub(r"{\1}", "/".join(parts[: at + 1])) for at, part in enumerate(parts) if part.startswith("{")]


class Owner:
    """Makes one of each, and remembers its id."""

    def __init__(self, http: httpx.AsyncClient, document: Mapping[str, Any], db: SqlDatabase) -> None:
        self.http = http
        self.db = db
        self.made: dict[str, str] = {}
        self._document = document

    def example(self, method: str, path: str) -> Any:
        """The body that the document shows for a row."""
        operation = self._document["paths"]["/v1" + _PART.sub(r"{\1}", path)][method.lower()]
        content = operation.get("requestBody", {}).get("content", {})
        schemas = self._document["components"]["schemas"]
        return example(content["application/json"]["schema"], schemas) if content else None

    async def id_of(self, name: str) -> str:
        if name not in self.made:
            self.made[name] = await self._make(name)
        return self.made[name]

    async def path(self, row_path: str) -> str:
        found = _PART.sub(r"{\1}", row_path)
        for name in names(Endpoint("GET", row_path, "", "")):
            found = found.replace("{" + name.rpartition("{")[2], await self.id_of(name), 1)
        return found

    async def _make(self, name: str) -> str:
        if name in ("batch file", "tuning file"):
            purpose, data = ("batch", BATCH) if name == "batch file" else ("fine-tune", LINES)
            files = {"file": ("in.jsonl", data)}
            reply = await self.http.post("/v1/files", files=files, data={"purpose": purpose}, headers=OWNER)
            return str(reply.json()["id"])
        if name == "certificate":
            return OPENSSL
        if name in ROWS:
            row = {"id": "safety-1", "reason": "secret words"}
            await self.db.run(lambda tx: Collection(ROWS[name]).add(tx, "org-a/proj_a", row))
            return "safety-1"
        if name == CALL:
            sent = {"content-type": "application/sdp", **OWNER}
            reply = await self.http.post("/v1/realtime/calls", content=OFFER, headers=sent)
            return str(reply.headers["location"]).rpartition("/")[2]
        if name in GIVEN:
            return await self.id_of(GIVEN[name]) if GIVEN[name].startswith("/") else GIVEN[name]
        of = MAKE[name]
        url = "/v1" + await self.path(of.path)
        if of.method == "GET":
            return await self._awaited(url, of)
        body = self.example("POST", of.path) if of.body is None else await self._filled(of.body)
        sent = {"files": of.files, "data": body} if of.files else {"json": body}
        reply = await self.http.post(url, headers=OWNER, **sent)
        assert reply.is_success, (url, reply.text)
        found: Any = reply.json()
        for key in of.key.split("."):
            found = found[key]
        return str(found)

    async def _awaited(self, url: str, of: Make) -> str:
        """The id of the first that is there."""
        for _ in range(600):
            found = (await self.http.get(url, headers=OWNER)).json()["data"]
            if found:
                return str(found[0]["id"])
            await asyncio.sleep(0.1)
        raise AssertionError(f"nothing has come of itself: {url}")

    async def _filled(self, body: Any) -> Any:
        if isinstance(body, dict):
            return {key: await self._filled(value) for key, value in body.items()}
        if isinstance(body, list):
            return [await self._filled(value) for value in body]
        if isinstance(body, str) and body.startswith("<"):
            return await self.id_of(body[1:-1])
        return body


def asked(row: Endpoint) -> bool:
    """Whether strangers ask this row: it names something that is the owner's, and not a model anybody has."""
    named = "{" in row.path and not row.path.startswith(ELSEWHERE)
    return named and not row.probe and row.reply != "socket"  # tests of sockets have strangers of their own


def strangers_of(row: Endpoint) -> list[str]:
    """Admins see all of their organization."""
    return ["another organization"] if row.path.startswith(ADMIN) else list(STRANGERS)


async def ask(owner: Owner, row: Endpoint, who: Mapping[str, str], ids: Mapping[str, str]) -> tuple[int, str]:
    """Status and body of a stranger's call, without the ids it named."""
    path = row.path
    for name, value in ids.items():
        path = re.sub(r"\{" + name + r"(:path)?\}", value, path, count=1)
    sent: dict[str, Any] = {}
    if row.body is not None:
        body = owner.example(row.method, row.path)
        sent = {"files": {"file": ("a", b"x"), "data": ("a", b"x")}} if row.form else {"json": body}
    reply = await owner.http.request(row.method, f"/v1{path}?{row.query}", headers=dict(who), **sent)
    text = reply.text
    for value in ids.values():
        text = text.replace(value, "ID")
    return reply.status_code, text


def test_a_stranger_who_knows_an_id_gets_the_answer_of_one_who_made_it_up() -> None:
    run_virtual(strangers_ask(build(Settings(seed=1))))  # what tells when it was last used tells the same twice


async def strangers_ask(app: App) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://host", timeout=60, headers=BETAS) as http:
        document = (await http.get("/openapi.json")).json()
        owner = Owner(http, document, SqlDatabase(app._kept.sql, app.clock))
        rows = [row for row in app.gateway.endpoints if asked(row)]
        for row in rows:
            await owner.path(row.path)
        before = {row.path: await http.get("/v1" + await owner.path(row.path), headers=OWNER) for row in reads(rows)}
        faults = []
        for row in rows:
            ids = [(name.rpartition("{")[2].rstrip("}"), owner.made[name]) for name in names(row)]
            known = dict(ids)
            invented = {
                name: f"{value.partition('_')[0].partition('-')[0]}_unknown{n}" for n, (name, value) in enumerate(ids)
            }
            for stranger in strangers_of(row):
                there = await ask(owner, row, STRANGERS[stranger], known)
                nowhere = await ask(owner, row, STRANGERS[stranger], invented)
                if there != nowhere or there[0] not in (404, 400):
                    faults.append((row.method, row.path, stranger, there, nowhere))
        assert faults == []
        for path, reply in before.items():
            again = await http.get(str(reply.request.url), headers=OWNER)
            assert (again.status_code, again.content) == (reply.status_code, reply.content), path


def reads(rows: list[Endpoint]) -> list[Endpoint]:
    """Those that only look, and whose answer stays the same if nobody changes anything."""
    return [row for row in rows if row.method == "GET" and not row.path.startswith(_MOVING)]


def test_what_an_organization_has_cached_no_other_finds() -> None:
    said = " ".join(f"word{number}" for number in range(200))
    asked: dict[str, Any] = {"model": "gpt-4o-mini", "max_tokens": 1, "messages": [{"role": "user", "content": said}]}
    with (
        FakeAI({"cluster.gpu": "h100"}) as fake,
        httpx.Client(transport=fake.transport(), base_url="http://fakeai/v1", timeout=30) as door,
    ):

        def cached(**headers: str) -> int:
            usage = door.post("/chat/completions", json=asked, headers=headers).json()["usage"]
            return int(usage["prompt_tokens_details"]["cached_tokens"])

        for organization in ({}, {"openai-organization": "org-a"}, {"openai-organization": "org-b"}):
            assert cached(**organization) == 0
            assert cached(**organization) > 100
        assert cached(**{"openai-organization": "org-b", "openai-project": "proj_x"}) > 100
