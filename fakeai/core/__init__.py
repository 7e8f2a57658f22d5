"""Vocabulary and seams. Standard library only; imports no other room."""
