"""What turns leave."""

from tests.services.agents.conftest import HOSTED, Door, opened, rested, said, virtually


def test_artifacts_are_what_a_turn_has_put_into_its_outputs() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "Write a.txt, and run `echo x > b.txt`", environment=HOSTED)
        (first,) = (await ask("GET", f"{at}/artifacts"))["data"]
        session = await ask("GET", at)
        assert (first["path"], first["environment_id"]) == ("/workspace/outputs/a.txt", session["environment"]["id"])
        await said(ask, at, "Write c.txt")
        await rested(ask, at)
        second, kept = (await ask("GET", f"{at}/artifacts"))["data"]
        assert (second["path"], kept) == ("/workspace/outputs/c.txt", first)
        assert second["turn_id"] != first["turn_id"]

    virtually(main)


def test_each_turn_leaves_a_trace_of_what_it_did() -> None:
    async def main(ask: Door) -> None:
        at = await opened(ask, "Run `pwd`", environment=HOSTED)
        (turn,) = (await ask("GET", f"{at}/turns"))["data"]
        (trace,) = (await ask("GET", f"{at}/traces"))["data"]
        assert (trace["id"], trace["created_at"]) == (turn["id"], turn["created_at"])
        spans = trace["otlp"]["resourceSpans"][0]["scopeSpans"][0]["spans"]
        assert [span["name"] for span in spans] == ["agent.turn", "deed command", "chat"]
        assert all(int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"]) for span in spans)

    virtually(main)
