"""Writes what a call came to into the company's own records, through a tool of the line, once."""

from collections.abc import Iterable, Sequence

from pipeline.assistant.afterwards import CustomerRecord, records
from pipeline.assistant.tools.outcome import ToolResult
from pipeline.assistant.tools.places import filled, names
from pipeline.assistant.tools.runner import ToolRunner
from pipeline.assistant.tools.standing import Standing
from pipeline.line.constants import constants
from pipeline.line.model import Settings
from recordings.events import Event


async def write_records(
    settings: Settings, tools: ToolRunner, events: Iterable[Event], link: str
) -> tuple[ToolResult, ...]:
    """Of each customer who was verified in a call that is over. Asked again, nothing is written twice.

    The tool is held to what it is held to in a call: its risk class, the line's rules, ids, verification and consent,
    all as the call stood for that customer. What needs a person's yes waits for it in the queue.

    link: where people look at the call; empty where that is not known.
    """
    after, kept = settings.after_call, sorted(events, key=lambda event: event.seq)
    if after is None:
        return ()
    binding = settings.tool(after.tool)
    deadline_ms = binding.deadline_ms if binding is not None else 1000
    return tuple(
        [
            await tools.run(
                f"{one.call}/after/{one.customer}",
                after.tool,
                filled(after.arguments, one.values(link)),
                deadline_ms,
                standing=_stood(settings, kept, one, link),
            )
            for one in records(kept)
        ]
    )


def _stood(settings: Settings, events: Sequence[Event], one: CustomerRecord, link: str) -> Standing:
    """The call as it stood for this customer; what is told of it counts as known, the customer by verification only."""
    written = settings.after_call.arguments.values() if settings.after_call else ()
    ours = (one.call, one.line, one.outcome, link, *(value for value in written if not names(value)))
    standing = Standing(one.call, one.line, (*constants(settings), *ours))
    for event in events:
        if event.seq <= one.until:
            standing.take(event)
    standing.turn = ""  # nobody in the call asked for it
    return standing
