"""Whether every text of a line can be spoken: its places name things that are there when it is said. Pure."""

from collections.abc import Iterator, Mapping
from typing import Final

from pipeline.assistant.tools.port import ToolSpec
from pipeline.line.expression import Expression
from pipeline.line.facts import FACTS
from pipeline.line.finding import Finding, Rest
from pipeline.line.flows import (
    AskStep,
    BranchStep,
    EndStep,
    EnqueueStep,
    FlowStep,
    HangUpStep,
    InstructStep,
    ModelStep,
    SayStep,
    SetStep,
    Step,
    TakeMessageStep,
    ToolStep,
)
from pipeline.line.graph import Graph
from pipeline.line.hints import meant
from pipeline.line.model import Settings
from pipeline.line.policy import spoken_s
from pipeline.line.templates import BUILT_IN, PLACE, WAYS, Place, places

_Text = tuple[tuple[str | int, ...], str, frozenset[str]]
"""Where a text stands, what it says, and the slot that is given while it is said."""
_Fields = Mapping[str, frozenset[str] | None]
_Said = tuple[str, str] | tuple[str, str, Rest]
"""What is wrong, the remedy, and what the finding rests on."""


def check_texts(settings: Settings, graph: Graph, specs: Mapping[str, ToolSpec]) -> Iterator[Finding]:
    """Places that are malformed, unknown, or not yet filled when the text is spoken."""
    known = graph.known()
    fields = _result_fields(settings, specs)
    anything = frozenset(slot for flow in settings.flows.values() for slot in flow.slots()) | frozenset(fields)
    for name, flow in settings.flows.items():
        for index, step in enumerate(flow.steps):
            here = known.get((name, index), anything)  # that nothing leads to a step is said of the step, once
            for path, text, given in _texts(step):
                yield from _too_long(("flows", name, "steps", index, *path), text, settings)
                for what, remedy, *rests_on in _check(text, here | given, fields):
                    yield Finding(("flows", name, "steps", index, *path), what, remedy, tuple(rests_on))
            if isinstance(step, AskStep) and step.ask.read_back is not None:
                yield from _says_slot(
                    ("flows", name, "steps", index, "ask", "read_back"), step.ask.read_back, step.ask.slot
                )
            yield from _expressions(("flows", name, "steps", index), step, settings, fields)
            if isinstance(step, BranchStep):
                yield from _cases(("flows", name, "steps", index, "branch"), step, fields, settings)
    yield from _told(settings, specs)
    yield from _check_prompts(settings)


def _told(settings: Settings, specs: Mapping[str, ToolSpec]) -> Iterator[Finding]:
    """What callers are told of a person's decision: only what the tool gave is there for sure."""
    for index, binding in enumerate(settings.tools):
        spec = specs.get(binding.runs)
        given = {"approved": {"result": spec.result_fields if spec is not None else frozenset()}, "rejected": {}}
        for way, fields in given.items():
            text = getattr(binding, way)
            if text is None:
                continue
            yield from _too_long(("tools", index, way), text, settings)
            for what, remedy, *rests_on in _check(text, frozenset(fields), fields):
                yield Finding(("tools", index, way), what, remedy, tuple(rests_on))


def _expressions(path: tuple[str | int, ...], step: Step, settings: Settings, fields: _Fields) -> Iterator[Finding]:
    """Names in a step's expressions that nothing gives."""
    known = {slot for flow in settings.flows.values() for slot in flow.slots()} | set(fields) | set(FACTS)
    for way, text, own in _conditions(step):
        for name in sorted(Expression.parse(text).names - known - own):
            what = f"there is no {name!r} for {text!r} to look at"
            yield Finding((*path, *way), what, meant(name, known | own), ("ways", "tools"))


def _conditions(step: Step) -> Iterator[tuple[tuple[str | int, ...], str, frozenset[str]]]:
    """A step's expressions: where each stands, and the names that only it knows."""
    nothing: frozenset[str] = frozenset()
    match step:
        case BranchStep(branch=cases):
            for index, case in enumerate(cases):
                if case.condition is not None:
                    yield ("branch", index, "if"), case.condition, nothing
        case AskStep(ask=question) if question.valid is not None:
            yield ("ask", "valid"), question.valid, frozenset({"value"})
        case SetStep(assign=slots):
            yield from ((("set", slot), text, nothing) for slot, text in slots.items())
        case ModelStep(model=model) if model.until is not None:
            yield ("model", "until"), model.until, frozenset({"turns"})


def _too_long(path: tuple[str | int, ...], text: str, settings: Settings) -> Iterator[Finding]:
    allowed_s, takes_s = settings.budgets.spoken_s, spoken_s(text)
    if takes_s > allowed_s:
        what = f"this takes about {takes_s:.0f} s to say, and {allowed_s:g} s are allowed"
        yield Finding(path, what, "say less, or ask in between; budgets.spoken_s allows more")


def _says_slot(path: tuple[str | int, ...], text: str, slot: str) -> Iterator[Finding]:
    if slot not in {place.path for place in places(text)}:
        yield Finding(
            path, "the read-back does not repeat what was understood", f"put {{{slot}}} where it is to be heard"
        )


