"""A streamed reply can be watched; other replies have nothing to watch."""

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.feed import Feed


class Two:
    def begin(self, feed: Feed, /) -> None:
        feed.push([b"1", b"2"])
        feed.push([b"3"])
        feed.finish()

    def cancel(self) -> None: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...


async def test_a_tap_sees_each_burst_on_its_way_out() -> None:
    reply = Reply(events=Feed(Two()))
    seen: list[list[bytes]] = []
    sent: list[list[bytes]] = []
    reply.tap(seen.append)
    assert reply.events is not None
    await reply.events.drain(sent.append)
    assert seen == sent == [[b"1", b"2"], [b"3"]]


def test_tapping_a_reply_that_is_no_stream_does_nothing() -> None:
    Reply({"a": 1}).tap(lambda burst: 1 / 0)


def test_calls_and_replies_share_no_mutable_default() -> None:
    endpoint = Endpoint("GET", "/models", "list", "List models")
    one, other = (Call(name, endpoint, "/v1/models", {}) for name in "ab")
    assert one.params is not other.params and one.query is not other.query
    first, second = Reply(), Reply()
    first.headers["x"] = "y"
    assert second.headers == {}
