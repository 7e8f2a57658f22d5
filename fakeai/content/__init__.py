"""What a model would say: pure functions of a request and a Chance. Knows nothing of time."""
