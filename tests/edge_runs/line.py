"""The phone line of the runs: as small as one can be, so that a server starts quickly."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

NUMBER: Final = "+14155550199"
QUEUE: Final = "support"
OPEN_HOURS: Final = "We are open from nine to five."
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ALWAYS: Final = {"time_zone": "America/Los_Angeles", "weekly": {day: ["00:00-24:00"] for day in _DAYS}}
_HOURS: Final = (
    "what are your opening hours", "when are you open", "when do you open", "when do you close",
    "how late are you open",
    "are you open on sunday", "are you open today", "what time do you open", "what time do you close",
    "until when are you open", "tell me your hours", "your opening hours please", "business hours",
)  # fmt: skip
_RETURNS: Final = (
    "i want to return something", "i want to send this back", "how do i return an item", "start a return",
    "i need a return label", "this is broken i want my money back", "i would like a refund", "the tent is torn",
    "it arrived damaged", "i want to exchange my boots", "can i send these back", "i got the wrong size",
)  # fmt: skip
_ABOUT_RETURNS: Final = "Returns are free within thirty days."


def settings_of(queue: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """As line.yaml has it. queue: what is different in the queue."""
    return {
        "name": "Northfield",
        "numbers": [NUMBER],
        "greeting": {
            "welcome": "Northfield.",
            "disclosure": "This is an automated assistant, and this call is recorded.",
            "question": "How can I help?",
        },
        "hours": _ALWAYS,
        "queues": [{"name": QUEUE, "wrap_up_s": 1, **queue}, "sales"],
        "human_flow": "person",
        "intents": [
            {"name": "hours", "flow": "hours", "examples": list(_HOURS)},
            {"name": "returns", "flow": "returns", "examples": list(_RETURNS)},
        ],
        "flows": {
            "hours": {"about": "when we are open", "steps": [{"say": OPEN_HOURS}]},
            "returns": {"about": "a return", "steps": [{"say": _ABOUT_RETURNS}]},
            "person": {"about": "a person", "steps": [{"enqueue": {"queue": QUEUE}}]},
        },
        **more,
    }


def write_line(folder: Path, queue: Mapping[str, Any], more: Mapping[str, Any]) -> None:
    """Write the line's folder, or write it anew while it is served."""
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / "line.new"
    fresh.write_text(json.dumps(settings_of(queue, more), indent=1))
    fresh.rename(folder / "line.yaml")
