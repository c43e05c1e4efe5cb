"""Executes TwiML: fetches documents, runs their verbs in order, reports status; can be interrupted at any moment."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from typing import Final, Literal, TypeVar

from telephony.double.errors import TwilioError, TwimlRejected, WebhookFailed
from telephony.double.handset import Handset
from telephony.double.record import CallLog, EndedBy, Executed, Problem, Purpose, WebhookMade
from telephony.double.socket import StreamSocket
from telephony.double.twiml import Verb, parse
from telephony.double.webhooks import Answer, Webhooks, checked_twiml

MAX_DOCUMENTS: Final = 500
"""A call that needs more is going in circles."""

T = TypeVar("T")
Voice = Callable[[str, str], bytes]
"""The voice of `<Say>`: text and language in, μ-law out."""


@dataclass(frozen=True, slots=True)
class Jump:
    """Go on with another document."""

    url: str
    method: str = "POST"
    params: Mapping[str, str] = field(default_factory=dict)
    purpose: Purpose = "redirect"


@dataclass(frozen=True, slots=True)
class Document:
    """Go on with TwiML that is already here."""

    body: bytes
    url: str


@dataclass(frozen=True, slots=True)
class Over:
    """The call is over."""

    by: EndedBy


Outcome = Jump | Document | Over | None
"""What follows a verb; None: the next verb."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls whom, as webhooks tell it."""

    account_sid: str
    call_sid: str
    from_: str
    to: str


@dataclass(frozen=True, slots=True)
class Settings:
    """How a call is set up at the carrier."""

    voice_url: str
    voice_method: str = "POST"
    fallback_url: str = ""
    """Requested once when a document cannot be had or read."""
    status_callback: str = ""
    """Told when the call is completed."""
    voice: Voice | None = None
    on_broken: Literal["next_verb", "wait"] = "next_verb"
    """When the application's socket breaks: go on with the verb after `<Connect>`, or wait for `reconnect`.

    What Twilio does then is not documented ("resumes only after your server closes"); an application must survive both.
    """


