"""`cordboard chat`: talk to a line in text, through the same dialogue, tools and knowledge as on the phone."""

import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from pipeline.text import TextCall
from recordings.events import Event, to_json
from server.cli.exits import Exit
from server.cli.show import ConversationView
from server.engines import open_llm
from server.settings import Settings
from server.text_office import open_text_line, text_office

HELP: Final = 'Type what the caller says. "#12345" presses keys; an empty line is silence; Ctrl-D hangs up.'
PROMPT: Final = "caller    "


@dataclass(frozen=True, slots=True)
class Chatting:
    """A conversation that is asked for."""

    line: Path
    number: str
    """The caller's."""
    said: tuple[str, ...] = ()
    """What the caller says, in order; empty: it is typed."""
    local_time: datetime | None = None
    """The line's; None: now."""
    as_json: bool = False


@dataclass
class _Shown:
    """Prints a conversation while it happens."""

    out: Console
    as_json: bool
    typed: bool
    """The caller's own words stand there already."""
    view: ConversationView = field(default_factory=ConversationView)

    def event(self, event: Event) -> None:
        told: dict[str, Any] = to_json(event)
        if self.as_json:
            self.out.print(json.dumps(told, ensure_ascii=False), markup=False, highlight=False)
        elif not (self.typed and event.kind == "caller.said"):
            for line in self.view.show(told):
                self.out.print(line)


async def chat(settings: Settings, wanted: Chatting, out: Console) -> Exit:
    """Hold the conversation to its end. Raises LineInvalid, BackendUnusable, KnowledgeError, ProviderError."""
    typed = not wanted.said and sys.stdin.isatty()
    shown = _Shown(out, wanted.as_json, typed)
    async with AsyncExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="cordboard-chat-"))
        line = await asyncio.to_thread(open_text_line, wanted.line, settings, Path(scratch))
        model = await open_llm(settings, stack)
        local_time = _here(wanted.local_time, line.now(datetime.now(UTC)))
        office = await stack.enter_async_context(text_office(line, local_time.date, model))
        if typed and not wanted.as_json:
            out.print(HELP, style="dim")
        call = await stack.enter_async_context(office.call(wanted.number, local_time, shown.event))
        texted = 0
        lines = iter(wanted.said) if wanted.said else _lines(typed=typed)
        while call.ended is None:
            said = await asyncio.to_thread(next, lines, None)
            if said is None:
                break
            await tell(call, said)
            for text in office.texts.texts[texted:] if not wanted.as_json else ():
                out.print(f"         text message to {text.to}: {text.body}", markup=False, highlight=False)
            texted = len(office.texts.texts)
    return Exit.OK


async def tell(call: TextCall, said: str) -> None:
    """What a line of text stands for: words, "#12345" keys, nothing at all silence."""
    words = said.strip()
    if not words:
        await call.silence()
    elif words.startswith("#") and words[1:].strip().isdecimal():
        await call.press(words[1:].strip())
    else:
        await call.say(words)


def _lines(*, typed: bool) -> Iterator[str]:
    while True:
        try:
            yield input(PROMPT if typed else "")
        except (EOFError, KeyboardInterrupt):
            return


def _here(wanted: datetime | None, now: datetime) -> datetime:
    return now if wanted is None else wanted.replace(tzinfo=now.tzinfo)
