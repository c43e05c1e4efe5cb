"""The handoff packet: what an agent needs to know of a call, written from its events before they hear a word."""
