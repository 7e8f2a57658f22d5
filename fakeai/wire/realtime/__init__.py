"""JSON of the Realtime API: sessions, items, events, secrets and calls."""
