"""The command line: one module for each verb, each of which imports what it needs when it runs."""
