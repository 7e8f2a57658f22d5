"""Calls and replies are plain values."""

from fakeai.core.call import Call, Endpoint, Reply


def test_calls_and_replies_share_no_mutable_default() -> None:
    endpoint = Endpoint("GET", "/models", "list", "List models")
    one, other = (Call(name, endpoint, "/v1/models", {}) for name in "ab")
    assert one.params is not other.params and one.query is not other.query
    first, second = Reply(), Reply()
    first.headers["x"] = "y"
    assert second.headers == {}
