"""Conditions in a line's files: expressions of the Common Expression Language, checked when the line is read. Pure.

CEL (cel.dev) has no loops of its own, no assignment and reaches nothing but the names it is given: an operator's file
holds no code. `order.total > 50 && tier in ["gold", "platinum"]`, `has(order.carrier)`,
`days(order.delivered, today) <= 30`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, Final, Self

import cel

LONGEST: Final = 500
"""Characters of an expression."""
FUNCTIONS: Final = frozenset({"days", "size", "has", "duration", "timestamp", "int", "double", "string"})
"""What may be called by name, beside the methods of texts."""
METHODS: Final = frozenset({"contains", "startsWith", "endsWith", "matches", "exists", "all"})
_NONE: Final[Mapping[str, Callable[[str], bool]]] = {}
_OWN_ERRORS: Final = (ValueError, TypeError, LookupError, RuntimeError, ArithmeticError)


class ExpressionError(ValueError):
    """An expression that cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A condition. Get one from `parse`."""

    text: str
    names: frozenset[str]
    """The names it looks at, without what stands behind a dot."""
    _program: Any = field(repr=False, compare=False)

    @classmethod
    def parse(cls, text: str, also: frozenset[str] = frozenset()) -> Self:
        """The expression that this text is; also: more functions that it may call.

        Raises ExpressionError: it is none, is too long, or calls what is not.
        """
        if len(text) > LONGEST:
            raise ExpressionError(f"an expression has at most {LONGEST} characters; this one has {len(text)}")
        try:
            program = cel.compile(text)
        except _OWN_ERRORS as error:
            raise ExpressionError(_reason(str(error))) from None
        called = {name for name in program.functions() if name.isidentifier()} - FUNCTIONS - METHODS - also
        if called:
            known = ", ".join(sorted(FUNCTIONS | METHODS | also))
            raise ExpressionError(f"there is no function {min(called)!r} here; there are {known}")
        return cls(text, frozenset(program.variables()), program)

    def value(self, names: Mapping[str, object], functions: Mapping[str, Callable[[str], bool]] = _NONE) -> object:
        """What it amounts to. Raises ExpressionError when something it looks at is not there, or of another kind."""
        context = cel.Context({name: _seen(value) for name, value in names.items()})
        context.add_function("days", _days)
        for name, function in functions.items():
            context.add_function(name, function)
        try:
            return self._program.execute(context)
        except _OWN_ERRORS as error:
            raise ExpressionError(f"{self.text}: {_reason(str(error))}") from None

    def holds(self, names: Mapping[str, object], functions: Mapping[str, Callable[[str], bool]] = _NONE) -> bool | None:
        """Whether it holds; None when that cannot be told, as something it looks at is not there.

        Who asks decides what that means: a way through a flow is not taken, a rule that guards money asks a human.
        """
        try:
            value = self.value(names, functions)
        except ExpressionError:
            return None
        return value if isinstance(value, bool) else None


def _seen(value: object) -> object:
    """A value as CEL knows it."""
    match value:
        case datetime():
            return value if value.tzinfo else value.replace(tzinfo=UTC)
        case date():
            return datetime.combine(value, time(), UTC)
        case Mapping():
            return {str(key): _seen(one) for key, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_seen(one) for one in value]
        case None | bool() | int() | float() | str():
            return value
        case _:
            return str(value)


def _days(start: object, end: object) -> int:
    """Whole days between two dates: ISO texts or timestamps."""
    return (_day(end) - _day(start)).days


def _day(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    return date.fromisoformat(str(value)[:10])


def _reason(text: str) -> str:
    """The first line of what the library says, without its preamble."""
    line = text.strip().splitlines()[0] if text.strip() else "it cannot be read"
    return line.rpartition("ERROR: <input>:")[2] if "ERROR: <input>:" in line else line
