"""`cordboard queues`: who waits for a person on a server that runs, how long, and who is there for them."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final

import typer

from server.cli.approvals import Url, asked
from server.cli.exits import Exit, fail

EVERY_S: Final = 2.0
_States: Final = ("available", "rung", "on a call", "wrapping up", "busy", "away")


def queues(
    queue: Annotated[str | None, typer.Argument(help="One of them, with each caller and agent.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Again every 2 s, until Ctrl-C.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON, one a line.")] = False,
    url: Url = None,
) -> None:
    """Show queues live: who waits and for how long, how well callers are answered, and agents by state.

    Figures count from the start of the server.
    """
    from server.cli.main import out  # noqa: PLC0415 main imports this module

    while True:
        found = asked(url, "GET", "queues")["items"]
        agents = everybody(url)
        shown = [one for one in found if queue in (None, one["id"])]
        if queue is not None and not shown:
            fail(
                Exit.FAILED, f"there is no queue {queue}; there are: {', '.join(one['id'] for one in found) or 'none'}"
            )
        for one in shown:
            if as_json:
                typer.echo(json.dumps(one, sort_keys=True, ensure_ascii=False))
            else:
                out.print("\n".join(lines(one, agents, whole=queue is not None)), markup=False)
        if not watch:
            return
        time.sleep(EVERY_S)
        out.print()


def everybody(url: str | None) -> list[dict[str, Any]]:
    """All agents of the server, with their states."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = asked(url, "GET", "agents", {"limit": "200"} | ({"cursor": cursor} if cursor else {}))
        found += page["items"]
        cursor = page["next_cursor"]
    return found


def lines(queue: Mapping[str, Any], agents: Sequence[Mapping[str, Any]], *, whole: bool) -> Iterator[str]:
    """A queue as text. whole: with a line for each caller and agent."""
    people = [one for one in agents if queue["id"] in one["queues"]]
    counts = {state: sum(state_of(one) == state for one in people) for state in _States}
    there = ", ".join(f"{count} {state}" for state, count in counts.items() if count) or "none in the directory"
    yield f"{queue['id']}  {queue['state']}  {_waits(queue['waiting'])}  {_level(queue)}  agents: {there}"
    if not whole:
        return
    for one in queue["waiting"]:
        expected = f", expected in {_time(one['expected_ms'])}" if one["expected_ms"] is not None else ""
        rung = f", rings {', '.join(one['rung'])}" if one["rung"] else ""
        yield f"  {one['position']}. {one['kind']} {one['transfer']}  waits {_time(one['waited_ms'])}{expected}{rung}"
    for one in people:
        yield f"  {one['id']}  {one['name']}  {state_of(one)}  {reached(one)}"
    yield f"  dispositions: {', '.join(one['word'] for one in queue['dispositions'])}"


def state_of(agent: Mapping[str, Any]) -> str:
    """What an agent does now."""
    if agent["on_call"]:
        return "on a call"
    if agent["rung_for"]:
        return "rung"
    presence = str(agent["presence"])
    return "wrapping up" if presence == "wrap_up" else presence


def reached(agent: Mapping[str, Any]) -> str:
    """Where an agent is reached now."""
    ways = [*(["desk open"] if agent["desk_open"] else []), *([agent["phone"]] if agent["phone"] else [])]
    return ", ".join(ways) or "desk closed"


def _waits(waiting: Sequence[Mapping[str, Any]]) -> str:
    if not waiting:
        return "nobody waits"
    longest_ms = max(one["waited_ms"] for one in waiting)
    return f"{len(waiting)} wait{'s' if len(waiting) == 1 else ''}, longest {_time(longest_ms)}"


def _level(queue: Mapping[str, Any]) -> str:
    figures, sla_s = queue["figures"], queue["sla_s"]
    over = figures["answered"] + figures["abandoned"] + figures["given_up"]
    if sla_s is None or figures["service_level"] is None:
        return f"{figures['answered']} answered, {figures['abandoned']} abandoned, {figures['given_up']} given up"
    return (
        f"{figures['service_level']:.0%} within {sla_s} s ({figures['within_sla']} of {over}; "
        f"{figures['abandoned']} abandoned, {figures['given_up']} given up)"
    )


def _time(ms: int) -> str:
    return f"{ms // 60_000}:{ms // 1000 % 60:02d}"
