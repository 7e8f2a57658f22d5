"""The Realtime API: conversations in text and sound over one socket."""
