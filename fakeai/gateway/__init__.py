"""One step after another around every handler; the one door for every call."""
