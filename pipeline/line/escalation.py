"""When a person takes over: the rules of a line, and those that hold on every line unless it says otherwise. Pure.

A line's rule with the name of a default changes what it names of it; other rules come before the defaults. The first
rule that holds decides.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from pipeline.assistant.signals.phrases import Phrase as Spoken
from pipeline.assistant.signals.phrases import PhraseSet, phrase_set
from pipeline.line.expression import LONGEST, Expression
from pipeline.line.verbs import Priority
from pipeline.line.written import Name, Phrase, Text, Written

FUNCTIONS: Final = frozenset({"phrases"})
"""What the expressions of rules may call besides."""
Transfer = Literal["always", "offer"]


def _is_condition(text: str) -> str:
    Expression.parse(text, FUNCTIONS)  # raises ExpressionError, a ValueError
    return text


def _is_phrase(text: str) -> str:
    Spoken.parse(text, "says")  # raises ValueError
    return text


When = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST, strip_whitespace=True),
    AfterValidator(_is_condition),
    Field(examples=["true"]),
]
Says = Annotated[Phrase, AfterValidator(_is_phrase), Field(examples=["stolen card"])]


class EscalationRule(Written):
    """When a person takes over, who, and what is said."""

    name: Name = Field(description="that of a default changes it (docs/escalation.md); any other is a rule of its own")
    when: When | None = Field(
        default=None, description='an expression, such as phrases("legal") or signals.anger >= 0.6; false: never'
    )
    says: tuple[Says, ...] = Field(
        default=(), max_length=200, description="words of the caller that bring it about too, wherever they are said"
    )
    queue: Name | None = Field(default=None, description="who gets it; unset: whoever human_flow brings in")
    flow: Name | None = Field(default=None, description="the flow that brings them in; unset: human_flow")
    say: Text | None = Field(default=None, description="said first")
    reason: Name | None = Field(default=None, description="a code for people and figures; unset: the rule's name")
    priority: Priority | None = Field(default=None, description="how soon a person should look at it; unset: normal")
    transfer: Transfer | None = Field(
        default=None, description="always (unset): at once; offer: the caller is asked whether they want it"
    )


class Default(BaseModel):
    """A rule that holds on every line, as escalation_defaults.yaml has it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    when: When
    queue: Name | None = None
    """Where the line has a queue of that name."""
    say: dict[str, Text] = Field(default_factory=dict)
    """By language."""
    reason: Name
    priority: Priority = "normal"
    transfer: Transfer = "always"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it holds on a line."""

    name: str
    when: Expression
    says: PhraseSet
    queue: str
    """Empty: whoever the flow brings in."""
    flow: str
    """Empty: the line's human_flow."""
    say: str
    reason: str
    priority: Priority
    offered: bool


@cache
def defaults() -> tuple[Default, ...]:
    """The rules that hold on every line, in order."""
    text = files("pipeline.line").joinpath("escalation_defaults.yaml").read_text("utf-8")
    return tuple(Default.model_validate(one) for one in yaml.safe_load(text))


def rules_of(written: tuple[EscalationRule, ...], queues: tuple[str, ...], language: str) -> tuple[Rule, ...]:
    """The rules of a line, in the order in which they are looked at."""
    known = {default.name: default for default in defaults()}
    changed = {rule.name: rule for rule in written}
    own = [_own(rule, language) for rule in written if rule.name not in known]
    return (*own, *(_changed(known[name], changed.get(name), queues, language) for name in known))


def _own(rule: EscalationRule, language: str) -> Rule:
    return Rule(
        rule.name,
        Expression.parse(rule.when or "false", FUNCTIONS),
        _spoken(rule.says, language),
        rule.queue or "",
        rule.flow or "",
        rule.say or "",
        rule.reason or rule.name,
        rule.priority or "normal",
        rule.transfer == "offer",
    )


def _changed(default: Default, rule: EscalationRule | None, queues: tuple[str, ...], language: str) -> Rule:
    given: dict[str, Any] = rule.model_dump(exclude_none=True) if rule else {}
    queue = default.queue if default.queue in queues else ""
    return Rule(
        default.name,
        Expression.parse(given.get("when", default.when), FUNCTIONS),
        _spoken(given.get("says", ()), language),
        given.get("queue", queue) or "",
        given.get("flow", ""),
        given.get("say", default.say.get(language, "")),
        given.get("reason", default.reason),
        given.get("priority", default.priority),
        given.get("transfer", default.transfer) == "offer",
    )


def _spoken(says: tuple[str, ...], language: str) -> PhraseSet:
    return phrase_set(language, [Spoken.parse(text, "says") for text in says])
