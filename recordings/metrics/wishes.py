"""What callers called about: how many calls had each intent of their line, and "other". Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping

from recordings import fields
from recordings.events import Event


def labels(events: Iterable[Event]) -> tuple[str, ...]:
    """The labels of a call's turns, each once, in the order in which they were first said.

    "other" only where nothing else was wished for: everybody says something besides.
    """
    said = dict.fromkeys(
        label
        for event in events
        if event.kind == "turn.understood" and (label := fields.text(fields.mapping(event.data, "wish"), "label"))
    )
    known = tuple(label for label in said if label != "other")
    return known or tuple(said)


def calls_by_intent(calls: Iterable[tuple[str, ...]]) -> Mapping[str, int]:
    """In how many of these calls each label was, the most frequent first. A call counts for each of its labels."""
    counted = Counter(label for of_call in calls for label in of_call)
    return dict(sorted(counted.items(), key=lambda one: (-one[1], one[0])))
