"""Speech recognition: the port and its adapters."""
