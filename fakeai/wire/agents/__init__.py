"""Agents, their sessions and surroundings: one module for each noun."""
