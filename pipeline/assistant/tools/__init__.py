"""What the assistant can do: a line's tools."""
