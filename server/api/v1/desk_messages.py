"""What an agent's page says over its WebSocket."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from server.api.v1 import taking

_Transfer = Annotated[str, Field(max_length=100)]


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Presence(_Said):
    """Whether the agent takes calls."""

    type: Literal["presence"]
    presence: Literal["available", "busy", "away"]
    by: Literal["desk", "phone"] = "desk"
    """Where they take calls: here, or on their telephone."""


class Accept(_Said):
    """A yes to an offer."""

    type: Literal["accept"]
    transfer: _Transfer
    offer: int = Field(ge=0, le=10_000)


class Decline(_Said):
    """A no to an offer."""

    type: Literal["decline"]
    transfer: _Transfer
    offer: int = Field(ge=0, le=10_000)
    reason: str = Field(default="", max_length=200)


class HandBack(_Said):
    """The caller goes back to the assistant."""

    type: Literal["hand_back"]
    transfer: _Transfer
    note: str = Field(default="", max_length=2000)


class HangUp(_Said):
    """The agent leaves the call."""

    type: Literal["hang_up"]
    transfer: _Transfer


class WrapUp(taking.WrapsUp):
    """What came of it."""

    type: Literal["wrap_up"]
    transfer: _Transfer


class Mute(_Said):
    """Whether the caller hears the microphone."""

    type: Literal["mute"]
    muted: bool


class Ping(_Said):
    """Still there; `pong` answers it."""

    type: Literal["ping"]


class Pong(_Said):
    """Still there: the answer to ours."""

    type: Literal["pong"]


Message = Annotated[
    Presence | Accept | Decline | HandBack | HangUp | WrapUp | Mute | Ping | Pong, Field(discriminator="type")
]
MESSAGE: TypeAdapter[Message] = TypeAdapter(Message)
