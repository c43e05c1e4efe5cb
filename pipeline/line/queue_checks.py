"""What is wrong with a line's queues, and what only may be: names, languages, times, skills, who is there. Pure.

What is wrong keeps a line from being used; a doubt does not: it is told by `cordboard check`, and all works on.
"""

from collections.abc import Iterator, Sequence

from pipeline.line.finding import Finding
from pipeline.line.flows import EnqueueStep, Flow
from pipeline.line.hints import meant
from pipeline.line.human_queues import Queue
from pipeline.line.model import Settings
from pipeline.line.questions import repeated
from pipeline.line.queues import stand_ins
from telephony.agents import Agent


def check_queues(settings: Settings, spoken: Sequence[str]) -> Iterator[Finding]:
    """What is wrong. spoken: codes of the line's languages."""
    names = [queue.name for queue in settings.queues]
    for index, name in repeated(names):
        yield Finding(("queues", index), f"there are two queues named {name!r}", "keep one of them")
    for index, queue in enumerate(settings.queues):
        others = [name for name in names if name != queue.name]
        another = f"drop it, or name another queue; {meant('', others)}"
        if queue.instead == queue.name:
            yield Finding(("queues", index, "instead"), f"queue {queue.name!r} names itself instead", another)
        elif queue.instead is not None and queue.instead not in names:
            what = f"queue {queue.name!r} names {queue.instead!r} instead, which is no other queue"
            yield Finding(("queues", index, "instead"), what, meant(queue.instead, others))
        if queue.overflow == queue.name:
            yield Finding(("queues", index, "overflow"), f"queue {queue.name!r} overflows into itself", another)
        elif queue.overflow is not None and queue.overflow not in names:
            what = f"queue {queue.name!r} overflows into {queue.overflow!r}, which is no other queue"
            yield Finding(("queues", index, "overflow"), what, meant(queue.overflow, others))
        if queue.languages and not set(queue.languages) & set(spoken):
            what = f"queue {queue.name!r} speaks {', '.join(queue.languages)}, and the line {', '.join(spoken)}"
            remedy = (
                "write codes of the line's 'language' or 'languages'; without 'languages' the queue speaks all of them"
            )
            yield Finding(("queues", index, "languages"), f"{what}: no caller fits it", remedy)


def doubts(settings: Settings, spoken: Sequence[str]) -> Iterator[Finding]:
    """What works and is hardly meant. spoken: as for `check_queues`."""
    yield from _circles(settings)
    for index, queue in enumerate(settings.queues):
        yield from _times(("queues", index), queue)
        foreign = [one for one in queue.languages if one not in spoken]
        if foreign:
            what = f"queue {queue.name!r} speaks {', '.join(foreign)}, which this line does not"
            yield Finding(
                ("queues", index, "languages"), what, "add it to the line's 'languages', or leave it out here"
            )
        yield from _unspoken(("queues", index, "languages"), settings, queue, spoken)
        others = [set(one.skills) for one in settings.queues if one is not queue]
        mine = set(queue.skills)
        if mine and not any(mine <= one or (one and one <= mine) for one in others):
            what = f"the skills of queue {queue.name!r} ({', '.join(queue.skills)}) do nothing"
            remedy = "no other queue has all of them; name one with 'instead', or give another queue the same skills"
            if queue.instead is None:
                yield Finding(("queues", index, "skills"), what, remedy)


def unstaffed(settings: Settings, spoken: Sequence[str], agents: Sequence[Agent]) -> Iterator[Finding]:
    """Queues that callers are put through to, and what nobody of the directory can do there."""
    for index, queue in enumerate(settings.queues):
        if queue.name not in _callers_of(settings) or not queue.to.to_agents:
            continue
        people = [agent for agent in agents if queue.name in agent.queues]
        if not people:
            instead = "a message is taken from them" if queue.voicemail else "they hear that nobody is free"
            what = f"no agent takes callers of queue {queue.name!r}: {instead}"
            remedy = f"cordboard agents add ID --name NAME --queue {queue.name}; or say with 'to' who gets them"
            yield Finding(("queues", index), what, remedy)
            continue
        for language in queue.languages or spoken:
            if language in spoken and not any(not one.languages or language in one.languages for one in people):
                what = f"no agent of queue {queue.name!r} speaks {language}, as callers may"
                yield Finding(("queues", index), what, f"add one with --language {language}, or name a queue 'instead'")
        for skill in queue.skills:
            if not any(skill in one.skills for one in people):
                what = f"no agent of queue {queue.name!r} has its skill {skill!r}"
                yield Finding(("queues", index, "skills"), what, f"add one with --skill {skill}, or take it out")


