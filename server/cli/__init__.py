"""The command line. `cordboard --help` lists what there is."""

from server.cli.main import main

__all__ = ["main"]
