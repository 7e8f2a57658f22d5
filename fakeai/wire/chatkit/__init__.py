"""JSON of ChatKit."""
