"""The edge: HTTP, people's API, command line, and the composition root."""