def _texts(step: Step) -> Iterator[_Text]:
    nothing: frozenset[str] = frozenset()
    match step:
        case SayStep(say=text):
            yield ("say",), text, nothing
        case AskStep(ask=question):
            own = frozenset({question.slot})
            ways = {
                "prompt": nothing,
                "retry": nothing,
                "keypad": nothing,
                "read_back": own,
                "reuse": own,
                "invalid": own,
            }
            for way, given in ways.items():
                text = getattr(question, way)
                if text:
                    yield ("ask", way), text, given
        case ToolStep(tool=use):
            yield from ((("tool", "wait"), text, nothing) for text in (use.wait,) if text)
            arguments = [(name, value) for name, value in use.arguments.items() if isinstance(value, str)]
            yield from ((("tool", "arguments", name), value, nothing) for name, value in arguments)
        case TakeMessageStep(take_message=message):
            yield ("take_message", "prompt"), message.prompt, nothing
            yield ("take_message", "taken"), message.taken, nothing
        case _:
            yield from _more_texts(step)


def _more_texts(step: Step) -> Iterator[_Text]:
    nothing: frozenset[str] = frozenset()
    match step:
        case EndStep(end=ending) if ending.say:
            yield ("end", "say"), ending.say, nothing
        case HangUpStep(hang_up=ending) if ending.say:
            yield ("hang_up", "say"), ending.say, nothing
        case InstructStep(instruct=instruction):
            yield ("instruct", "say"), instruction.say, nothing
        case EnqueueStep(enqueue=wanted):
            for way in ("say", "unreachable", "prompt", "taken"):
                text = getattr(wanted, way)
                if text:
                    yield ("enqueue", way), text, nothing
        case FlowStep(arguments=arguments):
            yield from (
                (("arguments", name), value, nothing) for name, value in arguments.items() if isinstance(value, str)
            )


def _check(text: str, known: frozenset[str], fields: _Fields) -> Iterator[_Said]:
    if PLACE.sub("", text).count("{") or PLACE.sub("", text).count("}"):
        yield "a brace in the text has no partner", "write places as {slot} or {result.field}"
    for place in places(text):
        yield from _check_place(place, known, fields)


def _check_place(place: Place, known: frozenset[str], fields: _Fields) -> Iterator[_Said]:
    if not place.path:
        yield (
            f"{{{place.way}}} is not a place that can be filled in",
            "write {slot}, {result.field} or {result.field|date}",
        )
    elif place.way not in WAYS:
        yield f"there is no way |{place.way} to say a value", f"known: {', '.join(sorted(WAYS - {''}))}"
    elif place.path in BUILT_IN:
        return
    elif place.root not in known:
        yield (
            f"{{{place.path}}} is not known here yet",
            f"ask for it or call the tool before; {meant(place.path, [*known, *BUILT_IN])}",
            "ways",
        )
    elif place.root in fields:
        yield from _check_field(place, fields[place.root])
    elif "." in place.path:
        remedy = f"write {{{place.root}}}; only results of tools have fields"
        yield f"{place.root!r} has no field {place.path.partition('.')[2]!r}", remedy, "ways"


def _check_field(place: Place, given: frozenset[str] | None) -> Iterator[_Said]:
    """A place that a tool's result fills in; given: its fields, None when the tool is not known."""
    field = place.path.partition(".")[2]
    if given is not None and field and field not in given:
        yield f"{place.root!r} has no field {field!r}", meant(field, given), "tools"
    elif not field:
        first = min(given or (), default="…")
        yield f"{place.root!r} is a whole result", f"name one of its fields: {{{place.root}.{first}}}"


def _cases(path: tuple[str | int, ...], step: BranchStep, fields: _Fields, settings: Settings) -> Iterator[Finding]:
    slots = {slot for flow in settings.flows.values() for slot in flow.slots()}
    for index, case in enumerate(step.branch):
        if case.when is None:
            continue
        root, dot, field = case.when.partition(".")
        given = fields.get(root, frozenset())
        right = given is None or field in given if dot else root in slots
        if not right:
            known = slots | {f"{name}.{field}" for name, names in fields.items() for field in names or ()}
            what = f"there is no {case.when!r} to look at"
            yield Finding((*path, index, "when"), what, meant(case.when, known), ("ways", "tools"))


def _result_fields(settings: Settings, specs: Mapping[str, ToolSpec]) -> _Fields:
    """The fields of every result by the name it is kept under; None where its tool is not known: that is said there."""
    fields: dict[str, frozenset[str] | None] = {}
    for flow in settings.flows.values():
        for step in flow.steps:
            if isinstance(step, ToolStep):
                binding = settings.tool(step.tool.name)
                spec = specs.get(binding.runs) if binding else None
                before = fields.get(step.tool.save_as, frozenset())
                fields[step.tool.save_as] = None if spec is None or before is None else before | spec.result_fields
    return fields


_PLACES_OF_PROMPTS: Final = {
    "is_this_about": {"about"},
    "queue_position": {"position"},
    "queue_minutes": {"minutes"},
    "agent_found": {"agent"},
    "offer_callback": {"digits"},
    "calling_back": {"name"},
    "queue_closed": {"hours"},
    "go_on": {"digits"},
    "menu_entry": {"about", "key"},
    "back_to": {"about"},
    "also_mentioned": {"about"},
    "model_asks": {"about", "arguments"},
}


def _check_prompts(settings: Settings) -> Iterator[Finding]:
    for name, value in settings.prompts:
        for text in (value,) if isinstance(value, str) else value:
            yield from _too_long(("prompts", name), text, settings)
            allowed = _PLACES_OF_PROMPTS.get(name, set())
            found = {place.path for place in places(text)}
            if found != allowed:
                needed = " and ".join(f"{{{place}}}" for place in sorted(allowed))
                remedy = (
                    f"it needs {needed} and nothing else" if allowed else "this text is spoken as it stands: no braces"
                )
                yield Finding(("prompts", name), "this text cannot be filled in", remedy)