def _callers_of(settings: Settings) -> set[str]:
    """Queues that calls may come to: of a step or a rule, asked for by name, or in place of another."""
    found = _meant_for(settings)
    people = {settings.human_flow, *(rule.flow for rule in settings.escalation if rule.queue is None)}
    if any(_enqueued(flow) for name, flow in settings.flows.items() if name in people):
        found |= {queue.name for queue in settings.queues}
    while (
        more := {
            name
            for queue in settings.queues
            if queue.name in found
            for name in (queue.instead, queue.overflow)
            if name is not None
        }
        - found
    ):
        found |= more
    return found


def _meant_for(settings: Settings) -> set[str]:
    """Queues that steps and rules put callers in."""
    found = {name for flow in settings.flows.values() for name in _enqueued(flow)}
    return found | {rule.queue for rule in settings.escalation if rule.queue is not None} if found else found


def _enqueued(flow: Flow) -> set[str]:
    return {step.enqueue.queue for step in flow.steps if isinstance(step, EnqueueStep)}


def _unspoken(
    path: tuple[str | int, ...], settings: Settings, queue: Queue, spoken: Sequence[str]
) -> Iterator[Finding]:
    """Languages in which a step or a rule puts callers in a queue where nobody speaks them."""
    if queue.name not in _meant_for(settings):
        return
    able = [one.languages or spoken for one in stand_ins(settings.queues, queue)]
    lost = [code for code in spoken if not any(code in one for one in able)]
    if lost:
        what = f"callers who speak {', '.join(lost)} come to queue {queue.name!r}, which speaks "
        what += f"{', '.join(queue.languages)} only: nobody there is for them"
        remedy = "add it to its 'languages', or name a queue that speaks it with 'instead'"
        yield Finding(path, what, remedy)


def _times(path: tuple[str | int, ...], queue: Queue) -> Iterator[Finding]:
    if queue.sla_s > queue.max_wait_s:
        default = "" if "sla_s" in queue.model_fields_set else " (the default)"
        what = f"queue {queue.name!r} promises an answer within {queue.sla_s} s{default}, and its callers wait "
        what += f"{queue.max_wait_s} s at most"
        where = "sla_s" if "sla_s" in queue.model_fields_set else "max_wait_s"
        yield Finding((*path, where), what, f"make sla_s {queue.max_wait_s} or less (0: no promise)")
    if queue.to.to_agents and queue.ring_s > queue.max_wait_s:
        default = "" if "ring_s" in queue.model_fields_set else " (the default)"
        what = f"queue {queue.name!r} rings an agent for {queue.ring_s} s{default}, and its callers wait "
        what += f"{queue.max_wait_s} s at most"
        where = "ring_s" if "ring_s" in queue.model_fields_set else "max_wait_s"
        yield Finding((*path, where), what, "make ring_s less, so that a second agent is asked, or max_wait_s more")


def _circles(settings: Settings) -> Iterator[Finding]:
    into = {queue.name: queue.overflow for queue in settings.queues}
    told = set[str]()
    for index, queue in enumerate(settings.queues):
        way = [queue.name]
        while (onward := into.get(way[-1])) is not None and onward not in way:
            way.append(onward)
        if onward != queue.name or len(way) == 1 or told & set(way):
            continue
        told |= set(way)
        what = f"queues overflow in a circle ({' → '.join([*way, queue.name])}), and nobody comes to a queue twice"
        remedy = "who was in all of them is given up; drop the 'overflow' of the one where callers are to stay"
        yield Finding(("queues", index, "overflow"), what, remedy)
