"""What a language model may say to a caller: nothing that no tool did, no fact that nobody gave it, nothing out of bounds. Pure.

Checked clause by clause before it is spoken. A clause that fails ends the reply: what came before it was true, what
comes after may rest on it.
"""

from dataclasses import dataclass
from typing import Final, Literal

from pipeline.assistant.guard.borne_out import unfounded
from pipeline.assistant.guard.evidence import Evidence
from pipeline.assistant.guard.facts import unsupported
from pipeline.assistant.guard.manner import unspeakable

Kind = Literal["claim", "fact", "boundary", "leak", "secret", "form", "language"]
LONGEST: Final = 400
"""Characters of a clause: half a minute of speech."""


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a clause may not be spoken."""

    kind: Kind
    reason: str
    """For people; it does not repeat the clause but for a figure."""


def objection(clause: str, evidence: Evidence) -> Objection | None:
    """Why a clause may not be spoken; None: it may."""
    if len(clause) > LONGEST:
        return Objection("form", "is too long to be said")
    if (wrong := unspeakable(clause, evidence)) is not None:
        kind, reason = wrong
        return Objection(kind, reason)  # type: ignore[arg-type]
    claim = unfounded(clause, evidence)
    if claim is not None:
        return Objection("claim", f"claims an action that no tool did: {claim.action or 'something done'}")
    why = unsupported(clause, evidence)
    return Objection("fact", why) if why else None
