"""A call's events without what no agent may read: cards, social security numbers, pins and codes, however they came in.

The log is redacted by the line's policy already; an agent's packet is redacted whatever the line keeps. Pure.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from pipeline.secrets_kept import referred
from recordings.events import Event
from recordings.keeping import Keeping
from recordings.redact import MASKS, Kind, is_card, is_ssn, redacted

ALWAYS: Final[tuple[Kind, ...]] = ("card", "ssn", "pin")
"""What no packet holds, whatever the line keeps."""
_NAMED: Final = re.compile(
    r"(?:^|_)(?:(?P<pin>pin|password|passcode|passphrase|otp|secret|one_time_code|security_code|login_code|clave"
    r"|contrasena|code_word)|(?P<card>card_number|cvv|cvc|cvv2|tarjeta)|(?P<ssn>ssn|social_security))(?:_|$)"
)
"""Names of slots and fields whose values are secrets, whatever they look like."""
_UNREAD: Final = frozenset({"caller.partial", "turn.timed", "floor.changed", "media.fault"})
"""Kinds of which a packet has nothing."""


def kind_of_name(name: str) -> str:
    """Which secret a slot or field of this name holds; empty: none."""
    found = _NAMED.search(name.lower())
    return found.lastgroup or "" if found else ""


def cleaned(events: Iterable[Event], redact: Iterable[Kind], secret_slots: frozenset[str]) -> tuple[Event, ...]:
    """The events that a packet is made of, in order, each once. secret_slots: those that the line keys in secretly."""
    keeping = Keeping(tuple(dict.fromkeys((*ALWAYS, *redact))))
    kept: dict[int, Event] = {}
    told: dict[str, int] = {}  # seq of what the caller said, by utterance
    began: dict[str, str] = {}  # utterance by turn
    for event in sorted(events, key=lambda event: event.seq):
        if event.kind in _UNREAD or event.seq in kept:
            continue
        told_of = keeping.kept(event.seq, event.at_ms, event.kind, event.data)
        kept[event.seq] = replace(event, data=told_of.data)
        for earlier in told_of.amended:
            if earlier.seq in kept:
                kept[earlier.seq] = replace(kept[earlier.seq], data=earlier.data)
        if event.kind == "caller.said":
            told[str(event.data.get("utterance"))] = event.seq
        elif event.kind == "turn.began":
            began[str(event.data.get("turn"))] = str(event.data.get("utterance"))
        elif event.kind == "turn.understood" and (kind := _answered_secret(event.data, secret_slots)):
            seq = told.get(began.get(str(event.data.get("turn")), ""))
            if seq is not None and referred(str(kept[seq].data.get("text"))) is None:
                kept[seq] = replace(kept[seq], data={**kept[seq].data, "text": MASKS[kind], "alternatives": []})
    return tuple(kept.values())


def _answered_secret(data: Mapping[str, Any], secret_slots: frozenset[str]) -> str:
    slots = data.get("slots")
    for slot in slots if isinstance(slots, Mapping) else ():
        if slot in secret_slots or kind_of_name(str(slot)):
            return kind_of_name(str(slot)) or "pin"
    return ""


def safe(value: Any, kinds: Iterable[Kind]) -> Any:
    """A value of a tool's or a slot's without secrets: texts are read, numbers looked at, secret fields masked."""
    wanted = tuple(dict.fromkeys((*ALWAYS, *kinds)))
    match value:
        case str():
            return redacted(value, wanted)
        case Mapping():
            return {
                str(name): f"[{kind}]"
                if (kind := kind_of_name(str(name))) and not isinstance(one, bool)
                else safe(one, wanted)
                for name, one in value.items()
            }
        case list() | tuple():
            return [safe(one, wanted) for one in value]
        case int() if not isinstance(value, bool):
            return MASKS["card"] if is_card(str(value)) else MASKS["ssn"] if is_ssn(str(value)) else value
        case _:
            return value
