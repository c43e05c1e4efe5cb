"""A line's business rules: refund windows, limits, what needs a person. Tables outside the language model. Pure.

The first rule whose condition holds decides. A condition that cannot be told, because a fact is not there, asks a
person: a rule that guards money does not give way to a system that is down.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pipeline.line.expression import Expression

Verdict = Literal["allow", "approve", "refuse"]
Said = str | Mapping[str, str]
"""What a caller is told: one text, or one for each language of the line, by its code."""


@dataclass(frozen=True, slots=True)
class FactSource:
    """A fact that rules look at, asked afresh for these arguments: what an earlier lookup said may be about others."""

    tool: str
    """A read-only tool, by its name on the line."""
    arguments: Mapping[str, Any]
    """Values; `{name}` stands for an argument of the tool that is ruled."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table."""

    name: str
    tool: str
    """By its name on the line."""
    when: Expression
    """Over `arguments`, the facts by name, `results` by tool, `today`, `verified`, `profile`."""
    then: Verdict
    say: Said = ""
    facts: Mapping[str, FactSource] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two results of a call that cannot both be so."""

    name: str
    when: Expression
    """Over the results, by the tools' names on the line."""
    say: Said = ""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the rules say to one wish."""

    verdict: Verdict = "allow"
    rule: str = ""
    """The rule that decided; empty: none spoke against it."""
    say: Said = ""
    told: bool = True
    """False: the rule's condition could not be told."""


@dataclass(frozen=True, slots=True)
class Rules:
    """All of a line's."""

    rules: tuple[Rule, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()

    def of(self, tool: str) -> Sequence[Rule]:
        """Those about a tool, in their order."""
        return [rule for rule in self.rules if rule.tool == tool]

    def facts(self, tool: str) -> Mapping[str, FactSource]:
        """What has to be asked before they can be told."""
        return {name: source for rule in self.of(tool) for name, source in rule.facts.items()}

    def ruling(self, tool: str, names: Mapping[str, Any]) -> Ruling:
        """What they say, given what is known; a fact that could not be had is left out of `names`."""
        for rule in self.of(tool):
            holds = rule.when.holds(names)
            if holds:
                return Ruling(rule.then, rule.name, rule.say)
            if holds is None:
                return Ruling("approve", rule.name, told=False)
        return Ruling()

    def disagreement(self, results: Mapping[str, Mapping[str, Any]]) -> Disagreement | None:
        """The first one that these results show; what was not asked shows none."""
        return next((one for one in self.disagreements if one.when.holds(results)), None)


NO_RULES = Rules()


def in_language(said: Said, code: str) -> str:
    """What a caller of this language is told; where that is missing, what stands first."""
    return said if isinstance(said, str) else said.get(code) or next(iter(said.values()), "")
