"""One call in the register of an account: who calls whom, how far it has come, and what is told of it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from secrets import token_hex
from typing import TYPE_CHECKING, Final, Literal

from telephony.double.callbacks import Callback, CallbackLine, CallbackMishaps
from telephony.double.errors import WebhookFailed
from telephony.double.record import CallLog, Problem, Purpose, WebhookMade
from telephony.double.webhooks import Answer, Webhooks

if TYPE_CHECKING:
    from telephony.double.call import DoubleCall

Direction = Literal["inbound", "outbound-api", "outbound-dial"]
Status = Literal["queued", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled"]
OVER: Final = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
EVENTS: Final = ("initiated", "ringing", "answered", "completed")
"""What a status callback can be asked for; `completed` tells every end."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls whom, as webhooks tell it."""

    account_sid: str
    call_sid: str
    from_: str
    to: str
    direction: Direction = "inbound"
    parent_sid: str = ""
    sip_headers: Mapping[str, str] = field(default_factory=dict)
    """What the SIP address carried as URI parameters."""


def call_sid() -> str:
    """A new id of a call."""
    return "CA" + token_hex(16)


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who is told how far a call has come."""

    url: str = ""
    method: str = "POST"
    events: frozenset[str] = frozenset({"completed"})


class CallEntry:
    """A call from its first moment to its end, and after that for whoever asks."""

    def __init__(
        self, caller: Caller, webhooks: Webhooks, mishaps: CallbackMishaps, subscription: Subscription | None = None
    ) -> None:
        self.caller = caller
        self.webhooks = webhooks
        self.subscription = subscription or Subscription()
        self.status: Status = "ringing" if caller.direction == "inbound" else "queued"
        self.answered_by = ""
        self.created = datetime.now(UTC)
        self.started: datetime | None = None
        self.ended: datetime | None = None
        self.duration_s = 0
        self.label = ""
        self.log = CallLog()
        self.call: DoubleCall | None = None
        """Whoever holds the handset, once it was answered."""
        self.callbacks = CallbackLine(mishaps, self._make)
        self.give_up = asyncio.Event()
        """Set: whoever rings stops ringing."""
        self._told = 0

    @property
    def sid(self) -> str:
        """Twilio's id of the call."""
        return self.caller.call_sid

    @property
    def over(self) -> bool:
        """Whether it has ended, one way or another."""
        return self.status in OVER

    @property
    def now_ms(self) -> int:
        """The instant on the call's clock; 0 before it is answered."""
        return 0 if self.call is None else self.call.now_ms

    @property
    def lasted_ms(self) -> int:
        """How long ago it was answered; 0 before."""
        return 0 if self.call is None else self.call.lasted_ms

    def answered(self) -> None:
        """Somebody has taken the call."""
        self.status, self.started = "in-progress", self.started or datetime.now(UTC)

    def finish(self, status: Status, lasted_ms: int = 0) -> None:
        """It is over; the application is told if it wants to know."""
        self.status, self.ended = status, datetime.now(UTC)
        self.duration_s = -(-lasted_ms // 1000)
        duration = {"CallDuration": str(self.duration_s), "Duration": str(-(-lasted_ms // 60_000))}
        self.tell("completed", duration if status == "completed" else {"CallDuration": "0"})
        self.callbacks.close()

    def tell(self, event: str, more: Mapping[str, str] | None = None) -> None:
        """Tell how far it has come to whoever asked for this event."""
        if not self.subscription.url or event not in self.subscription.events:
            return
        told = {
            **({"CallStatus": "initiated"} if event == "initiated" else {}),
            **({"AnsweredBy": self.answered_by} if self.answered_by else {}),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(self._told),
            "Timestamp": format_datetime(datetime.now(UTC)),
            **(more or {}),
        }
        self._told += 1
        self.tell_later("call_status", event, self.subscription.method, self.subscription.url, told)

    def tell_later(self, purpose: Purpose, event: str, method: str, url: str, params: Mapping[str, str]) -> None:
        """Make a status callback, telling how things stand now, without holding the call up."""
        self.callbacks.tell(Callback(purpose, event, method, url, {**self.standard(), **params}))

    def problem(self, code: int, detail: str) -> None:
        """Write down what Twilio's debugger would show."""
        self.log.problems.append(Problem(self.now_ms, code, detail))

    def standard(self) -> dict[str, str]:
        """The parameters that every request about a call carries."""
        caller = self.caller
        return {
            "AccountSid": caller.account_sid,
            "ApiVersion": "2010-04-01",
            "CallSid": caller.call_sid,
            "CallStatus": self.status,
            "Called": caller.to,
            "CalledCity": "",
            "Caller": caller.from_,
            "CallerCountry": "US",
            "Direction": caller.direction,
            "From": caller.from_,
            "FromCity": "",
            "To": caller.to,
            "ToCity": "",
            **({"ParentCallSid": caller.parent_sid} if caller.parent_sid else {}),
        }

    async def request(self, purpose: Purpose, method: str, url: str, params: Mapping[str, str]) -> Answer:
        """Make a request with the standard parameters and write it down. Raises WebhookFailed."""
        everything = dict(params) if purpose == "play" else {**self.standard(), **params}
        return await self._requested(purpose, method, url, everything)

    async def _requested(self, purpose: Purpose, method: str, url: str, params: Mapping[str, str]) -> Answer:
        at_ms, began_ms = self.now_ms, self.lasted_ms
        status, error, attempts = None, "", 1
        try:
            answer = await self.webhooks.request(method, url, params)
            status, attempts = answer.status, answer.attempts
        except WebhookFailed as failed:
            status, attempts, error = failed.status, failed.attempts, failed.detail
            raise
        finally:
            took_ms = self.lasted_ms - began_ms
            made = WebhookMade(at_ms, purpose, method, url, dict(params), status, took_ms, attempts, error)
            self.log.webhooks.append(made)
        return answer

    async def _make(self, callback: Callback) -> None:
        try:
            await self._requested(callback.purpose, callback.method, callback.url, callback.params)
        except WebhookFailed as failed:
            self.problem(failed.code, failed.detail)
