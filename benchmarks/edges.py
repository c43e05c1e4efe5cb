"""One run per edge case of docs/transfer.md, over real sockets and in real time.

    python -m benchmarks.edges [--only NAME] [--at-once N] [--json FILE] [--keep FOLDER] [--topology conference_first]

See benchmarks/edge_table.py. Every server process imports this file again, so it imports nothing before it has to.
"""

import sys

if __name__ == "__main__":
    from benchmarks.edge_table import main

    sys.exit(main())
