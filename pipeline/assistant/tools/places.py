"""Values with places in them, filled in: `{order_number}`, `{result.id}`. Pure."""

import re
from collections.abc import Mapping
from typing import Any, Final

PLACE: Final = re.compile(r"\{([A-Za-z_][\w-]*(?:\.[\w-]+)*)\}")


class PlaceEmpty(LookupError):
    """A place that nothing fills; the text names it."""


def filled(value: Any, given: Mapping[str, Any]) -> Any:
    """The value with its places filled: one that is a whole text keeps its value's type. Raises PlaceEmpty."""
    if isinstance(value, Mapping):
        return {key: filled(inner, given) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [filled(inner, given) for inner in value]
    if not isinstance(value, str):
        return value
    whole = PLACE.fullmatch(value)
    if whole:
        return _found(whole[1], given)
    return PLACE.sub(lambda place: str(_found(place[1], given)), value)


def names(value: Any) -> set[str]:
    """The first names of all places in it."""
    if isinstance(value, Mapping):
        return {name for inner in value.values() for name in names(inner)}
    if isinstance(value, list | tuple):
        return {name for inner in value for name in names(inner)}
    return {place.partition(".")[0] for place in PLACE.findall(value)} if isinstance(value, str) else set()


def _found(path: str, given: Mapping[str, Any]) -> Any:
    value: Any = given
    for name in path.split("."):
        if not isinstance(value, Mapping) or name not in value:
            raise PlaceEmpty(path)
        value = value[name]
    return value
