"""Which rule brings in a person, given what is known of the turn. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.line.escalation import Rule
from pipeline.line.verbs import Priority


@dataclass(frozen=True, slots=True)
class Escalation:
    """A person takes over, or is offered."""

    rule: str
    reason: str
    """A code for people and figures."""
    queue: str
    """Empty: whoever the flow brings in."""
    flow: str
    """Empty: the line's human_flow."""
    say: str
    priority: Priority
    offered: bool
    evidence: tuple[str, ...]
    """The caller's words that brought it about; none: how the call goes."""
    agent: str = ""
    """Who of the directory; empty: whoever takes the queue's callers."""
    by_phone: bool = False
    """Their telephone rings, wherever they take calls."""


@dataclass(frozen=True, slots=True)
class TurnFacts:
    """What rules look at."""

    words: tuple[str, ...]
    """What the caller said, as signals.phrases.words_of gives it; empty when nothing was said."""
    heard: Mapping[str, str]
    """Sets of phrases that occur in it, with the words that say so."""
    names: Mapping[str, Any]
    """The names of expressions, with their values."""
    raised: frozenset[str] = frozenset()
    """Rules that held before in this call: they hold again only when the caller says so again."""


def decide(rules: Sequence[Rule], facts: TurnFacts) -> Escalation | None:
    """What the first rule that holds leads to; None: no rule does."""
    for rule in rules:
        said = _evidence(rule, facts)
        if said is not None and (said or rule.name not in facts.raised):
            return Escalation(
                rule.name, rule.reason, rule.queue, rule.flow, rule.say, rule.priority, rule.offered, said
            )
    return None


def _evidence(rule: Rule, facts: TurnFacts) -> tuple[str, ...] | None:
    """The words that make the rule hold; None: it does not. One that cannot be told does not."""
    asked: list[str] = []

    def phrases(name: str) -> bool:
        found = facts.heard.get(name)
        if found is not None:
            asked.append(found)
        return found is not None

    said = [match.text for match in rule.says.matches(list(facts.words))]
    if said:
        return tuple(dict.fromkeys(said))
    names = {name: facts.names.get(name) for name in rule.when.names}
    holds = rule.when.holds(names, {"phrases": phrases}) is True
    return tuple(dict.fromkeys(asked)) if holds else None
