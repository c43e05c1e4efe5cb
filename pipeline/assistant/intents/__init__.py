"""What a caller wants, learned from a line's example phrases."""
