"""The ways out of a step: on to the next one, or elsewhere. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pipeline.line.flows import (
    AnswerStep,
    AskStep,
    BranchStep,
    EndStep,
    GotoStep,
    HangUpStep,
    InstructStep,
    ModelStep,
    SetStep,
    Step,
    ToolStep,
    VerifyStep,
)

Where = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Ways:
    """Where it goes on."""

    jumps: tuple[tuple[Where, str], ...] = ()
    """Where in the step a name stands, and the name: of a step, or of a flow."""
    on: bool = True
    """Whether the next step may follow."""
    gives: frozenset[str] = frozenset()
    """The slots and results that are known at the next step."""


def ways_of(step: Step) -> Ways:
    """Every way out of a step, but into and out of sub-flows."""
    return _WAYS.get(type(step), _onward)(step)


def _onward(_: Step) -> Ways:
    return Ways()


def _named(*named: tuple[Where, str | None]) -> tuple[tuple[Where, str], ...]:
    return tuple((where, name) for where, name in named if name)


def _ask(step: AskStep) -> Ways:
    asked = step.ask
    jumps = _named((("ask", "without"), asked.without), (("ask", "failed"), asked.failed))
    return Ways(jumps, gives=frozenset({asked.slot}))


def _tool(step: ToolStep) -> Ways:
    return Ways(_named((("tool", "failed"), step.tool.failed)), gives=frozenset({step.tool.save_as}))


def _branch(step: BranchStep) -> Ways:
    jumps = tuple((("branch", at, "goto"), case.goto) for at, case in enumerate(step.branch))
    return Ways(jumps, on=not step.branch[-1].otherwise)


def _answer(step: AnswerStep) -> Ways:
    return Ways(_named((("answer", "otherwise"), step.answer.otherwise)))


def _set(step: SetStep) -> Ways:
    return Ways(gives=frozenset(step.assign))


def _verify(step: VerifyStep) -> Ways:
    return Ways(_named((("verify", "otherwise"), step.verify.otherwise)))


def _model(step: ModelStep) -> Ways:
    return Ways(_named((("model", "otherwise"), step.model.otherwise)))


def _instruct(step: InstructStep) -> Ways:
    what = step.instruct
    named = ((("instruct", way), getattr(what, way)) for way in ("done", "not_done", "skip"))
    return Ways(_named(*named), on=what.done is None or what.skip is None)


def _goto(step: GotoStep) -> Ways:
    return Ways(((("goto",), step.goto),), on=False)


def _ends(_: Step) -> Ways:
    return Ways(on=False)


_WAYS: Final[dict[type[Step], Callable[[Any], Ways]]] = {
    AskStep: _ask,
    ToolStep: _tool,
    BranchStep: _branch,
    AnswerStep: _answer,
    SetStep: _set,
    VerifyStep: _verify,
    ModelStep: _model,
    InstructStep: _instruct,
    GotoStep: _goto,
    EndStep: _ends,
    HangUpStep: _ends,
}
