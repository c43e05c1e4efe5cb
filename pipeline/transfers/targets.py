"""Queues whose callers go elsewhere: a number, a SIP address or a workflow of the line stands for its agents. Pure.

Such a target is to the queues an agent of their own, always there, with nothing to wrap up; one that takes several
calls at once is as many agents, of whom one is asked about a caller. Whoever answers it has to press 1 like everybody
else.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from pipeline.line.human_queues import Queue
from pipeline.line.model import Line
from telephony.agents import TARGET, Agent

_MOST_NAME: Final = 80


@dataclass(frozen=True, slots=True)
class PhoneTarget:
    """One of them."""

    agent: Agent
    headers: Mapping[str, str] = field(default_factory=dict)
    """X- headers, on SIP."""
    workflow: str = ""
    """Of TaskRouter, in place of a telephone."""


def targets_of(lines: Iterable[Line], *, tasks: bool = False) -> Mapping[str, PhoneTarget]:
    """By id. Of two lines with a queue of the same name the first counts. tasks: workflows can be asked."""
    found: dict[str, PhoneTarget] = {}
    for line in lines:
        for queue in line.settings.queues:
            if f"{TARGET}{queue.name}" not in found:
                found |= {one.agent.id: one for one in _of_queue(queue, tasks=tasks)}
    return found


def _of_queue(queue: Queue, *, tasks: bool) -> Iterator[PhoneTarget]:
    """One for each call that it takes at once."""
    phone = queue.to.number or queue.to.sip or ""
    workflow = queue.to.taskrouter or "" if tasks else ""
    if not phone and not workflow:
        return
    name = (queue.owner or queue.name.replace("_", " "))[:_MOST_NAME]
    for number in range(1, queue.to.at_once + 1):
        agent_id = f"{TARGET}{queue.name}" + (f".{number}" if number > 1 else "")
        agent = Agent(agent_id, name, frozenset({queue.name}), phone=phone)
        yield PhoneTarget(agent, queue.to.headers, workflow)


def is_target(agent_id: str) -> bool:
    """Whether this is a queue's telephone and nobody of the directory."""
    return agent_id.startswith(TARGET)
