"""Executes TwiML: fetches documents, runs their verbs in order, reports status; can be interrupted at any moment."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from telephony.double.dial_twiml import Leave
from telephony.double.entry import CallEntry
from telephony.double.errors import TwilioError, TwimlRejected, WebhookFailed
from telephony.double.fork import Fork
from telephony.double.handset import Handset
from telephony.double.record import EndedBy, Executed, Purpose
from telephony.double.socket import StreamSocket
from telephony.double.twiml import Verb, parse, warnings
from telephony.double.webhooks import Answer, checked_twiml

if TYPE_CHECKING:
    from telephony.double.account import Account

MAX_DOCUMENTS: Final = 500
"""A call that needs more is going in circles."""
SCHEMA_WARNING: Final = 12200

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
class Left:
    """`<Leave>`: the caller leaves the queue in which this document was played."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a call is set up at the carrier."""

    voice_url: str
    voice_method: str = "POST"
    fallback_url: str = ""
    """Requested once when a document cannot be had or read."""
    voice: Voice | None = None
    on_broken: Literal["next_verb", "wait"] = "next_verb"
    """When the application's socket breaks: go on with the verb after `<Connect>`, or wait for `reconnect`.

    What Twilio does then is not documented ("resumes only after your server closes"); an application must survive both.
    """
    twiml: bytes = b""
    """The first document, where it came with the request for the call; `voice_url` is its address then."""
    first: Mapping[str, str] = field(default_factory=dict)
    """What the request for the first document tells besides."""
    purpose: Purpose = "voice"
    """What the first document is for."""
    wait_ms: int = 0
    """So long passes between the answer and the first document."""
    then: "Callable[[Program], Awaitable[Outcome]] | None" = None
    """What happens when no verb is left; without it the call ends."""


class Program:
    """One call's TwiML, from the first webhook to the end."""

    def __init__(self, entry: CallEntry, settings: Settings, handset: Handset, account: "Account") -> None:
        self.entry = entry
        self.caller = entry.caller
        self.settings = settings
        self.account = account
        self.webhooks = account.webhooks
        self.handset = handset
        self.log = entry.log
        self.document_url = settings.voice_url
        self.stream: StreamSocket | None = None
        self.forks: dict[str, Fork] = {}
        """What `<Start><Stream>` has opened, by name."""
        self._scope: asyncio.Timeout | None = None
        self._interruption: Jump | Document | Over | None = None

    async def run(self) -> EndedBy:
        """Execute everything. Always returns how the call ended."""
        async with asyncio.TaskGroup() as self.tasks:
            try:
                by = await self._execute()
            finally:
                for fork in self.forks.values():
                    fork.stop()
                self.handset.up.set()
                self.entry.finish("completed", self.handset.lasted_ms)
        return by

    def interrupt(self, outcome: Jump | Document | Over) -> None:
        """Leave what is being executed, now, and go on with this. The first interruption holds until it is obeyed."""
        if self._interruption is None:
            self._interruption = outcome
            if self._scope is not None:
                self._scope.reschedule(asyncio.get_running_loop().time())

    @property
    def leaves(self) -> Literal["hung_up", "moved"]:
        """Why a verb is cancelled: the call is over, or goes on elsewhere."""
        return "moved" if isinstance(self._interruption, Jump | Document) else "hung_up"

    def problem(self, code: int, detail: str) -> None:
        """Write down what Twilio's debugger would show."""
        self.entry.problem(code, detail)

    def tell_later(self, purpose: Purpose, method: str, url: str, params: Mapping[str, str], event: str = "") -> None:
        """Make a status callback without holding the call up; they are made one after the other."""
        self.entry.tell_later(purpose, event, method, url, params)

    async def request(self, purpose: Purpose, method: str, url: str, params: Mapping[str, str]) -> Answer:
        """Make a request with the standard parameters and write it down. Raises WebhookFailed."""
        return await self.entry.request(purpose, method, url, params)

    async def perform(self, where: Jump | Document) -> Jump | Document | Over | Left:
        """Execute documents within a verb, until no verb is left or one of them leads elsewhere.

        A redirect is followed; for whoever is cancelled meanwhile nothing is left behind.
        """
        for _ in range(MAX_DOCUMENTS):
            verbs = await self._load(where)
            if isinstance(verbs, Jump | Over):
                return verbs
            outcome: Outcome | Left = None
            for verb in verbs:
                self.log.executed.append(Executed(self.handset.now_ms, verb))
                outcome = Left() if isinstance(verb, Leave) else await self.account.verbs[type(verb)](self, verb)
                if outcome is not None:
                    break
            if not (isinstance(outcome, Jump) and outcome.purpose in {"redirect", "gather"}):
                return Over("end_of_twiml") if outcome is None else outcome
            where = outcome
        self.problem(0, f"more than {MAX_DOCUMENTS} documents in one call: it goes in circles")
        return Over("failed")

    # Documents and verbs

    async def _execute(self) -> EndedBy:
        settings = self.settings
        waited = (
            await self._interruptible(partial(self.handset.wait_ms, settings.wait_ms)) if settings.wait_ms else None
        )
        if isinstance(waited, Over):
            return waited.by
        outcome: Jump | Document = Jump(settings.voice_url, settings.voice_method, settings.first, settings.purpose)
        if settings.twiml:
            outcome = Document(settings.twiml, settings.voice_url)
        outcome = waited or outcome
        for _ in range(MAX_DOCUMENTS):
            verbs = await self._interruptible(partial(self._load, outcome))
            if isinstance(verbs, Over):
                return verbs.by
            if isinstance(verbs, Jump | Document):
                outcome = verbs
                continue
            self.entry.answered()
            follows = await self._run_verbs(deque(verbs))
            if follows == Over("end_of_twiml") and self.settings.then is not None:
                follows = await self._interruptible(partial(self.settings.then, self)) or follows
            if isinstance(follows, Over):
                return follows.by
            outcome = follows
        self.problem(0, f"more than {MAX_DOCUMENTS} documents in one call: it goes in circles")
        return "failed"

    async def _run_verbs(self, verbs: deque[Verb]) -> Jump | Document | Over:
        while verbs:
            verb = verbs.popleft()
            self.log.executed.append(Executed(self.handset.now_ms, verb))
            outcome = await self._interruptible(partial(self.account.verbs[type(verb)], self, verb))
            if outcome is not None:
                return outcome
        return Over("end_of_twiml")

    async def _load(self, where: Jump | Document) -> tuple[Verb, ...] | Jump | Over:
        try:
            if isinstance(where, Document):
                self.document_url = where.url
                return self._read(where.body, where.url)
            answer = checked_twiml(await self.request(where.purpose, where.method, where.url, where.params))
            self.document_url = answer.url
            return self._read(answer.body, answer.url)
        except (WebhookFailed, TwimlRejected) as error:
            return self._fall_back(error, where)

    def _read(self, body: bytes, url: str) -> tuple[Verb, ...]:
        verbs = parse(body, url)
        for warning in warnings(body):
            self.problem(SCHEMA_WARNING, warning)
        return verbs

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
