"""Exit statuses of the command line, the same for every command (docs/cli.md)."""

from enum import IntEnum
from typing import NoReturn

import typer
from rich.console import Console
from rich.markup import escape

errors = Console(stderr=True, highlight=False)


class Exit(IntEnum):
    """What a status means."""

    OK = 0
    """It worked."""
    FAILED = 1
    """The call was not answered, was refused, or broke a promise; or the thing asked for is not there."""
    INVALID = 2
    """A line, a file, an option or a setting is wrong; each error was printed."""
    UNREACHABLE = 3
    """The server cannot be reached, or did not start."""


def warn(message: str) -> None:
    """Print what may be wrong; all goes on."""
    errors.print(f"[yellow]warning:[/] {escape(message)}", soft_wrap=True)


def fail(status: Exit, *messages: str) -> NoReturn:
    """Print errors, one line each, and exit."""
    for message in messages:
        errors.print(f"[bold red]error:[/] {message}", soft_wrap=True)
    raise typer.Exit(status)
