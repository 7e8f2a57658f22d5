"""Commands say what they are by their class."""

from fakeai.services.realtime.commands import Close, Halt, Step


def test_a_step_is_events_and_commands() -> None:
    events, commands = Step([{"type": "a"}], [Halt("resp_1"), Close()])
    assert events == [{"type": "a"}] and [type(command) for command in commands] == [Halt, Close]
