"""What the tests of transfers in virtual time share: callers who want a person, and what was heard of it."""

from dataclasses import replace
from typing import Any

from pipeline.line.ready import LineRuntime
from tests.fakes.agents import DeskAgent
from tests.fakes.office import SPEECH, VirtualCall, VirtualOffice
from voice.audio import level_db, ulaw_to_pcm

WISH = "a person please"


def desk(office: VirtualOffice, agent: str, *, available: bool = True) -> DeskAgent:
    """An agent who sits at the desk."""
    made = DeskAgent(office.transfers, agent).sit(available=available)
    office.clocks.append(made.hearing)
    return made


async def asked(office: VirtualOffice, from_: str = "+14155550101") -> VirtualCall:
    """A caller who has just asked for a person."""
    call = await office.call(from_=from_)
    await call.quiet()
    await call.speak()
    return call


def loud(call: VirtualCall, start_ms: int, end_ms: int) -> bool:
    """Whether the caller heard something then."""
    return level_db(ulaw_to_pcm(call.ear.heard.audio(start_ms, end_ms))) > -45


async def both_hear(call: VirtualCall, agent: DeskAgent) -> None:
    """Each says something, and the other hears it."""
    before_ms, heard = call.handset.now_ms, agent.heard_ms()
    await agent.speaks(SPEECH)
    assert loud(call, before_ms, call.handset.now_ms)
    await call.speak()
    await call.handset.wait_ms(300)
    assert agent.heard_ms() - heard >= 500


async def said(office: VirtualOffice, call: VirtualCall) -> list[str]:
    """What the assistant began to say."""
    return [event.data["text"] for event in await office.events(call.sid) if event.kind == "assistant.speaks"]


async def outcomes(office: VirtualOffice, call: VirtualCall) -> list[str]:
    """How the call's transfers ended: each once."""
    events = [event.data for event in await office.events(call.sid) if event.kind == "transfer.over"]
    names = [event["transfer"] for event in events]
    assert len(set(names)) == len(names), events
    return [event["outcome"] for event in events]


def every_queue(office: VirtualOffice, **changed: Any) -> None:
    """All queues of the lines changed in these settings (pipeline.line.human_queues.Queue), for calls to come."""

    def changes(ready: LineRuntime) -> LineRuntime:
        settings = ready.line.settings
        queues = tuple(one.model_copy(update=changed) for one in settings.queues)
        return replace(ready, line=replace(ready.line, settings=settings.model_copy(update={"queues": queues})))

    office.switchboard.use_lines({number: changes(ready) for number, ready in office.parts.lines.items()})
