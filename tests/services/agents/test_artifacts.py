"""Artifacts: read, downloaded, deleted, and there when their environment is gone."""

import asyncio

from tests.services.agents.conftest import HOSTED, Door, opened, virtually


def test_an_artifact_outlasts_its_environment_and_its_file() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "Write report.csv", environment=HOSTED)
        (made,) = (await ask("GET", f"{at}/artifacts"))["data"]
        one = f"{at}/artifacts/{made['id']}"
        assert await ask("GET", one) == made
        await asyncio.sleep(10_000.0)
        reply = await ask.http.get(f"{one}/content")
        assert reply.content.startswith(b"id,region,value\n")
        assert len(reply.content) == made["size_bytes"]
        assert reply.headers["content-disposition"] == 'attachment; filename="report.csv"'
        part = await ask.http.get(f"{one}/content", headers={"range": "bytes=0-1"})
        assert (part.status_code, part.content) == (206, b"id")

    virtually(main)


def test_a_deleted_artifact_is_gone_and_its_file_stays() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "Write report.csv", environment=HOSTED)
        (made,) = (await ask("GET", f"{at}/artifacts"))["data"]
        one = f"{at}/artifacts/{made['id']}"
        assert (await ask("DELETE", one))["object"] == "agent.session.artifact.deleted"
        for path in (one, f"{one}/content"):
            await ask("GET", path, status=404)
        files = (await ask("GET", f"/agents/environments/{made['environment_id']}/files"))["data"]
        assert [file["path"] for file in files] == [made["path"]]
        assert (await ask("GET", f"{at}/artifacts?environment_id=env_x"))["data"] == []

    virtually(main)
