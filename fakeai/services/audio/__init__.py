"""Sound: texts read out, sound written down, and custom voices."""
