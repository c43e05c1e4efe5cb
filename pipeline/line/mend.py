"""A line file whose shape is wrong in places, mended so that the rest of it can be checked too. Pure.

What is wrong gives way to nothing, or to a value that may stand there; what would be found because of that is not said.
"""

from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pipeline.line import shape
from pipeline.line.finding import Finding, Rest
from pipeline.line.hints import is_optional, nearest, stand_in
from pipeline.line.model import Settings
from pipeline.line.shape import Way

_MOST_ROUNDS: Final = 5
"""What is mended may be wrong inside again; then the whole of it is replaced."""
_NAMES: Final = frozenset({"name", "slot", "save_as", "id", "runs", "steps"})
"""Settings on which the others beside them depend."""
_ALONE: Final = frozenset(
    {
        "about", "arguments", "call", "choices", "deadline_ms", "equals", "examples", "exists", "key", "keypad", "kind",
        "max_digits", "min_digits", "phrases", "prompt", "queue", "question", "read_back", "retry", "reuse", "runs",
        "say", "taken", "value", "wait",
    }
)  # fmt: skip
"""Settings of flows and intents on which neither the ways between steps depend nor what is known on them."""


@dataclass(slots=True)
class _Doubt:
    """What was mended, and so proves nothing."""

    within: set[Way] = field(default_factory=set)
    at: set[Way] = field(default_factory=set)
    parts: set[Rest] = field(default_factory=set)

    def add(self, way: Way, name: str) -> None:
        """This place was mended; name: the setting that is wrong or missing there."""
        self.within.add(way)
        (self.within if name in _NAMES else self.at).add(way[:-1])
        top = way[0] if way else ""
        if top in {"queues", "tools", "backend"}:
            self.parts.add(top)  # type: ignore[arg-type]  # one of these three
        if top == "flows" and len(way) <= 2 and name != "about":
            self.parts |= {"flows", "ids"}
        if top == "flows" and (name in {"id", "steps"} or len(way) <= 2):
            self.parts.add("ids")
        if top in {"flows", "intents", "human_flow"} and name not in _ALONE:
            self.parts.add("ways")

    def sound(self, found: Finding) -> bool:
        """Whether a finding would be there without the mending."""
        inside = any(found.path[: len(way)] == way for way in self.within if way)
        return not inside and found.path not in self.at and self.parts.isdisjoint(found.rests_on)


def mended(data: Any, errors: Sequence[ErrorDetails]) -> "tuple[Settings, _Doubt] | None":
    """Settings to check, and what in them is not the operator's; None where too much is wrong."""
    data, doubt = deepcopy(data), _Doubt()
    for round_ in range(_MOST_ROUNDS):
        try:
            for error in [one for one in errors if not shape.is_echo(one)]:
                _mend(data, error, doubt, whole=round_ >= _MOST_ROUNDS - 2)
            return Settings.model_validate(data), doubt
        except ValidationError as wrong:
            errors = wrong.errors(include_url=False)
        except LookupError:
            return None
    return None


def sound(findings: Iterable[Finding], doubt: _Doubt) -> list[Finding]:
    """Those findings that do not come from the mending."""
    return [found for found in findings if doubt.sound(found)]


def _mend(data: Any, error: ErrorDetails, doubt: _Doubt, *, whole: bool) -> None:
    """Mend one place. Raises LookupError where nothing can be put."""
    way = shape.place(error, data)
    name = str(error["loc"][-1]) if error["loc"] else ""
    if whole and way:
        way = way[:1]
        _replace(data, way)
    elif error["type"] == "missing":
        way = _fill(data, way, name)
    elif error["type"] == "extra_forbidden":
        del _inside(data, way[:-1])[way[-1]]
        name = nearest(name, way[:-1]) or name
        way = (*way[:-1], name)
    elif name == "[key]":
        del _inside(data, way[:-1])[way[-1]]
    else:
        name = next((item for item in reversed(way) if isinstance(item, str)), "")
        _replace(data, way)
    doubt.add(way, name)


def _fill(data: Any, way: Way, name: str) -> Way:
    """Put a setting that is missing, or the whole that it is missing in where only that can be written."""
    try:
        _inside(data, way)[name] = stand_in((*way, name))
    except LookupError:
        _replace(data, way)
        return way
    return (*way, name)


def _replace(data: Any, way: Way) -> None:
    around = _inside(data, way[:-1])
    if not way:
        raise LookupError("the whole file")
    if is_optional(way):
        del around[way[-1]]
        return
    kept = around[way[-1]].get("id") if isinstance(around[way[-1]], dict) else None
    around[way[-1]] = stand_in(way)
    if kept is not None and isinstance(kept, str) and len(way) == 4:  # a step: others may go to it
        around[way[-1]] = {**around[way[-1]], "id": kept}


def _inside(data: Any, way: Way) -> Any:
    for item in way:
        data = data[item]
    return data
