"""Who the caller is, as far as is known, and how well: levels that only a tool's word raises. A pure core.

none < claimed < knowledge < one_time_code < pin. What a caller says and what a model writes raise nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pipeline.assistant.tools.port import LEVELS, Verification


@dataclass(frozen=True, slots=True)
class Identity:
    """One caller, at one moment of a call. Plain values that can be compared."""

    level: Verification = "none"
    customer: str = ""
    """The company's id for them; empty: nobody is claimed."""
    how: str = ""
    """The tool that said so."""
    at_ms: int = field(default=0, compare=False)
    """When the level was reached. Compared by nobody: a log may hold another instant."""
    tried: tuple[tuple[Verification, int], ...] = ()
    """How often each level was asked for in this call. Another speaker does not begin anew."""
    failed: tuple[tuple[Verification, int], ...] = ()
    """How often the check of each level failed in this call."""

    def reaches(self, level: Verification) -> bool:
        """Whether the caller is known at least this well."""
        return LEVELS.index(self.level) >= LEVELS.index(level)

    def may_try(self, level: Verification, attempts: int) -> bool:
        """Whether this level may be asked for, or checked, once more."""
        return max(_count(self.tried, level), _count(self.failed, level)) < attempts

    def may_check(self, level: Verification, attempts: int) -> bool:
        """Whether another answer may be checked."""
        return _count(self.failed, level) < attempts

    def has_failed(self, level: Verification) -> bool:
        """Whether a check of this level failed in this call."""
        return _count(self.failed, level) > 0


NOBODY: Final = Identity()


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check led to."""

    identity: Identity
    passed: bool
    raised: bool
    """The level is higher than it was."""


def asked(identity: Identity, level: Verification) -> Identity:
    """The flow that leads to a level was begun."""
    return replace(identity, tried=_one_more(identity.tried, level))


def checked(
    identity: Identity, level: Verification, tool: str, result: Mapping[str, Any] | None, at_ms: int
) -> Checked:
    """A tool checked. result is None where it did not do its part: that neither raises nor counts as a failure.

    A check of another customer than the one the caller claims to be passes for nobody: it is a failure.
    """
    if result is None:
        return Checked(identity, passed=False, raised=False)
    customer = str(result.get("customer") or "") or identity.customer
    same = not identity.customer or level == "claimed" or customer == identity.customer
    if result.get("verified") is not True or not customer or not same:
        return Checked(replace(identity, failed=_one_more(identity.failed, level)), passed=False, raised=False)
    if customer != identity.customer:  # claims to be somebody else now: what was proved before was another's
        return Checked(replace(identity, level=level, customer=customer, how=tool, at_ms=at_ms), True, True)
    if identity.reaches(level):
        return Checked(identity, passed=True, raised=False)
    return Checked(replace(identity, level=level, how=tool, at_ms=at_ms), passed=True, raised=True)


def dropped(identity: Identity) -> Identity:
    """Somebody else speaks, or says to be somebody else: nobody is known, and the attempts stay counted."""
    return Identity(tried=identity.tried, failed=identity.failed)


def _count(counts: tuple[tuple[Verification, int], ...], level: Verification) -> int:
    return next((count for counted, count in counts if counted == level), 0)


def _one_more(
    counts: tuple[tuple[Verification, int], ...], level: Verification
) -> tuple[tuple[Verification, int], ...]:
    others = tuple((counted, count) for counted, count in counts if counted != level)
    return (*others, (level, _count(counts, level) + 1))
