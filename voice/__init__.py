"""Audio bytes into words and words into audio."""
