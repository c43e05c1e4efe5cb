"""Commands, their options and their help. What they do is in the modules they call."""

from pathlib import Path
from typing import Annotated

import typer
import uvloop
from pydantic import ValidationError
from rich.console import Console

from server.cli.exits import Exit, fail
from server.settings import Settings

app = typer.Typer(
    name="cordboard",
    help="A voice agent that answers the phone, acts, and brings in a person warm.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog="Exit status: 0 done · 1 failed · 2 invalid input, each error printed · 3 server unreachable",
)
out = Console(highlight=False, soft_wrap=True)


def main() -> None:
    """Entry point of the `cordboard` program."""
    from server.origin import ForeignPackage, check_origin  # noqa: PLC0415 before anything of ours is imported for use

    try:
        check_origin()
    except ForeignPackage as error:
        fail(Exit.INVALID, str(error))
    app()


def settings(**changes: object) -> Settings:
    """The settings, with those that options change. Exits with 2 and one sentence per error."""
    try:
        # The environment is read by the constructor only; what options say goes over it.
        return Settings(**{name: value for name, value in changes.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        fail(
            Exit.INVALID,
            *(f"setting CORDBOARD_{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()),
        )


Lines = Annotated[
    list[Path] | None, typer.Option("--line", help="Folder of a line; may be given several times.", show_default=False)
]


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one.")] = None,
    line: Lines = None,
) -> None:
    """Answer calls until stopped. The first Ctrl-C lets live calls finish, the second ends them."""
    from pipeline.line.errors import LineInvalid  # noqa: PLC0415 imports are slow: --help needs none
    from recordings.errors import StoreUnavailable  # noqa: PLC0415
    from server import logs  # noqa: PLC0415
    from server.app import DataDirUnusable  # noqa: PLC0415
    from server.cli import serve as command  # noqa: PLC0415
    from voice.errors import ProviderAbsent  # noqa: PLC0415

    chosen = settings(host=host, port=port, lines=line or None)
    logs.configure(keep_pii=chosen.log_pii)
    try:
        uvloop.run(command.serve(chosen))
    except LineInvalid as error:
        fail(Exit.INVALID, *map(str, error.problems))
    except (DataDirUnusable, StoreUnavailable, ProviderAbsent) as error:
        fail(Exit.INVALID, str(error))
    except KeyboardInterrupt:
        raise typer.Exit(Exit.OK) from None
