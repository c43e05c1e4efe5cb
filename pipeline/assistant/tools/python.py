"""Tools that are Python functions of installed packages: entry points of the group `cordboard.tools`.

A line names them and brings no code of its own. An entry point is a function that `tool` has declared:

    @tool("stock.level", about="how many are there", risk="read_only")
    def level(sku: str) -> Level: ...

Its parameters and its result (a pydantic model or a dataclass) give the schemas. A function that is
declared with `key=True` takes its idempotency key as the parameter `key`.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any, Final, TypeVar, get_type_hints

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError, create_model

from pipeline.assistant.tools.port import RISKS, ArgumentsInvalid, Risk, ToolSpec

GROUP: Final = "cordboard.tools"

_Function = TypeVar("_Function", bound=Callable[..., Any])


class ToolUndeclared(TypeError):
    """A function that cannot be a tool; the text names file, line and remedy."""


@dataclass(frozen=True, slots=True)
class PythonTool:
    """A function as a tool. It may block up to its deadline, in a worker thread."""

    spec: ToolSpec
    function: Callable[..., Any]
    takes: Any
    gives: Any
    wants_key: bool

    def run(self, call: str, arguments: Mapping[str, Any], deadline_ms: int) -> Mapping[str, Any]:
        """See Tool."""
        del deadline_ms
        try:
            read = self.takes.model_validate(dict(arguments))
        except ValidationError as wrong:
            raise ArgumentsInvalid(self.spec.name, f"{wrong.error_count()} arguments are not what it takes") from wrong
        given = {name: getattr(read, name) for name in self.takes.model_fields if name in read.model_fields_set}
        found = self.function(**given, **({"key": call} if self.wants_key else {}))
        dumped: Mapping[str, Any] = self.gives.dump_python(found, mode="json")
        return dumped


def tool(
    name: str, *, about: str, risk: Risk | None = None, key: bool = False, **more: Any
) -> Callable[[_Function], _Function]:
    """Declare a function as a tool; `more` is what ToolSpec knows. Raises ToolUndeclared."""

    def declare(function: _Function) -> _Function:
        _DECLARED[function] = _made(function, name, about, risk, key=key, more=more)
        return function

    return declare


def declared(function: Callable[..., Any]) -> PythonTool:
    """The tool that a function is. Raises ToolUndeclared where nobody declared it."""
    if function not in _DECLARED:
        raise ToolUndeclared(f"{_place(function)}: {function!r} is no declared tool; decorate it with @tool(…)")
    return _DECLARED[function]


def installed() -> dict[str, PythonTool]:
    """The tools of installed packages, by name. Raises ToolUndeclared."""
    found = {}
    for entry in entry_points(group=GROUP):
        made = declared(entry.load())
        found[made.spec.name] = made
    return found


def _made(
    function: Callable[..., Any], name: str, about: str, risk: Risk | None, *, key: bool, more: Mapping[str, Any]
) -> PythonTool:
    if risk not in RISKS:
        raise ToolUndeclared(f"{_place(function)}: tool {name!r} declares no risk class; add risk=, one of {RISKS}")
    hints = get_type_hints(function, include_extras=True)
    parameters = [one for one in inspect.signature(function).parameters.values() if not (key and one.name == "key")]
    untyped = [one.name for one in parameters if one.name not in hints]
    if untyped or "return" not in hints:
        missing = ", ".join([*untyped, *(() if "return" in hints else ("the result",))])
        raise ToolUndeclared(f"{_place(function)}: tool {name!r} has no type for {missing}; annotate it")
    fields: dict[str, Any] = {
        one.name: (hints[one.name], ... if one.default is inspect.Parameter.empty else one.default)
        for one in parameters
    }
    takes = create_model(name.replace(".", "_"), __config__=ConfigDict(extra="forbid"), **fields)
    try:
        gives: TypeAdapter[Any] = TypeAdapter(hints["return"])
        result = gives.json_schema(mode="serialization")
    except PydanticUserError as wrong:
        raise ToolUndeclared(f"{_place(function)}: tool {name!r}: {wrong.message}; return a model") from wrong
    if result.get("type") != "object":
        raise ToolUndeclared(f"{_place(function)}: tool {name!r} must give an object; return a model or a dataclass")
    spec = ToolSpec(name, about, takes.model_json_schema(), result, risk, **more)
    return PythonTool(spec, function, takes, gives, key)


def _place(function: Callable[..., Any]) -> str:
    code = getattr(function, "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else repr(function)


_DECLARED: dict[Callable[..., Any], PythonTool] = {}
