"""Sound: speech, transcriptions, custom voices."""
