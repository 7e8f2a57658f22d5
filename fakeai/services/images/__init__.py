"""Pictures made, edited and varied."""
