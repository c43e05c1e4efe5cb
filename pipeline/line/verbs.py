"""What the larger kinds of step need: verify, model, enqueue, instruct, hang_up."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from pipeline.line.written import Condition, Name, Phrase, Text, Written

Level = Literal["claimed", "knowledge", "one_time_code", "pin"]
Priority = Literal["normal", "high", "urgent"]


class Verify(Written):
    """What a `verify` step needs: the caller is known this well, or the flow goes elsewhere."""

    level: Level = Field(description="how well the caller must be known")
    otherwise: Name = Field(description="the step to go to when the caller cannot be verified")


class Conversation(Written):
    """What a `model` step needs: a stretch of the call that the language model leads."""

    prompt: Annotated[str, StringConstraints(min_length=1, max_length=4000, strip_whitespace=True)] = Field(
        description="what the model is to do here; the product's own rules stand before it and cannot be changed by it"
    )
    tools: tuple[Name, ...] = Field(default=(), max_length=20, description="tools of the line that it may use here")
    model: Phrase | None = Field(
        default=None,
        description="which model of the first server is asked here; unset: CORDBOARD_LLM_MODEL",
    )
    passages: bool = Field(
        default=False,
        description="look what the caller says up in the line's knowledge each time: the model may state what is found",
    )
    until: Condition | None = Field(
        default=None, description="the stretch is over when this holds; it also knows `turns`, the caller's so far"
    )
    turns: int = Field(default=6, ge=1, le=30, description="most turns of the caller; then the flow goes on")
    otherwise: Name | None = Field(
        default=None, description="the step to go to without a language model, or when it fails; unset: human_flow"
    )


class Enqueue(Written):
    """What an `enqueue` step needs: the caller is put through to a person of this queue, or leaves a message."""

    queue: Name = Field(description="one of the line's queues")
    say: Text | None = Field(default=None, description="said first: why a person takes over")
    priority: Priority = Field(default="normal", description="how soon a person should look at it")
    reason: Phrase | None = Field(default=None, description="told to the people of the queue, not to the caller")
    unreachable: Text | None = Field(
        default=None, description="said before the message, where nobody can be put through to"
    )
    prompt: Text | None = Field(default=None, description="invites a message; unset: prompts.tell_queue")
    taken: Text | None = Field(default=None, description="said once the message is kept; unset: prompts.message_kept")


class Instruction(Written):
    """What an `instruct` step needs: one thing that the caller does, and what came of it.

    "Done", "that worked", "it didn't work", "skip it", "go back" and "repeat that" are understood everywhere.
    """

    say: Text = Field(description="what the caller is to do, and how they tell what came of it")
    worked: tuple[Phrase, ...] = Field(default=(), max_length=20, description='says done too: "the light is green"')
    failed: tuple[Phrase, ...] = Field(default=(), max_length=20, description='says not done too: "the light is red"')
    done: Name | None = Field(default=None, description="the step to go to when it is done; unset: the next one")
    not_done: Name | None = Field(
        default=None, description="the step to go to when it did not work; unset: the line's human_flow"
    )
    skip: Name | None = Field(default=None, description="the step to go to when it is skipped; unset: the next one")


class Hanging(Written):
    """What a `hang_up` step needs."""

    say: Text | None = Field(default=None, description="said instead of the line's goodbye")
