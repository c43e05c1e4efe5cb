"""Speech synthesis: the port and its adapters."""
