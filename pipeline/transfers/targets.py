"""Queues whose callers go elsewhere: a number, a SIP address or a workflow of the line stands for its agents. Pure.

Such a target is to the queues an agent of their own, always there, with nothing to wrap up. Whoever answers it has to
press 1 like everybody else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

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
            phone = queue.to.number or queue.to.sip or ""
            workflow = queue.to.taskrouter or "" if tasks else ""
            if not phone and not workflow:
                continue
            name = (queue.owner or queue.name.replace("_", " "))[:_MOST_NAME]
            agent = Agent(f"{TARGET}{queue.name}", name, frozenset({queue.name}), phone=phone)
            found.setdefault(agent.id, PhoneTarget(agent, queue.to.headers, workflow))
    return found


def is_target(agent_id: str) -> bool:
    """Whether this is a queue's telephone and nobody of the directory."""
    return agent_id.startswith(TARGET)
