"""Checks what a line writes when a call is over: its tool, and what it is given. Pure."""

from collections.abc import Iterator, Mapping

from pipeline.assistant.tools.places import names
from pipeline.assistant.tools.port import ToolSpec
from pipeline.line.aftercall import FIELDS
from pipeline.line.finding import Finding
from pipeline.line.hints import meant
from pipeline.line.model import Settings


def check_after_call(settings: Settings, specs: Mapping[str, ToolSpec]) -> Iterator[Finding]:
    """What does not fit together in `after_call`."""
    after, path = settings.after_call, ("after_call",)
    if after is None:
        return
    binding = settings.tool(after.tool)
    if binding is None:
        bound = [tool.name for tool in settings.tools]
        yield Finding((*path, "tool"), f"there is no tool {after.tool!r}", meant(after.tool, bound), ("tools",))
    unknown = sorted(names(after.arguments) - set(FIELDS))
    if unknown:
        what = f"there is no {unknown[0]!r} when a call is over"
        yield Finding((*path, "arguments"), what, meant(unknown[0], FIELDS))
    spec = specs.get(binding.runs) if binding is not None else None
    if spec is None:
        return
    if spec.risk != "automated":
        what = f"{after.tool!r} is of risk {spec.risk}, and nobody is there any more who could approve it"
        yield Finding((*path, "tool"), what, "name a tool of risk automated", ("tools",))
    takes = spec.arguments.get("properties", {})
    lacking = [name for name in spec.arguments.get("required", ()) if name not in after.arguments]
    wrong = [f"takes no {name!r}" for name in after.arguments if name not in takes]
    wrong += [f"also needs {name!r}" for name in lacking]
    if wrong:
        yield Finding((*path, "arguments"), f"tool {after.tool!r} {wrong[0]}", "give what it takes", ("tools",))
