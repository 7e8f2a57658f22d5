"""The front door: keys and their terms, what they have used, and short ways to generate."""
