"""Films: requests for them, and what comes back."""
