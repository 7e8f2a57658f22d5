"""What is read of a session."""

from tests.services.agents.conftest import Door, items_of, opened, rested, said, virtually


def test_turns_and_items_are_listed_by_page_and_turn() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "One")
        for text in ("Two", "Three"):
            await said(ask, at, text)
            await rested(ask, at)
        turns = (await ask("GET", f"{at}/turns?order=asc"))["data"]
        assert len(turns) == 3
        first = await ask("GET", f"{at}/turns?limit=2")
        assert ([turn["id"] for turn in first["data"]], first["has_more"]) == ([turns[2]["id"], turns[1]["id"]], True)
        rest = await ask("GET", f"{at}/turns?limit=2&after={first['last_id']}")
        assert [turn["id"] for turn in rest["data"]] == [turns[0]["id"]]
        items = await items_of(ask, at)
        for number, turn in enumerate(turns):
            assert await ask("GET", f"{at}/turns/{turn['id']}") == turn
            listed = await ask("GET", f"{at}/turns/{turn['id']}/items?order=asc")
            assert listed["data"] == items[2 * number : 2 * number + 2]
            assert listed["last_id"] == items[2 * number + 1]["id"]
        assert len((await ask("GET", f"{at}/traces"))["data"]) == 3

    virtually(main)


def test_what_is_not_there_is_not_found() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "One")
        other = await opened(ask, "One")
        (turn,) = (await ask("GET", f"{other}/turns"))["data"]
        for path in (
            f"/turns/{turn['id']}",
            f"/turns/{turn['id']}/items",
            "/subagents/s",
            "/subagents/s/turns",
            "/subagents/s/items",
            "/subagents/s/turns/t",
            "/subagents/s/turns/t/items",
            "/artifacts/a",
        ):
            await ask("GET", at + path, status=404)
            await ask("GET", f"/agents/sessions/asess_x{path}", status=404)
        await ask("GET", f"{at}/items?after=aitem_x", status=400)

    virtually(main)
