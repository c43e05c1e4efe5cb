"""Test calls of a line: what they are made of, how they are read, and what makes one pass."""
