"""Assistants: who they are, the threads they answer in, and the runs in which they do."""
