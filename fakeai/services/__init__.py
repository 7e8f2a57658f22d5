"""One module per endpoint family: Calls into backend work, results into Replies. No HTTP, no SQL, no clock reading."""
