"""The API for people and their programs, one module per area."""
