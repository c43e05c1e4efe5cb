"""What of a line's configuration a packet is made with. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pipeline.assistant.tools.port import ToolSpec
from pipeline.handoff.cleaning import kind_of_name
from pipeline.line.flows import InstructStep
from pipeline.line.model import Line
from recordings.redact import Kind

_NAMES: Final = frozenset({"name", "full_name", "caller_name", "customer_name", "first_name", "nombre"})


@dataclass(frozen=True, slots=True)
class About:
    """As it stands: a line of which nothing is known."""

    line: str = ""
    tools: Mapping[str, ToolSpec] = field(default_factory=dict)
    """By the names that its steps use."""
    disclosures: frozenset[str] = frozenset()
    """What callers are told of assistant and recording, in each language."""
    redact: tuple[Kind, ...] = ()
    names: frozenset[str] = _NAMES
    """Slots that hold the caller's name."""
    secrets: frozenset[str] = frozenset()
    """Slots that are keyed in secretly."""
    sensitive: frozenset[str] = frozenset()
    """Slots whose answers are kept nowhere."""
    not_asked: frozenset[str] = frozenset()
    """Slots that an agent is not told to ask for: secrets, and what is only a yes or no to our own proposal."""
    to_person: frozenset[str] = frozenset({"person"})
    """Intents that wish for a person and nothing else."""
    human_flow: str = ""
    closings: frozenset[str] = frozenset()
    """What callers are asked once a wish of theirs is done with, in each language; none: it is not known."""
    checks: frozenset[str] = frozenset()
    """Tools that find out who calls."""
    tried: Mapping[str, str] = field(default_factory=dict)
    """What callers are asked to do, in the line's first language, by `intent.slot` of what came of it."""
    intents: frozenset[str] = frozenset()
    flows: Mapping[str, str] = field(default_factory=dict)
    """The intent that each flow serves."""


def about(line: Line) -> About:
    """What is known of this line."""
    settings = line.settings
    bound = {tool.name: line.tool_spec(tool.name) for tool in settings.tools}
    asked = [question for _, question in line.questions]
    return About(
        line=settings.name,
        tools={name: spec for name, spec in bound.items() if spec is not None},
        disclosures=frozenset(one.settings.greeting.disclosure for one in (line, *line.others)),
        redact=settings.recording.redact,
        names=_NAMES | {question.slot for question in asked if question.kind == "name"},
        secrets=frozenset(question.slot for question in asked if question.secret or kind_of_name(question.slot)),
        sensitive=frozenset(question.slot for question in asked if question.redact),
        not_asked=frozenset(one.slot for one in asked if one.secret or one.kind == "yes_no" or kind_of_name(one.slot)),
        to_person=frozenset(one.name for one in settings.intents if one.flow == settings.human_flow) | {"person"},
        human_flow=settings.human_flow,
        closings=frozenset(one.settings.prompts.anything_else for one in (line, *line.others)),
        checks=frozenset(way.tool for _, way in settings.identity.ways()),
        tried={
            f"{intent.name}.{step.id or f'step_{number}'}": step.instruct.say
            for intent in settings.intents
            for number, step in enumerate(settings.flows[intent.flow].steps, 1)
            if isinstance(step, InstructStep)
        },
        intents=frozenset(one.name for one in settings.intents),
        flows={one.flow: one.name for one in reversed(settings.intents)},
    )
