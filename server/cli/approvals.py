"""`cordboard approvals`: what waits for a person's yes, on a server that runs."""

import json
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

import typer

from server.cli.exits import Exit, fail

app = typer.Typer(help="What waits for a person's yes, on a server that runs.", no_args_is_help=True)

Url = Annotated[
    str | None,
    typer.Option("--url", help="The server; else the one of the settings on this machine.", show_default=False),
]
Which = Annotated[str, typer.Argument(metavar="ID", help="The approval, as `cordboard approvals list` shows it.")]
Note = Annotated[str, typer.Option(help="Why; kept with the decision.")]


@app.command("list")
def list_(
    state: Annotated[
        str, typer.Option(help="pending, approved, done, failed, checking, rejected, or all.")
    ] = "pending",
    assignee: Annotated[
        str | None, typer.Option(help="Only those of this person or queue.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON, one a line.")] = False,
    url: Url = None,
) -> None:
    """List approvals, oldest first."""
    from server.cli.main import out  # noqa: PLC0415 main imports this module

    query = {"limit": "200"} | ({} if state == "all" else {"state": state})
    query |= {} if assignee is None else {"assignee": assignee}
    cursor: str | None = ""
    while cursor is not None:
        page = asked(url, "GET", "approvals", query | ({"cursor": cursor} if cursor else {}))
        for one in page["items"]:
            if as_json:
                typer.echo(json.dumps(one, sort_keys=True))
            else:
                to = f" → {one['assignee']}" if one["assignee"] else ""
                out.print(
                    f"{one['id']}  {one['state']:9}{to} {one['tool']} {json.dumps(one['arguments'])} ({one['reason']})"
                )
        cursor = page["next_cursor"]


@app.command()
def approve(approval: Which, note: Note = "", url: Url = None) -> None:
    """Say yes: the tool runs now."""
    _show(asked(url, "POST", f"approvals/{quote(approval, safe='')}/approve", body={"note": note}))


@app.command()
def reject(approval: Which, note: Note = "", url: Url = None) -> None:
    """Say no: the caller is to be called back."""
    _show(asked(url, "POST", f"approvals/{quote(approval, safe='')}/reject", body={"note": note}))


@app.command()
def edit(
    approval: Which,
    arguments: Annotated[str, typer.Argument(metavar="JSON", help="All arguments anew: '{\"cents\": 300}'.")],
    url: Url = None,
) -> None:
    """Change the arguments; it goes on waiting."""
    try:
        told = json.loads(arguments)
    except ValueError as wrong:
        fail(Exit.INVALID, f"the arguments are no JSON ({wrong})")
    _show(asked(url, "POST", f"approvals/{quote(approval, safe='')}/edit", body={"arguments": told}))


@app.command()
def reassign(
    approval: Which, assignee: Annotated[str, typer.Argument(help="A person or a queue.")], url: Url = None
) -> None:
    """Let somebody else look at it."""
    _show(asked(url, "POST", f"approvals/{quote(approval, safe='')}/reassign", body={"assignee": assignee}))


@app.command()
def outbox(
    kind: Annotated[str | None, typer.Option(help="Only callback, or only check.", show_default=False)] = None,
    url: Url = None,
) -> None:
    """List what is still to be done for callers: calls back, and writes in doubt."""
    from server.cli.main import out  # noqa: PLC0415 as above

    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": "200"} | ({"kind": kind} if kind else {}) | ({"cursor": cursor} if cursor else {})
        page = asked(url, "GET", "outbox", query)
        for one in page["items"]:
            out.print(f"{one['id']}  {one['kind']:8} {one['made_at']} {json.dumps(one['data'])}")
        cursor = page["next_cursor"]


@app.command()
def done(
    errand: Annotated[str, typer.Argument(metavar="ID", help="The errand, as `cordboard approvals outbox` shows it.")],
    note: Note = "",
    url: Url = None,
) -> None:
    """Note that a caller was called back, or that a write in doubt was looked after."""
    from server.cli.main import out  # noqa: PLC0415 as above

    told = asked(url, "POST", f"outbox/{quote(errand, safe='')}/done", body={"note": note})
    out.print(f"{told['id']}  {told['state']}")


def _show(one: Mapping[str, Any]) -> None:
    from server.cli.main import out  # noqa: PLC0415 as above

    outcome = json.dumps(one["result"]) if one["state"] == "done" else one["error"] or ""
    out.print(f"{one['id']}  {one['state']}  {outcome}".rstrip())
    if one["state"] in {"failed", "checking"}:
        raise typer.Exit(Exit.FAILED)


def asked(
    url: str | None, method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None
) -> dict[str, Any]:
    """The server's answer. Exits with one sentence where there is none, or a refusal."""
    import httpx2  # noqa: PLC0415 --help needs none

    from server.cli.main import settings  # noqa: PLC0415 as above

    chosen = settings()
    base = (url or chosen.public_url or f"http://{chosen.host}:{chosen.port}").rstrip("/")
    token = chosen.api_token.get_secret_value() or chosen.access_token.get_secret_value()
    if not token:
        made = "CORDBOARD_API_TOKEN to a token that `cordboard tokens create` made"
        fail(Exit.INVALID, f"set {made}, or CORDBOARD_ACCESS_TOKEN to the server's")
    headers = {"Authorization": f"Bearer {token}"}
    try:
        with httpx2.Client(trust_env=False, timeout=30) as client:
            answer = client.request(method, f"{base}/api/v1/{path}", params=query, json=body, headers=headers)
    except httpx2.RequestError as failed:
        fail(Exit.UNREACHABLE, f"{base} cannot be reached ({type(failed).__name__}); is the server running?")
    try:
        told: dict[str, Any] = answer.json()
    except ValueError:
        fail(Exit.UNREACHABLE, f"{base} is no Cordboard server: status {answer.status_code}")
    if not answer.is_success:
        more = [f"{one['pointer']}: {one['detail']}" for one in told.get("errors", ())]
        fail(Exit.FAILED if answer.status_code in {404, 409, 412} else Exit.INVALID, str(told.get("detail", "")), *more)
    return told
