"""When it would be said: pure state machines over time that is an argument."""
