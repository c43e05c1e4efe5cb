"""Where a server keeps what must survive it: names inside the data directory."""

RECORDINGS = "recordings"
DATABASE = "cordboard.sqlite"
