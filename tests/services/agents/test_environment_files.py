"""Files that are put into environments, and listed."""

import asyncio
from base64 import b64encode
from typing import Any

from tests.services.agents.conftest import Door, virtually

AT = "/agents/environments"


async def ready(ask: Door) -> str:
    made = await ask("POST", AT, {"environment": {"type": "openai_hosted"}})
    await asyncio.sleep(1.0)
    return f"{AT}/{made['id']}/files"


def inline(path: str, data: bytes = b"") -> Any:
    return {"type": "inline", "path": path, "data": b64encode(data).decode()}


def test_a_file_takes_the_place_of_one_of_its_path() -> None:
    async def main(ask: Door) -> None:
        at = await ready(ask)
        await ask("POST", at, inline("/workspace/a", b"old"))
        file = await ask("POST", at, inline("/workspace/a", b"newer"))
        assert (await ask("GET", at))["data"] == [file]
        assert file["size_bytes"] == 5
        assert "id" not in file

    virtually(main)


def test_files_are_listed_by_page_in_the_order_of_their_paths() -> None:
    async def main(ask: Door) -> None:
        at = await ready(ask)
        paths = ["/workspace/a/z", "/workspace/a-b", "/workspace/b", "/workspace/b/c"]
        for path in reversed(paths):
            await ask("POST", at, inline(path))
        for order, wanted in (("asc", paths), ("desc", paths[::-1])):
            found: list[str] = []
            token = ""
            while True:
                page = await ask("GET", f"{at}?limit=1&order={order}&page={token}")
                found += [file["path"] for file in page["data"]]
                if not page["has_more"]:
                    break
                token = page["next"]
            assert found == wanted
            assert page["next"] is None
        below = (await ask("GET", f"{at}?path=/workspace/a/"))["data"]
        assert [file["path"] for file in below] == ["/workspace/a/z"]
        await ask("GET", f"{at}?page=%FF", status=400)
        await ask("GET", f"{at}?path=/etc", status=400)

    virtually(main)


def test_a_file_of_the_files_api_is_copied() -> None:
    async def main(ask: Door) -> None:
        at = await ready(ask)
        sent = {"files": {"file": ("a.txt", b"some words")}, "data": {"purpose": "user_data"}}
        kept = (await ask.http.post("/files", **sent)).json()["id"]
        file = await ask("POST", at, {"type": "file_id", "file_id": kept, "path": "/workspace/x/a.txt"})
        assert file["size_bytes"] == 10
        await ask("POST", at, {"type": "file_id", "file_id": "file-x", "path": "/workspace/a"}, status=404)

    virtually(main)


def test_what_is_no_file_is_refused() -> None:
    async def main(ask: Door) -> None:
        at = await ready(ask)
        for body, param in (
            ({"type": "inline", "path": "/workspace/a"}, "data"),
            ({"type": "file_id", "path": "/workspace/a"}, "file_id"),
            ({"type": "inline", "path": "/workspace/a", "data": "??"}, "data"),
            ({"type": "inline", "path": "/workspace/outputs", "data": ""}, "path"),
        ):
            assert (await ask("POST", at, body, status=400))["error"]["param"] == param

    virtually(main)