class Program:
    """One call's TwiML, from the first webhook to the end."""

    def __init__(
        self,
        caller: Caller,
        settings: Settings,
        webhooks: Webhooks,
        handset: Handset,
        verbs: "Mapping[type[Verb], Callable[[Program, Verb], Awaitable[Outcome]]]",
    ) -> None:
        self.caller = caller
        self.settings = settings
        self.webhooks = webhooks
        self.handset = handset
        self.log = CallLog()
        self.document_url = settings.voice_url
        self.stream: StreamSocket | None = None
        self._verbs = verbs
        self._status = "ringing"
        self._scope: asyncio.Timeout | None = None
        self._interruption: Jump | Document | Over | None = None
        self._callbacks: asyncio.Queue[tuple[Purpose, str, str, dict[str, str]] | None] = asyncio.Queue()
        self._sequence = 0

    async def run(self) -> EndedBy:
        """Execute everything. Always returns how the call ended."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._report())
            try:
                by = await self._execute()
            finally:
                self._status = "completed"
                self.handset.up.set()
                self._tell_completed()
                self._callbacks.put_nowait(None)
        return by

    def interrupt(self, outcome: Jump | Document | Over) -> None:
        """Leave what is being executed, now, and go on with this. The first interruption holds until it is obeyed."""
        if self._interruption is None:
            self._interruption = outcome
            if self._scope is not None:
                self._scope.reschedule(asyncio.get_running_loop().time())

    def problem(self, code: int, detail: str) -> None:
        """Write down what Twilio's debugger would show."""
        self.log.problems.append(Problem(self.handset.now_ms, code, detail))

    def tell_later(self, purpose: Purpose, method: str, url: str, params: dict[str, str]) -> None:
        """Make a status callback without holding the call up; they are made one after the other."""
        self._callbacks.put_nowait((purpose, method, url, params))

    async def request(self, purpose: Purpose, method: str, url: str, params: Mapping[str, str]) -> Answer:
        """Make a request with the standard parameters and write it down. Raises WebhookFailed."""
        everything = {**self._standard(), **params} if purpose != "play" else dict(params)
        at_ms, began = self.handset.now_ms, self.handset.lasted_ms
        status, error, attempts = None, "", 1
        try:
            answer = await self.webhooks.request(method, url, everything)
            status, attempts = answer.status, answer.attempts
        except WebhookFailed as failed:
            status, attempts, error = failed.status, failed.attempts, failed.detail
            raise
        finally:
            took_ms = self.handset.lasted_ms - began
            self.log.webhooks.append(
                WebhookMade(at_ms, purpose, method, url, everything, status, took_ms, attempts, error)
            )
        return answer

    # Documents and verbs

    async def _execute(self) -> EndedBy:
        outcome: Jump | Document = Jump(self.settings.voice_url, self.settings.voice_method, purpose="voice")
        for _ in range(MAX_DOCUMENTS):
            verbs = await self._interruptible(partial(self._load, outcome))
            if isinstance(verbs, Over):
                return verbs.by
            if isinstance(verbs, Jump | Document):
                outcome = verbs
                continue
            self._status = "in-progress"
            follows = await self._run_verbs(deque(verbs))
            if isinstance(follows, Over):
                return follows.by
            outcome = follows
        self.problem(0, f"more than {MAX_DOCUMENTS} documents in one call: it goes in circles")
        return "failed"

    async def _run_verbs(self, verbs: deque[Verb]) -> Jump | Document | Over:
        while verbs:
            verb = verbs.popleft()
            self.log.executed.append(Executed(self.handset.now_ms, verb))
            outcome = await self._interruptible(partial(self._verbs[type(verb)], self, verb))
            if outcome is not None:
                return outcome
        return Over("end_of_twiml")

    async def _load(self, where: Jump | Document) -> tuple[Verb, ...] | Jump | Over:
        try:
            if isinstance(where, Document):
                self.document_url = where.url
                return parse(where.body, where.url)
            answer = checked_twiml(await self.request(where.purpose, where.method, where.url, where.params))
            self.document_url = answer.url
            return parse(answer.body, answer.url)
        except (WebhookFailed, TwimlRejected) as error:
            return self._fall_back(error, where)

    def _fall_back(self, error: TwilioError, where: Jump | Document) -> Jump | Over:
        self.problem(error.code, error.detail)
        if not self.settings.fallback_url or (isinstance(where, Jump) and where.purpose == "fallback"):
            return Over("failed")
        told = {"ErrorCode": str(error.code), "ErrorUrl": where.url}
        return Jump(self.settings.fallback_url, "POST", told, "fallback")

    async def _interruptible(self, work: Callable[[], Awaitable[T]]) -> T | Jump | Document | Over:
        if self._interruption is None:
            try:
                async with asyncio.timeout(None) as self._scope:
                    return await work()
            except TimeoutError:
                if self._interruption is None:
                    raise
            finally:
                self._scope = None
        outcome, self._interruption = self._interruption, None
        return outcome

    # Status

    def _standard(self) -> dict[str, str]:
        caller = self.caller
        return {
            "AccountSid": caller.account_sid,
            "ApiVersion": "2010-04-01",
            "CallSid": caller.call_sid,
            "CallStatus": self._status,
            "Called": caller.to,
            "CalledCity": "",
            "Caller": caller.from_,
            "CallerCountry": "US",
            "Direction": "inbound",
            "From": caller.from_,
            "FromCity": "",
            "To": caller.to,
            "ToCity": "",
        }

    def _tell_completed(self) -> None:
        if self.settings.status_callback:
            told = {
                "CallDuration": str(-(-self.handset.lasted_ms // 1000)),
                "Duration": str(-(-self.handset.lasted_ms // 60_000)),
                "SequenceNumber": "0",
                "Timestamp": format_datetime(datetime.now(UTC)),
            }
            self.tell_later("call_status", "POST", self.settings.status_callback, told)

    async def _report(self) -> None:
        while (callback := await self._callbacks.get()) is not None:
            try:
                await self.request(*callback)
            except WebhookFailed as failed:
                self.problem(failed.code, failed.detail)
