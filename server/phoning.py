"""Agents by telephone, where an account to call them from is set."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from pipeline.listening_again import ListensAgain
from pipeline.office_clock import OfficeClock
from pipeline.phone_legs import PhoneLegs
from pipeline.reconciling import Reconciler
from pipeline.rooms import Calls, Rooms
from pipeline.transfers.by_phone import ByPhone
from pipeline.transfers.by_task import ByTask
from pipeline.transfers.conference import Conferences
from pipeline.transfers.office import Transfers
from recordings.store import CallStore
from server.settings import Settings
from telephony.errors import CarrierError
from telephony.intended import IntendedControl
from telephony.intents import Intents
from telephony.transfer_store import Kept
from telephony.twilio.addresses import TransferAddresses

if TYPE_CHECKING:
    from telephony.twilio.control import TwilioControl

END_MS = 2_500
"""A stream stays open so long at most, for its call to be ended first (pipeline.livecall)."""


@dataclass(frozen=True, slots=True)
class Phoning:
    """A server's legs to agents."""

    phones: ByPhone
    """Phones for pipeline.transfers, and TransferDesk for server.agent_webhooks."""
    legs: PhoneLegs
    control: "TwilioControl"
    clock: OfficeClock
    rooms: Rooms | None = None
    """Conferences that callers are in from the beginning; None: no application is set."""
    _ending: "set[asyncio.Task[None]]" = field(default_factory=set)

    def hang_up(self, call_sid: str) -> "asyncio.Future[None]":
        """Have the carrier end a call; done when it was asked."""
        task = asyncio.create_task(self._end(call_sid))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        return task

    async def _end(self, call_sid: str) -> None:
        try:
            await self.control.end(call_sid, END_MS)
        except CarrierError as error:  # it is told when it asks what comes after the stream
            structlog.get_logger().warning("call not ended by the carrier", call_id=call_sid, reason=str(error))

    def look_after(self, calls: Calls, transfers: Transfers) -> None:
        """See to it that no caller of these is alone in a conference. After the transfers of an earlier process."""
        if self.rooms is not None:
            self.rooms.use(calls)
            transfers.spawn(self.rooms.run())

    async def close(self) -> None:
        """Wait until the carrier was asked to end what is to end."""
        if self._ending:
            await asyncio.wait(self._ending)
        if self.rooms is not None:
            await self.rooms.drained()
            self.rooms.close()

    async def recover(self, live: Iterable[Kept]) -> None:
        """Settle what an earlier process began, before its transfers go on. Raises StoreUnavailable."""
        for settled in await self.legs.recover({kept.transfer.id: kept.transfer for kept in live}):
            trouble = {"trouble": settled.trouble} if settled.trouble else {}
            structlog.get_logger().info("request of an earlier process", key=settled.key, kind=settled.kind, **trouble)

    def serve(self, transfers: Transfers) -> Reconciler:
        """Serve these transfers, and listen to them again where need be; run the reconciler beside them."""
        self.phones.use(transfers)
        listening = ListensAgain(transfers, self.legs, self.phones.listened, self.clock.now_ms)
        transfers.spawn(listening.run())
        if self.rooms is not None:
            self.rooms.listens = listening.begin
        return Reconciler(self.control, self.phones.known, self.phones.tell, self.clock.now_ms)

    async def conferences(self, transfers: Transfers) -> Conferences:
        """Those in which supervisors take part; they are looked after from now on. Raises StoreUnavailable."""
        made = Conferences(transfers, self.legs, self.control)
        await made.recover()
        transfers.spawn(made.run())
        return made


def open_phoning(
    settings: Settings,
    public_url: str,
    store: CallStore,
    clock: OfficeClock,
    stack: AsyncExitStack,
    token: Callable[[str], str] | None = None,
) -> Phoning | None:
    """Calls to agents through Twilio; None: no account is set, or the carrier cannot reach us. In a running loop.

    token: makes a one-time token for a stream that listens to caller and agent; None: nobody listens.
    """
    auth = settings.twilio_auth_token.get_secret_value()
    if not settings.twilio_account_sid or not auth or not public_url:
        return None
    from telephony.twilio.control import TwilioControl  # noqa: PLC0415 half a second, for those who call agents
    from telephony.twilio.rest import TwilioRest  # noqa: PLC0415 as above

    workspace = settings.twilio_workspace_sid
    tasks_url = settings.twilio_taskrouter_url if workspace else ""
    rest = TwilioRest(settings.twilio_account_sid, auth, settings.twilio_api_url, tasks_url)
    stack.push_async_callback(rest.aclose)
    control = TwilioControl(rest)
    intended = IntendedControl(control, Intents(store, settings.org_id), clock.now_ms)
    stream_url = "ws" + public_url.removeprefix("http") + "/twilio/media"
    legs = PhoneLegs(intended, TransferAddresses(public_url), stream_url, token)
    phones = ByPhone(legs, clock)
    if workspace:
        from telephony.twilio.taskrouter import TwilioTasks  # noqa: PLC0415 as above

        phones.memory.tasks = ByTask(phones.desk, legs, clock, lambda workflow: TwilioTasks(rest, workspace, workflow))
    rooms = None
    if settings.twilio_app_sid:
        held, near = phones.holds, phones.comes_to_own
        rooms = Rooms(intended, legs.addresses, settings.twilio_app_sid, held=held, near=near)
    phones.memory.own = rooms
    phoning = Phoning(phones, legs, control, clock, rooms)
    stack.push_async_callback(phoning.close)
    return phoning
