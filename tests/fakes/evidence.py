"""Sentences that a model might say, true and false, with what is known in their calls."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from pipeline.assistant.guard.evidence import Deed, Evidence

_FOLDER: Final = Path(__file__).parent.parent / "pipeline" / "assistant" / "guard"
_READ: Final = ("check_", "list_", "find_", "track_", "order_status")
"""Names of tools that change nothing begin with one of these."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One of them."""

    text: str
    evidence: Evidence
    true: bool


def sentences(name: str) -> list[Sentence]:
    """Those of a set, by the name that its files begin with."""
    known = {
        call: _evidence(told) for call, told in yaml.safe_load((_FOLDER / f"{name}_evidence.yaml").read_text()).items()
    }
    found = []
    for true in (True, False):
        for line in (_FOLDER / f"{name}_{str(true).lower()}.txt").read_text().splitlines():
            call, _, text = line.partition(" | ")
            found.append(Sentence(text, known[call], true))
    return found


def _evidence(told: dict[str, Any]) -> Evidence:
    deeds = tuple(
        Deed(
            one["tool"],
            one.get("about", ""),
            one.get("may_say", ""),
            one.get("status", "done"),
            not one["tool"].startswith(_READ),
            one.get("arguments", {}),
            one.get("result", {}),
        )
        for one in told["done"]
    )
    return Evidence(tuple(told["passages"]), deeds, tuple(told["said"]), language=told["language"])
