"""A question into passages."""
