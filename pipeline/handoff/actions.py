"""What tools did in a call, what they only looked up, what waits and what came to nothing. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

from pipeline.assistant.guard.evidence import Deed, DeedStatus
from pipeline.assistant.tools.port import ToolSpec
from pipeline.handoff.about import About
from pipeline.handoff.cleaning import safe
from pipeline.handoff.packet import Action, ActionStatus
from pipeline.handoff.places import Places
from recordings import fields
from recordings.events import Event

_STATUS: Final[Mapping[str, ActionStatus]] = {
    "done": "done", "waiting": "waiting", "checking": "checking", "refused": "refused", "failed": "failed",
}  # fmt: skip
_INNER: Final = frozenset({"history", "verified", "customer"})
"""Fields of results that tell who the caller is: the packet has them in places of their own."""
DENIED: Final = "not_done"
"""The error of a tool that ran and whose own result says that nothing was done."""
_LONGEST_LIST: Final = 5
_LONGEST_TEXT: Final = 200


@dataclass(frozen=True, slots=True)
class Actions:
    """All of them, in order."""

    done: tuple[Action, ...] = ()
    looked_up: tuple[Action, ...] = ()
    pending: tuple[Action, ...] = ()
    failed: tuple[Action, ...] = ()

    @property
    def all(self) -> tuple[Action, ...]:
        """Of every kind."""
        return (*self.done, *self.looked_up, *self.pending, *self.failed)


@dataclass(slots=True)
class _Called:
    tool: str
    turn: str
    at_ms: int
    arguments: Mapping[str, Any]
    returned: Mapping[str, Any] = field(default_factory=dict)


def actions(events: Iterable[Event], about: About, places: Places) -> Actions:
    """Those of a call."""
    called: dict[str, _Called] = {}
    drafted: list[Action] = []
    for event in events:
        data = event.data
        call, tool, turn = (fields.text(data, name) for name in ("call", "tool", "turn"))
        if event.kind == "tool.called":
            called.setdefault(call, _Called(tool, turn, event.at_ms, fields.mapping(data, "arguments")))
        elif event.kind == "tool.returned":
            called.setdefault(call, _Called(tool, turn, event.at_ms, {})).returned = data
        elif event.kind == "tool.drafted":
            one = _Called(tool, turn, event.at_ms, fields.mapping(data, "arguments"))
            drafted.append(replace(_action("", one, about, places), status="drafted"))
    ran = [_action(call, one, about, places) for call, one in called.items()]
    return Actions(
        tuple(one for one in ran if one.status == "done" and _writes(one.tool, about)),
        tuple(one for one in ran if one.status == "done" and not _writes(one.tool, about)),
        tuple(one for one in (*ran, *drafted) if one.status in {"waiting", "checking", "drafted", "under_way"}),
        tuple(one for one in ran if one.status in {"refused", "failed"}),
    )


def deeds(found: Actions, about: About) -> tuple[Deed, ...]:
    """The same as what a claim may rest on."""
    made = []
    for one in found.all:
        status: DeedStatus = (
            cast("DeedStatus", one.status) if one.status in {"done", "waiting", "checking"} else "failed"
        )
        spec = about.tools.get(one.tool)
        said = spec.may_say if spec is not None else ""
        made.append(Deed(one.tool, one.about, said, status, _writes(one.tool, about), one.arguments, one.result))
    return tuple(made)


def _action(call: str, one: _Called, about: About, places: Places) -> Action:
    spec, data = about.tools.get(one.tool), one.returned
    result = _told(fields.mapping(data, "result"), about)
    status: ActionStatus = _STATUS.get(fields.text(data, "status"), "done" if data.get("ok") is True else "failed")
    error = fields.text(data, "error")
    if not data:
        status = "under_way"
    elif status == "done" and not Deed(one.tool, result=result).effective and _writes(one.tool, about):
        status, error = "failed", DENIED
    ways = _reversal(spec, status)
    arguments = safe({name: value for name, value in one.arguments.items() if not _is_reference(value)}, about.redact)
    return Action(
        one.tool, fields.text(data, "id") or call, status, spec.about if spec else "", one.at_ms, arguments, result,
        error, *ways, places.either(one.turn),
    )  # fmt: skip


def _writes(tool: str, about: About) -> bool:
    """Whether it changes anything; one of which nothing is known may."""
    spec = about.tools.get(tool)
    return spec is None or spec.writes


def _reversal(spec: ToolSpec | None, status: ActionStatus) -> tuple[Any, str]:
    if spec is None:
        return "unknown", ""
    if not spec.writes or status != "done":
        return "no", ""
    if spec.reversal is None:
        return "unknown", ""
    return ("by_tool", spec.reversal.tool) if spec.reversal.tool else ("by_hand", spec.reversal.by_hand)


def _told(result: Mapping[str, Any], about: About) -> Mapping[str, Any]:
    kept = {name: value for name, value in result.items() if name not in _INNER and value not in (None, "", [], {})}
    short: Mapping[str, Any] = safe({name: _short(value) for name, value in kept.items()}, about.redact)
    return short


def _short(value: Any) -> Any:
    match value:
        case str():
            return value if len(value) <= _LONGEST_TEXT else f"{value[:_LONGEST_TEXT]}…"
        case list() | tuple():
            return [_short(one) for one in value[:_LONGEST_LIST]]
        case Mapping():
            return {name: _short(one) for name, one in value.items()}
        case _:
            return value


def _is_reference(value: Any) -> bool:
    """Whether it stands for a secret that only the tool saw."""
    return isinstance(value, str) and value.startswith(("[pin: ", "[card: ", "[code: "))
