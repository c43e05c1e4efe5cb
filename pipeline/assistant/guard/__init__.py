"""What a language model may say to a caller, checked clause by clause (docs/guard.md)."""
