"""Writes what a call came to into the company's own records, through a tool of the line, once."""

from collections.abc import Iterable

from pipeline.assistant.afterwards import records
from pipeline.assistant.tools.outcome import ToolResult
from pipeline.assistant.tools.places import filled
from pipeline.assistant.tools.runner import ToolRunner
from pipeline.assistant.tools.standing import Standing
from pipeline.line.model import Settings
from recordings.events import Event


async def write_records(
    settings: Settings, tools: ToolRunner, events: Iterable[Event], link: str
) -> tuple[ToolResult, ...]:
    """Of each customer who was verified in a call that is over. Asked again, nothing is written twice.

    link: where people look at the call; empty where that is not known.
    """
    after = settings.after_call
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
                standing=Standing(one.call, one.line),
                approved=True,  # who was verified is read from the call's events: there is no call left to ask
            )
            for one in records(events)
        ]
    )
