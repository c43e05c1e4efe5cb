"""Twilio's words for how a leg is and who answered it, in ours. Pure."""

from typing import Final

from telephony.ports import AnsweredBy, LegStatus

_STATUS: Final[dict[str, LegStatus]] = {
    "queued": "queued",
    "initiated": "queued",
    "ringing": "ringing",
    "in-progress": "in_progress",
    "answered": "in_progress",
    "completed": "completed",
    "busy": "busy",
    "no-answer": "no_answer",
    "failed": "failed",
    "canceled": "canceled",
}


def leg_status(word: str) -> LegStatus | None:
    """Read a CallStatus; None: a word that Twilio has not had so far."""
    return _STATUS.get(word)


def answered_by(word: str) -> AnsweredBy:
    """Read an AnsweredBy, such as machine_end_beep."""
    if not word:
        return ""
    if word.startswith("machine"):
        return "machine"
    return "human" if word == "human" else "fax" if word == "fax" else "unknown"
