"""Checks how a line makes sure who its callers are: flows, tools and what their results say. Pure."""

from collections.abc import Iterator, Mapping

from pipeline.assistant.tools.port import ToolSpec
from pipeline.line.finding import Finding
from pipeline.line.flows import Question, ToolStep
from pipeline.line.hints import meant
from pipeline.line.identity import Way
from pipeline.line.model import Settings


def check_identity(settings: Settings, specs: Mapping[str, ToolSpec]) -> Iterator[Finding]:
    """What does not fit together in `identity`."""
    for level, way in settings.identity.ways():
        path = ("identity", level)
        if way.flow not in settings.flows:
            what = f"there is no flow {way.flow!r}"
            yield Finding((*path, "flow"), what, meant(way.flow, settings.flows), ("flows",))
        elif not _calls(settings, way):
            what = f"flow {way.flow!r} never calls {way.tool!r}, so nobody ever reaches {level!r}"
            yield Finding((*path, "flow"), what, f"give it a tool step with name: {way.tool}", ("flows", "tools"))
        binding = settings.tool(way.tool)
        if binding is None:
            bound = [tool.name for tool in settings.tools]
            what = f"there is no tool {way.tool!r}"
            yield Finding((*path, "tool"), what, meant(way.tool, bound), ("tools",))
        elif binding.runs in specs:
            yield from _check_tool((*path, "tool"), way, specs[binding.runs], level)


def check_secret(path: tuple[str | int, ...], question: Question) -> Iterator[Finding]:
    """What does not fit together in a question for a secret."""
    slot = question.slot
    if question.kind != "digits" or not 1 <= question.min_digits <= question.max_digits:
        what = f"{slot!r} is secret, and secrets are keyed in"
        yield Finding(path, what, "set kind: digits, min_digits and max_digits")
    if question.read_back is not None or question.reuse is not None:
        yield Finding(path, f"{slot!r} is secret, and would be said aloud", "drop read_back and reuse")


def _calls(settings: Settings, way: Way) -> bool:
    steps = settings.flows[way.flow].steps
    return any(isinstance(step, ToolStep) and step.tool.name == way.tool for step in steps)


def _check_tool(path: tuple[str | int, ...], way: Way, spec: ToolSpec, level: str) -> Iterator[Finding]:
    lacking = [name for name in ("verified", "customer") if name not in spec.result_fields]
    if lacking:
        what = f"the result of {way.tool!r} has no {' and no '.join(lacking)}, so it cannot say who the caller is"
        yield Finding(path, what, "declare verified (boolean) and customer (string) in its result", ("tools",))
    if spec.writes:
        what = f"{way.tool!r} changes something; a check may not"
        yield Finding(path, what, "use a tool of risk read_only", ("tools",))
    if level != "claimed" and way.customer not in spec.arguments.get("properties", {}):
        what = f"{way.tool!r} takes no {way.customer!r}, so failures could not be counted for each customer"
        remedy = f"name its argument that holds the customer: identity: {level}: customer: ..."
        yield Finding((*path[:-1], "customer"), what, remedy, ("tools",))
