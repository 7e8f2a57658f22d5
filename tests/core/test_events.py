"""The bus tells every listener of an event's type, in order, and survives those that fail."""

import logging

from fakeai.core.events import Bus, RequestStarted, TokensPaced

STARTED = RequestStarted(1.5, "/chat/completions", "http")


def test_listeners_hear_events_of_their_type_in_the_order_they_joined() -> None:
    bus = Bus()
    heard: list[tuple[str, object]] = []
    bus.listen(RequestStarted, lambda event: heard.append(("first", event)))
    bus.listen(TokensPaced, lambda event: heard.append(("other", event)))
    bus.listen(RequestStarted, lambda event: heard.append(("second", event)))
    bus.publish(STARTED)
    assert heard == [("first", STARTED), ("second", STARTED)]


def test_an_event_nobody_listens_to_is_no_error() -> None:
    Bus().publish(STARTED)


def test_a_listener_that_fails_is_logged_and_the_others_still_hear(caplog) -> None:
    bus = Bus()
    heard: list[object] = []

    def broken(event: RequestStarted) -> None:
        raise ZeroDivisionError

    bus.listen(RequestStarted, broken)
    bus.listen(RequestStarted, heard.append)
    with caplog.at_level(logging.ERROR, "fakeai.events"):
        bus.publish(STARTED)
    assert heard == [STARTED]
    assert "RequestStarted" in caplog.text and "ZeroDivisionError" in caplog.text


def test_a_listener_that_is_forgotten_hears_no_more_and_its_neighbours_do() -> None:
    bus = Bus()
    first: list[object] = []
    second: list[object] = []

    def once(event: RequestStarted) -> None:
        first.append(event)
        bus.forget(RequestStarted, once)

    bus.listen(RequestStarted, once)
    bus.listen(RequestStarted, second.append)
    bus.publish(STARTED)
    bus.publish(STARTED)
    assert (first, second) == ([STARTED], [STARTED, STARTED])


def test_two_buses_do_not_hear_each_other() -> None:
    one, other = Bus(), Bus()
    heard: list[object] = []
    one.listen(RequestStarted, heard.append)
    other.publish(STARTED)
    assert heard == []
