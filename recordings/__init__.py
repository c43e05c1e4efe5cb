"""What a call leaves behind: events, audio, transcript, review."""
