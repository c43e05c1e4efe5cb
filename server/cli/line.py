"""`cordboard line`: a line's versions, what changed between them, and the way back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from server.cli.exits import Exit, fail

if TYPE_CHECKING:
    from server.line_history import LineHistory

app = typer.Typer(help="A line's versions.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(metavar="LINE", help="Folder of the line.", show_default=False)]
DataDir = Annotated[
    Path | None, typer.Option("--data-dir", metavar="DIR", help="The server's data directory; else the setting's.")
]


@app.command()
def versions(line: Folder, data_dir: DataDir = None) -> None:
    """List the versions that are kept, newest first: those that took calls, and what a rollback replaced.

    What the folder says now is marked, and what cannot be used any more is told with the reason.
    """
    from server.cli.main import out, said_plainly  # noqa: PLC0415 main imports this module

    with said_plainly():
        for one in _history(line, data_dir).versions():
            at = f"{one.kept_at:%Y-%m-%d %H:%M:%S} UTC" if one.kept_at else "not used for calls yet"
            out.print(f"{'*' if one.current else ' '} {one.version}  {at}")
            if one.wrong:
                more = f" (and {len(one.wrong) - 1} more)" if len(one.wrong) > 1 else ""
                out.print(f"  [red]cannot be used:[/] {escape(one.wrong[0])}{more}")


@app.command()
def diff(
    line: Folder,
    old: Annotated[str, typer.Argument(metavar="OLD", help="A version, or its first characters.", show_default=False)],
    new: Annotated[
        str | None, typer.Argument(metavar="[NEW]", help="Another one; else the folder as it is.", show_default=False)
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Show what changed in a line's folder since a version, or between two."""
    from server.cli.main import out, said_plainly  # noqa: PLC0415
    from server.line_history import NoSuchVersion  # noqa: PLC0415

    with said_plainly():
        try:
            for text in _history(line, data_dir).differences(old, new):
                out.print(text, markup=False)
        except NoSuchVersion as error:
            fail(Exit.FAILED, str(error))


@app.command()
def rollback(
    line: Folder,
    version: Annotated[
        str, typer.Argument(metavar="VERSION", help="A version, or its first characters.", show_default=False)
    ],
    data_dir: DataDir = None,
) -> None:
    """Make the folder what it was in a version. A running server takes new calls with it; live calls keep theirs."""
    from pipeline.line.errors import LineInvalid  # noqa: PLC0415
    from server.cli.main import out, said_plainly  # noqa: PLC0415
    from server.line_history import NoSuchVersion  # noqa: PLC0415

    with said_plainly():
        try:
            before = _history(line, data_dir).roll_back(version)
        except NoSuchVersion as error:
            fail(Exit.FAILED, str(error))
        except LineInvalid as error:
            what = f"version {version} cannot be used; nothing was changed. For others: cordboard line versions {line}"
            fail(Exit.INVALID, *(str(problem) for problem in error.problems), what)
        out.print(f"{line} is version {version} again; it was {before}, which is kept.")


def _history(line: Path, data_dir: Path | None) -> "LineHistory":
    from server.cli.main import settings  # noqa: PLC0415
    from server.line_history import LineHistory  # noqa: PLC0415

    return LineHistory(line, settings(data_dir=data_dir).data_dir / "lines")
