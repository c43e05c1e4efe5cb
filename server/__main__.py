"""`python -m server` is the `cordboard` program."""

from server.cli.main import main

main()
