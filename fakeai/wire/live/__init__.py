"""Live sessions: how they are configured, what clients command, and what they are told."""
