"""A flow as data: the steps of a dialogue, as an operator writes them. No step holds code.

A flow is a list of steps; each is one verb and what it needs. The assistant takes them in order until one waits for the
caller, jumps (`goto`, `branch`) or ends the flow.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

from pydantic import Discriminator, Field, Tag

from pipeline.line.verbs import Conversation, Enqueue, Hanging, Instruction, Verify
from pipeline.line.written import HUMAN_KEY, Condition, Key, Name, Path, Phrase, Scalar, Text, Written

__all__ = ["HUMAN_KEY", "Key", "Name", "Path", "Phrase", "Text", "Written"]

SILENTLY: Final = "silently"
"""In place of a `reuse` text: what was answered earlier in the call is taken without a word."""
SlotKind = Literal["digits", "yes_no", "choice", "date", "name", "text", "money", "number", "phone", "email", "spelled"]


class Choice(Written):
    """One of the answers to a question with a few."""

    value: Name = Field(description="what the slot holds when the caller chooses this")
    phrases: tuple[Phrase, ...] = Field(min_length=1, description="what callers say for it")
    key: Key | None = Field(default=None, description="the key that chooses it")


class Question(Written):
    """What an `ask` step needs."""

    slot: Name = Field(description="the name under which the answer is kept")
    kind: SlotKind = Field(description="what kind of answer is expected")
    prompt: Text = Field(description="the question")
    retry: Text | None = Field(
        default=None, description="the question, said again after an answer that was not understood"
    )
    read_back: Text | None = Field(
        default=None, description="repeats what was understood so that the caller can confirm it"
    )
    keypad: Text | None = Field(
        default=None,
        description="asks for the answer on the keypad, after two failed attempts; money is keyed in cents",
    )
    reuse: Text | None = Field(
        default=None,
        description="asks whether an answer given earlier in the call is meant, or `silently`: it is taken without a "
        "word; unset: offered by read_back where there is one",
    )
    valid: Condition | None = Field(
        default=None, description="what must hold of `value`, the answer: days(today, value) <= 21"
    )
    invalid: Text | None = Field(
        default=None, description="said when it does not hold, before the question is asked again"
    )
    spell: bool = Field(
        default=False, description="after the first failure the caller is asked to spell it, and it is spelled back"
    )
    min_digits: int = Field(default=0, ge=0, le=24, description="fewest digits of an answer of kind digits")
    max_digits: int = Field(default=0, ge=0, le=24, description="most digits of an answer of kind digits")
    wait_ms: int | None = Field(
        default=None,
        ge=200,
        le=5000,
        description="quiet in ms after which the answer is over; unset: it depends on what was asked and said",
    )
    choices: tuple[Choice, ...] = Field(default=(), max_length=9, description="the answers, for kind choice")
    secret: Literal["card", "pin", "code"] | None = Field(
        default=None,
        description="the answer is keyed in and seen by the tool that checks it alone: while it is asked nothing is "
        "heard or recorded (docs/privacy.md); the prompt has to ask for keys. # ends it, * alone gives it up",
    )
    redact: bool = Field(
        default=False,
        description="the answer, an address say, is kept in no text and no recording (docs/privacy.md)",
    )
    consent: Literal["text"] | None = Field(
        default=None,
        description="for kind yes_no: a yes is consent to be texted in this call; both answers are recorded",
    )
    without: Name | None = Field(default=None, description="the step to go to when the caller does not have the answer")
    failed: Name | None = Field(
        default=None, description="the step to go to when all attempts failed; unset: the line's human_flow"
    )


class ToolUse(Written):
    """What a `tool` step needs."""

    name: Name = Field(description="one of the line's tools")
    arguments: dict[Name, Scalar] = Field(default_factory=dict, description="values, or {slot} for a slot's value")
    save_as: Name = Field(description="the name under which the result is kept")
    wait: Text | None = Field(default=None, description="said while the tool runs; only for tools known to be slow")
    failed: Name | None = Field(
        default=None, description="the step to go to when the tool fails; unset: an apology, then the line's human_flow"
    )


class Case(Written):
    """One way a `branch` can go."""

    when: Path | None = Field(default=None, description="the slot or result field that is looked at; unset: otherwise")
    equals: Scalar | None = Field(default=None, description="the value it must have")
    exists: bool | None = Field(default=None, description="whether it must have a value at all")
    condition: Condition | None = Field(
        default=None, alias="if", description='an expression that must hold: order.total > 50 && tier == "gold"'
    )
    goto: Name = Field(description="the step, or the flow, to go on with")

    @property
    def otherwise(self) -> bool:
        """Whether it always holds."""
        return self.when is None and self.condition is None


class Answer(Written):
    """What an `answer` step needs: a reply from the knowledge folder."""

    question: Text | None = Field(default=None, description="what to look up; unset: what the caller said")
    otherwise: Name | None = Field(
        default=None, description="the step to go to when nothing certain is found; unset: the assistant says so"
    )


class TakeMessage(Written):
    """What a `take_message` step needs."""

    queue: Name = Field(description="one of the line's queues, whose people get the message")
    prompt: Text = Field(description="invites the caller to speak")
    taken: Text = Field(description="said once the message is kept")


class Ending(Written):
    """What an `end` step needs."""

    call: bool = Field(default=False, description="true hangs up after the goodbye; false ends the flow only")
    say: Text | None = Field(default=None, description="said instead of the line's goodbye")


class Step(Written):
    """One step. `id` is needed only where another step goes to it."""

    id: Name | None = Field(default=None, description="a name for goto")


class SayStep(Step):
    """Say something."""

    say: Text = Field(description="what is said")


class AskStep(Step):
    """Ask the caller for a slot, until it is confirmed or all attempts failed."""

    ask: Question


class ToolStep(Step):
    """Call a tool and keep its result."""

    tool: ToolUse


class BranchStep(Step):
    """Go on elsewhere, depending on a slot or result. The first case that holds counts; if none, then the next step."""

    branch: tuple[Case, ...] = Field(min_length=1)


class AnswerStep(Step):
    """Answer from approved text of the knowledge folder."""

    answer: Answer


class TakeMessageStep(Step):
    """Take a message for humans."""

    take_message: TakeMessage


class GotoStep(Step):
    """Go on with another step, or another flow."""

    goto: Name = Field(description="a step's id in this flow, or a flow's name")


class EndStep(Step):
    """End the flow, or the call."""

    end: Ending = Field(default_factory=Ending)


class SetStep(Step):
    """Keep values as slots: each is an expression over slots, results and facts."""

    assign: dict[Name, Condition] = Field(alias="set", min_length=1, max_length=10, description="slot: expression")


class FlowStep(Step):
    """Go through another flow and come back."""

    flow: Name = Field(description="the flow to go through")
    arguments: dict[Name, Scalar] = Field(
        default_factory=dict, max_length=10, description="slots it finds set: values, or {slot} for a slot's value"
    )
    results: dict[Name, Path] = Field(
        default_factory=dict, max_length=10, description="slots kept when it is over: here: its slot or result.field"
    )


class VerifyStep(Step):
    """Make sure who the caller is."""

    verify: Verify


class ModelStep(Step):
    """Let the language model lead this stretch, with its own prompt and tools."""

    model: Conversation


class EnqueueStep(Step):
    """Bring in a human of a queue."""

    enqueue: Enqueue


class InstructStep(Step):
    """Have the caller do one thing, and understand what came of it."""

    instruct: Instruction


class HangUpStep(Step):
    """Say goodbye and end the call."""

    hang_up: Hanging = Field(default_factory=Hanging)


_STEPS: Final[dict[str, type[Step]]] = {
    "say": SayStep,
    "ask": AskStep,
    "tool": ToolStep,
    "branch": BranchStep,
    "answer": AnswerStep,
    "take_message": TakeMessageStep,
    "goto": GotoStep,
    "end": EndStep,
    "set": SetStep,
    "flow": FlowStep,
    "verify": VerifyStep,
    "model": ModelStep,
    "enqueue": EnqueueStep,
    "instruct": InstructStep,
    "hang_up": HangUpStep,
}
VERBS: Final = tuple(_STEPS)


def _verb(value: Any) -> str | None:
    if isinstance(value, dict):
        verbs = [verb for verb in VERBS if verb in value]
        return verbs[0] if len(verbs) == 1 else None
    return next((verb for verb, kind in _STEPS.items() if isinstance(value, kind)), None)


AnyStep = Annotated[
    Annotated[SayStep, Tag("say")]
    | Annotated[AskStep, Tag("ask")]
    | Annotated[ToolStep, Tag("tool")]
    | Annotated[BranchStep, Tag("branch")]
    | Annotated[AnswerStep, Tag("answer")]
    | Annotated[TakeMessageStep, Tag("take_message")]
    | Annotated[GotoStep, Tag("goto")]
    | Annotated[EndStep, Tag("end")]
    | Annotated[SetStep, Tag("set")]
    | Annotated[FlowStep, Tag("flow")]
    | Annotated[VerifyStep, Tag("verify")]
    | Annotated[ModelStep, Tag("model")]
    | Annotated[EnqueueStep, Tag("enqueue")]
    | Annotated[InstructStep, Tag("instruct")]
    | Annotated[HangUpStep, Tag("hang_up")],
    Discriminator(
        _verb,
        custom_error_type="step_verb",
        custom_error_message="a step needs exactly one verb: " + ", ".join(VERBS),
    ),
]


class Flow(Written):
    """A dialogue with one purpose."""

    about: Phrase = Field(description='what it does, as the end of "Is this about …?": "where your order is"')
    owner: Phrase | None = Field(default=None, description="who answers for this flow; unset: the line's owner")
    steps: tuple[AnyStep, ...] = Field(min_length=1, max_length=60)

    def index_of(self, step_id: str) -> int | None:
        """Position of the step with this id, or None."""
        return next((index for index, step in enumerate(self.steps) if step.id == step_id), None)

    @property
    def informs_only(self) -> bool:
        """Whether it only says things: a digression, from which the dialogue returns to what it interrupted."""
        return all(isinstance(step, SayStep | BranchStep | AnswerStep | SetStep) for step in self.steps)

    @property
    def answers_only(self) -> bool:
        """Whether it answers what the caller asked from knowledge, and nothing else."""
        return all(isinstance(step, AnswerStep) and step.answer.question is None for step in self.steps)

    def slots(self) -> Iterator[str]:
        """The slots it asks for or sets."""
        for step in self.steps:
            match step:
                case AskStep(ask=question):
                    yield question.slot
                case SetStep(assign=slots):
                    yield from slots
                case FlowStep(arguments=arguments, results=results):
                    yield from (*arguments, *results)

    def questions(self) -> Iterator[Question]:
        """What it asks, in order."""
        return (step.ask for step in self.steps if isinstance(step, AskStep))
