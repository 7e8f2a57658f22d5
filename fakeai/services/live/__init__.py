"""Live sessions: a state machine that knows no sockets, what works for it, and the doors to it."""
