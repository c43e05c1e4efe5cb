"""`cordboard dispositions`: what agents said came of calls, on a server that runs."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from server.cli.approvals import Url, asked
from server.cli.exits import Exit, fail


def dispositions(
    since: Annotated[
        str, typer.Option(metavar="WHEN", help="Calls that were wrapped up since then: 24h, 7d, 2026-11-01.")
    ] = "7d",
    as_json: Annotated[bool, typer.Option("--json", help="Print each one as JSON, one a line.")] = False,
    url: Url = None,
) -> None:
    """Count what came of calls, by the line's words (`dispositions` in line.yaml), and by agent."""
    from server.cli.main import out  # noqa: PLC0415 main imports this module
    from server.cli.metrics import instant  # noqa: PLC0415 as above

    begin = instant(since, datetime.now(UTC))
    if begin is None:
        fail(Exit.INVALID, f"--since {since} is no time; write 24h, 7d, 2026-11-01 or 2026-11-01T08:00")
    found = list(_since(url, begin))
    for one in found if as_json else ():
        typer.echo(json.dumps(one, sort_keys=True, ensure_ascii=False))
    if not as_json:
        spoken = {one["id"] for one in _spoken(url, begin)}
        out.print("\n".join(counted(found, len(spoken - {one["transfer"] for one in found}))), markup=False)


def counted(found: Sequence[Mapping[str, Any]], open_still: int = 0) -> Iterator[str]:
    """How often each word was given, the most usual first, with who gave it. open_still: calls without a word."""
    if not found:
        yield "no call was wrapped up"
    by = Counter((one["disposition"], one["agent"]) for one in found)
    for word, count in Counter(one["disposition"] for one in found).most_common():
        agents = ", ".join(f"{agent} {by[word, agent]}" for agent in sorted({one for said, one in by if said == word}))
        yield f"{count:5}  {word}  ({agents})"
    if open_still:
        yield f"{open_still:5}  not wrapped up"


def _since(url: str | None, begin: datetime) -> Iterator[dict[str, Any]]:
    cursor: str | None = ""
    while cursor is not None:
        page = asked(url, "GET", "dispositions", {"limit": "200"} | ({"cursor": cursor} if cursor else {}))
        for one in page["items"]:
            if datetime.fromisoformat(one["made_at"]) < begin:
                return
            yield one
        cursor = page["next_cursor"]


def _spoken(url: str | None, begin: datetime) -> Iterator[dict[str, Any]]:
    """Transfers asked for since then in which caller and agent spoke, and that are over."""
    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": "200", "state": "over"} | ({"cursor": cursor} if cursor else {})
        page = asked(url, "GET", "transfers", query)
        for one in page["items"]:
            if datetime.fromisoformat(one["asked_at"]) < begin:
                return
            if one["outcome"] in {"completed", "handed_back"}:
                yield one
        cursor = page["next_cursor"]
