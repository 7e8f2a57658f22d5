"""JSON of the Responses API."""
