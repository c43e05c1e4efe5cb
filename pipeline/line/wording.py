"""Whether every text of a line can be spoken: its places name things that are there when it is said. Pure."""

from collections.abc import Iterator
from typing import Final

from pipeline.assistant.tools.registry import SPECS
from pipeline.line.finding import Finding
from pipeline.line.flows import AskStep, BranchStep, EndStep, SayStep, Step, TakeMessageStep, ToolStep
from pipeline.line.graph import Graph
from pipeline.line.model import Settings
from pipeline.line.templates import BUILT_IN, PLACE, WAYS, Place, places

_Text = tuple[tuple[str | int, ...], str, frozenset[str]]
"""Where a text stands, what it says, and the slot that is given while it is said."""


def check_texts(settings: Settings, graph: Graph) -> Iterator[Finding]:
    """Places that are malformed, unknown, or not yet filled when the text is spoken."""
    known = graph.known()
    fields = _result_fields(settings)
    for name, flow in settings.flows.items():
        for index, step in enumerate(flow.steps):
            here = known.get((name, index), frozenset())
            for path, text, given in _texts(step):
                for finding in _check(text, here | given, fields):
                    yield Finding(("flows", name, "steps", index, *path), *finding)
            if isinstance(step, AskStep) and step.ask.read_back is not None:
                yield from _says_slot(
                    ("flows", name, "steps", index, "ask", "read_back"), step.ask.read_back, step.ask.slot
                )
            if isinstance(step, BranchStep):
                yield from _cases(("flows", name, "steps", index, "branch"), step, fields, settings)
    yield from _check_prompts(settings)


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
            ways = {"prompt": nothing, "retry": nothing, "keypad": nothing, "read_back": own, "reuse": own}
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
        case EndStep(end=ending) if ending.say:
            yield ("end", "say"), ending.say, nothing


def _check(text: str, known: frozenset[str], fields: dict[str, frozenset[str]]) -> Iterator[tuple[str, str]]:
    if PLACE.sub("", text).count("{") or PLACE.sub("", text).count("}"):
        yield "a brace in the text has no partner", "write places as {slot} or {result.field}"
    for place in places(text):
        yield from _check_place(place, known, fields)


def _check_place(place: Place, known: frozenset[str], fields: dict[str, frozenset[str]]) -> Iterator[tuple[str, str]]:
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
            f"ask for it or call the tool before; always there: {', '.join(sorted(BUILT_IN))}",
        )
    elif "." in place.path and place.path.partition(".")[2] not in fields.get(place.root, frozenset()):
        given = ", ".join(sorted(fields.get(place.root, frozenset()))) or "none"
        yield f"{place.root!r} has no field {place.path.partition('.')[2]!r}", f"its fields: {given}"
    elif "." not in place.path and place.root in fields:
        yield (
            f"{place.root!r} is a whole result",
            f"name one of its fields: {{{place.root}.{min(fields[place.root], default='…')}}}",
        )


def _cases(
    path: tuple[str | int, ...], step: BranchStep, fields: dict[str, frozenset[str]], settings: Settings
) -> Iterator[Finding]:
    slots = {question.slot for flow in settings.flows.values() for question in flow.questions()}
    for index, case in enumerate(step.branch):
        if case.when is None:
            continue
        root, dot, field = case.when.partition(".")
        right = field in fields.get(root, frozenset()) if dot else root in slots
        if not right:
            known = sorted(slots | {f"{name}.{field}" for name, names in fields.items() for field in names})
            yield Finding((*path, index, "when"), f"there is no {case.when!r} to look at", f"known: {', '.join(known)}")


def _result_fields(settings: Settings) -> dict[str, frozenset[str]]:
    fields: dict[str, frozenset[str]] = {}
    for flow in settings.flows.values():
        for step in flow.steps:
            if isinstance(step, ToolStep):
                binding = settings.tool(step.tool.name)
                spec = SPECS.get(binding.runs) if binding else None
                more = spec.result_fields if spec else frozenset()
                fields[step.tool.save_as] = fields.get(step.tool.save_as, frozenset()) | more
    return fields


_PLACES_OF_PROMPTS: Final = {"is_this_about": {"about"}, "go_on": {"digits"}, "menu_entry": {"about", "key"}}


def _check_prompts(settings: Settings) -> Iterator[Finding]:
    for name, value in settings.prompts:
        for text in (value,) if isinstance(value, str) else value:
            allowed = _PLACES_OF_PROMPTS.get(name, set())
            found = {place.path for place in places(text)}
            if found != allowed:
                needed = " and ".join(f"{{{place}}}" for place in sorted(allowed))
                remedy = (
                    f"it needs {needed} and nothing else" if allowed else "this text is spoken as it stands: no braces"
                )
                yield Finding(("prompts", name), "this text cannot be filled in", remedy)
