"""What is wrong with a line's rules for bringing in a person: names that nothing gives, queues, flows, texts. Pure."""

import re
from collections.abc import Iterator
from typing import Final

from pipeline.assistant.signals.topics import names as phrase_sets
from pipeline.line.escalation import FUNCTIONS, EscalationRule, defaults
from pipeline.line.expression import Expression
from pipeline.line.facts import FACTS, TURN_FACTS
from pipeline.line.finding import Finding
from pipeline.line.flows import AskStep, EnqueueStep, TakeMessageStep
from pipeline.line.hints import meant
from pipeline.line.model import Settings
from pipeline.line.questions import repeated
from pipeline.line.templates import BUILT_IN, places

_ASKED: Final = re.compile(r"""\bphrases\(\s*(?:"([^"]*)"|'([^']*)')\s*\)""")
_SIGNAL: Final = re.compile(r"\bsignals\.([a-z_]+)")
_SIGNALS: Final = ("urgency", "frustration", "anger")
_Path = tuple[str | int, ...]


def check_escalation(settings: Settings) -> Iterator[Finding]:
    """Everything that does not fit together in `escalation`."""
    for index, rule in enumerate(settings.escalation):
        path: _Path = ("escalation", index)
        yield from _check_rule(path, rule, settings)
        if rule.when is not None:
            yield from _check_names((*path, "when"), rule.when, settings)
    for index, name in repeated([rule.name for rule in settings.escalation]):
        yield Finding(("escalation", index, "name"), f"there are two rules named {name!r}", "merge or rename one")


def _check_rule(path: _Path, rule: EscalationRule, settings: Settings) -> Iterator[Finding]:
    known = {default.name for default in defaults()}
    if rule.name not in known and rule.when is None and not rule.says:
        what = f"rule {rule.name!r} does not say when it holds, and no default is called so"
        yield Finding((*path, "name"), what, f"give it 'when' or 'says'; {meant(rule.name, known)}")
    if rule.queue is not None and settings.queue(rule.queue) is None:
        queues = [queue.name for queue in settings.queues]
        what = f"there is no queue {rule.queue!r}"
        yield Finding((*path, "queue"), what, meant(rule.queue, queues), ("queues",))
    if rule.flow is not None and rule.flow not in settings.flows:
        what = f"there is no flow {rule.flow!r}"
        yield Finding((*path, "flow"), what, meant(rule.flow, settings.flows), ("flows",))
    elif rule.flow is not None and not _brings_in(settings, rule.flow):
        what = f"flow {rule.flow!r} brings in no human"
        yield Finding((*path, "flow"), what, "give it a take_message or an enqueue step", ("flows", "ways"))
    unknown = [place.path for place in places(rule.say or "") if place.path not in BUILT_IN]
    if unknown:
        what = f"nothing fills in {{{unknown[0]}}} here"
        yield Finding((*path, "say"), what, f"known here: {', '.join(sorted(BUILT_IN))}")


def _check_names(path: _Path, text: str, settings: Settings) -> Iterator[Finding]:
    slots = {slot for flow in settings.flows.values() for slot in flow.slots()}
    results = {step.tool.save_as for flow in settings.flows.values() for step in flow.steps if hasattr(step, "tool")}
    known = {*FACTS, *TURN_FACTS, *slots, *results}
    for name in sorted(Expression.parse(text, FUNCTIONS).names - known):
        what = f"there is no {name!r} for {text!r} to look at"
        yield Finding(path, what, meant(name, known), ("ways", "tools"))
    for asked in (first or second for first, second in _ASKED.findall(text)):
        if asked not in phrase_sets():
            yield Finding(path, f"there is no set of phrases {asked!r}", meant(asked, phrase_sets()))
    for signal in _SIGNAL.findall(text):
        if signal not in _SIGNALS:
            yield Finding(path, f"there is no signal {signal!r}", meant(signal, _SIGNALS))


def _brings_in(settings: Settings, flow: str) -> bool:
    steps = settings.flows[flow].steps
    return any(isinstance(step, TakeMessageStep | EnqueueStep) for step in steps) or not any(
        isinstance(step, AskStep) for step in steps
    )
