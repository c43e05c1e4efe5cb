"""What must fit together in a line, beyond the shape of each part. Pure.

Names that exist, steps that are reached, texts that can be filled in, a keypad answer wherever digits are asked.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.assistant.languages.language import PARSERS, Language, stands_in
from pipeline.assistant.tools.port import ToolSpec
from pipeline.assistant.tools.registry import SPECS
from pipeline.assistant.tools.schemas import allowed
from pipeline.line.aftercall_checks import check_after_call
from pipeline.line.escalation_checks import check_escalation
from pipeline.line.finding import Finding
from pipeline.line.flows import (
    HUMAN_KEY,
    AskStep,
    BranchStep,
    EnqueueStep,
    ModelStep,
    Step,
    TakeMessageStep,
    ToolStep,
    ToolUse,
    VerifyStep,
)
from pipeline.line.graph import Graph
from pipeline.line.hints import meant
from pipeline.line.knowing import check_identity
from pipeline.line.model import MIN_EXAMPLES, MIN_INTENTS, Settings
from pipeline.line.opening_hours import Hours
from pipeline.line.questions import check_question, repeated
from pipeline.line.queue_checks import check_queues
from pipeline.line.templates import PLACE
from pipeline.line.verbs import Conversation
from pipeline.line.wording import check_texts

_SAYS_MACHINE: Final = re.compile(
    r"\b(?:automated|automatic|virtual|artificial|ai|machine|computer|digital|robot|bot)\b", re.IGNORECASE
)


Specs = Mapping[str, ToolSpec]
"""Every tool that a line may bind, by the name that `runs` uses."""


def check(
    settings: Settings, specs: Specs = SPECS, language: Language = PARSERS, spoken: Sequence[str] = ()
) -> list[Finding]:
    """Everything that does not fit together. language: of the line's texts; spoken: all of the line's, by code."""
    graph = Graph(settings)
    return [
        *_check_policy(settings),
        *check_queues(settings, spoken or (settings.language,)),
        *_check_greeting(settings, language),
        *_check_recording(settings, language),
        *_check_hours(settings),
        *_check_enough(settings),
        *_check_intents(settings),
        *_check_tools(settings, specs),
        *_check_steps(settings, specs),
        *check_identity(settings, specs),
        *check_after_call(settings, specs),
        *check_escalation(settings),
        *graph.findings(),
        *_check_human_flow(settings, graph),
        *check_texts(settings, graph, specs),
    ]


def _check_greeting(settings: Settings, language: Language) -> Iterator[Finding]:
    said = settings.greeting.disclosure
    if not (stands_in(said, language.machine) if language.machine else _SAYS_MACHINE.search(said)):
        yield Finding(
            ("greeting", "disclosure"),
            "the disclosure does not say that the caller speaks with a machine",
            'say so, as the law asks in many places: "You are speaking with our automated assistant."',
        )


def _check_recording(settings: Settings, language: Language) -> Iterator[Finding]:
    """The disclosure says that the call is recorded where it is, and nowhere else."""
    consent = settings.recording.consent
    if language.recorded or language.answers is None:
        told = language.says_recorded(settings.greeting.disclosure)
        if consent == "announce" and not told:
            what = f"calls are recorded, and the disclosure does not say so in {language.name}"
            remedy = 'say it ("… and this call is recorded."), or ask or record nothing (recording.consent)'
            yield Finding(("greeting", "disclosure"), what, remedy)
        if consent != "announce" and told:
            what = f"the disclosure speaks of recording, and recording.consent is {consent!r}"
            yield Finding(("greeting", "disclosure"), what, "leave it out: nobody is to be told what is not so")


def _check_policy(settings: Settings) -> Iterator[Finding]:
    for index, topic in repeated([boundary.topic for boundary in settings.boundaries]):
        yield Finding(("boundaries", index, "topic"), f"{topic!r} is declined twice", "merge the two")
    for index, intent in enumerate(settings.intents):
        if intent.flow == settings.human_flow and intent.autonomy != "auto":
            what = f"intent {intent.name!r} brings in a person, which is not held back"
            yield Finding(("intents", index, "autonomy"), what, "drop 'autonomy'", ("ways",))


def _check_hours(settings: Settings) -> Iterator[Finding]:
    of_queues = [(("queues", at, "hours"), queue.hours) for at, queue in enumerate(settings.queues)]
    for path, hours in [(("hours",), settings.hours), *of_queues]:
        if hours is not None:
            yield from _check_these_hours(path, hours)


def _check_these_hours(path: tuple[str | int, ...], hours: Hours) -> Iterator[Finding]:
    try:
        ZoneInfo(hours.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        what = f"there is no time zone {hours.time_zone!r}"
        yield Finding((*path, "time_zone"), what, 'use a name like "America/New_York"')
    for index, day in repeated([holiday.date.isoformat() for holiday in hours.holidays]):
        yield Finding((*path, "holidays", index), f"{day} is listed twice", "keep one of the two")


def _check_enough(settings: Settings) -> Iterator[Finding]:
    if len(settings.intents) < MIN_INTENTS:
        what = f"there is one intent, and a line needs {MIN_INTENTS} to tell what callers want"
        yield Finding(("intents",), what, f"add another, say one with 'flow: {settings.human_flow}'")


def _check_intents(settings: Settings) -> Iterator[Finding]:
    owners: dict[str, str] = {}
    for index, intent in enumerate(settings.intents):
        path = ("intents", index)
        if intent.flow not in settings.flows:
            yield Finding(
                (*path, "flow"),
                f"intent {intent.name!r} names a flow {intent.flow!r} that does not exist",
                meant(intent.flow, settings.flows),
                ("flows",),
            )
        distinct = {" ".join(example.lower().split()) for example in intent.examples}
        if len(distinct) < MIN_EXAMPLES:
            yield Finding(
                (*path, "examples"),
                f"intent {intent.name!r} has {len(distinct)} different examples, and {MIN_EXAMPLES} are needed",
                "write down how callers really say it, in short and in long",
            )
        for example in sorted(distinct):
            if example in owners and owners[example] != intent.name:
                yield Finding(
                    (*path, "examples"), f"{example!r} is an example of {owners[example]!r} too", "keep it in one"
                )
            owners.setdefault(example, intent.name)
    for index, name in repeated([intent.name for intent in settings.intents]):
        yield Finding(("intents", index, "name"), f"there are two intents named {name!r}", "merge or rename one")
    for index, key in repeated(
        [f"none {at}" if intent.key is None else str(intent.key) for at, intent in enumerate(settings.intents)]
    ):
        yield Finding(("intents", index, "key"), f"key {key} is given to two intents", "give each its own")
    for index, intent in enumerate(settings.intents):
        if intent.key == HUMAN_KEY and intent.flow != settings.human_flow:
            yield Finding(("intents", index, "key"), "key 0 is the way to a human", "use 1 to 9")  # fmt: skip


def _check_tools(settings: Settings, specs: Specs) -> Iterator[Finding]:
    for index, binding in enumerate(settings.tools):
        if binding.runs not in specs:
            yield Finding(("tools", index, "runs"), f"there is no tool {binding.runs!r}", meant(binding.runs, specs))
    for index, name in repeated([tool.name for tool in settings.tools]):
        yield Finding(("tools", index, "name"), f"there are two tools named {name!r}", "rename one")
    if settings.backend is None and any(binding.runs in SPECS for binding in settings.tools):
        what, remedy = "there are tools but no backend", "add 'backend:' with its kind and seed"
        yield Finding(("tools",), what, remedy, ("backend", "tools"))
    bound = {tool.name for tool in settings.tools}
    uses: dict[str, list[tuple[str | int, ...]]] = {}
    for path, use in _uses(settings):
        if use.name not in bound:
            uses.setdefault(use.name, []).append(path)
    for name, places in uses.items():
        what = f"there is no tool {name!r}" + (f", and {len(places)} steps use it" if len(places) > 1 else "")
        yield Finding((*places[0], "name"), what, meant(name, bound), ("tools",))


def _uses(settings: Settings) -> Iterator[tuple[tuple[str | int, ...], ToolUse]]:
    for name, flow in settings.flows.items():
        for index, step in enumerate(flow.steps):
            if isinstance(step, ToolStep):
                yield ("flows", name, "steps", index, "tool"), step.tool


def _check_steps(settings: Settings, specs: Specs) -> Iterator[Finding]:
    for name, flow in settings.flows.items():
        for index, step in enumerate(flow.steps):
            yield from _check_step(settings, specs, ("flows", name, "steps", index), step)


def _check_step(settings: Settings, specs: Specs, path: tuple[str | int, ...], step: Step) -> Iterator[Finding]:
    match step:
        case AskStep(ask=question):
            yield from check_question((*path, "ask"), question)
        case ToolStep(tool=use):
            yield from _check_use(settings, specs, (*path, "tool"), use)
        case TakeMessageStep(take_message=message) if settings.queue(message.queue) is None:
            what = f"there is no queue {message.queue!r}"
            remedy = meant(message.queue, _names(settings))
            yield Finding((*path, "take_message", "queue"), what, remedy, ("queues",))
        case EnqueueStep(enqueue=wanted) if settings.queue(wanted.queue) is None:
            what = f"there is no queue {wanted.queue!r}"
            yield Finding((*path, "enqueue", "queue"), what, meant(wanted.queue, _names(settings)), ("queues",))
        case VerifyStep(verify=verify) if settings.identity.towards(verify.level) is None:
            what = f"nothing here can verify a caller to the level {verify.level!r}"
            remedy = (
                f"say under identity: {verify.level}: how; or drop the step, and bring in a person where it matters"
            )
            yield Finding((*path, "verify", "level"), what, remedy)
        case ModelStep(model=model):
            yield from _check_model((*path, "model"), settings, model)
        case BranchStep():
            yield from _check_cases((*path, "branch"), step)


def _check_model(path: tuple[str | int, ...], settings: Settings, model: Conversation) -> Iterator[Finding]:
    bound = {tool.name for tool in settings.tools}
    for index, name in enumerate(model.tools):
        if name not in bound:
            yield Finding((*path, "tools", index), f"there is no tool {name!r}", meant(name, bound), ("tools",))


def _names(settings: Settings) -> list[str]:
    return [queue.name for queue in settings.queues]


def _check_use(settings: Settings, specs: Specs, path: tuple[str | int, ...], use: ToolUse) -> Iterator[Finding]:
    binding = settings.tool(use.name)
    spec = specs.get(binding.runs) if binding is not None else None
    if spec is None:  # said once, where the tool is bound or first used
        return
    fields = spec.arguments.get("properties", {})
    for name in use.arguments:
        if name not in fields:
            what = f"tool {use.name!r} takes no {name!r}"
            yield Finding((*path, "arguments", name), what, meant(name, fields), ("tools",))
    missing = [name for name in spec.arguments.get("required", ()) if name not in use.arguments]
    if missing:
        what = f"tool {use.name!r} also needs {', '.join(missing)}"
        yield Finding((*path, "arguments"), what, "add what is missing", ("tools",))
    fixed = {
        name: value for name, value in use.arguments.items() if not (isinstance(value, str) and PLACE.search(value))
    }
    for name, value in fixed.items():
        if name in fields and not allowed(spec.arguments, name, value):
            what = f"{name}: {value!r} is not what tool {use.name!r} takes"
            remedy = "give a value of the right kind, or {slot} for what the caller said"
            yield Finding((*path, "arguments", name), what, remedy, ("tools",))


def _check_cases(path: tuple[str | int, ...], step: BranchStep) -> Iterator[Finding]:
    for index, case in enumerate(step.branch):
        conditions = (case.equals is not None) + (case.exists is not None)
        mixed = case.condition is not None and (case.when is not None or conditions > 0)
        if mixed or (case.when is None and conditions) or (case.when is not None and conditions != 1):
            yield Finding(
                (*path, index),
                "a case looks at one thing in one way",
                "give 'when' with 'equals' or with 'exists', or 'if', or neither",
            )
        if case.otherwise and index < len(step.branch) - 1:
            yield Finding((*path, index + 1), "this case is never reached", "put the case without a condition last")


def _check_human_flow(settings: Settings, graph: Graph) -> Iterator[Finding]:
    name = settings.human_flow
    if name not in settings.flows:
        yield Finding(("human_flow",), f"there is no flow {name!r}", meant(name, settings.flows), ("flows",))
        return
    steps = [settings.flows[flow].steps[index] for flow, index in graph.reach((name, 0))]
    if not any(isinstance(step, TakeMessageStep | EnqueueStep) for step in steps):
        what = f"flow {name!r} brings in no human"
        yield Finding(("human_flow",), what, "give it a take_message or an enqueue step", ("ways",))
    asking = [step for step in steps if isinstance(step, AskStep | ToolStep | ModelStep | VerifyStep)]
    if asking:
        yield Finding(
            ("human_flow",),
            f"flow {name!r} asks or looks up, which may be what just failed",
            "take the message at once",
            ("ways",),
        )
