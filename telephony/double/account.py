"""One account: its calls, conferences, queues and the people who can be rung. What verbs and REST requests work on."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from telephony.double.callbacks import CallbackMishaps
from telephony.double.entry import CallEntry, Caller, Subscription
from telephony.double.record import Problem
from telephony.double.webhooks import Webhooks

if TYPE_CHECKING:
    from telephony.double.conference import Conference
    from telephony.double.people import Person
    from telephony.double.program import Outcome, Voice
    from telephony.double.queues import CallQueue
    from telephony.double.taskrouter import TaskRouter

Verbs = Mapping[type[Any], Callable[[Any, Any], Awaitable["Outcome"]]]


class Account:
    """Shared by all that happens on the account; lives as long as the double's context."""

    def __init__(
        self,
        sid: str,
        auth_token: str,
        webhooks: Webhooks,
        tasks: asyncio.TaskGroup,
        verbs: Verbs,
        voice: "Voice | None" = None,
    ) -> None:
        self.sid = sid
        self.auth_token = auth_token
        self.webhooks = webhooks
        self.tasks = tasks
        self.verbs = verbs
        self.voice = voice
        self.callbacks = CallbackMishaps()
        self.calls: dict[str, CallEntry] = {}
        self.people: dict[str, Person] = {}
        """Who is there, by E.164, `client:name` or SIP address without headers."""
        self.conferences: list[Conference] = []
        self.queues: list[CallQueue] = []
        self.taskrouter: TaskRouter | None = None
        self.apps: dict[str, str] = {}
        """Where TwiML applications have their documents, by `app:AP…`."""
        self.numbers: set[str] = set()
        """The account's own numbers; empty: any number may be called from."""
        self.problems: list[Problem] = []
        """What is wrong with requests that belong to no call."""

    def register(self, caller: Caller, subscription: Subscription | None = None) -> CallEntry:
        """Enter a call, and make its callbacks from now on."""
        entry = CallEntry(caller, self.webhooks, self.callbacks, subscription)
        self.calls[entry.sid] = entry
        self.tasks.create_task(entry.callbacks.run(), name=f"callbacks {entry.sid}")
        return entry

    def problem(self, code: int, detail: str) -> None:
        """Write down what Twilio's debugger would show."""
        self.problems.append(Problem(0, code, detail))

    def conference(self, sid_or_name: str) -> "Conference | None":
        """The conference with this id, or the one that is live under this name."""
        live = (each for each in self.conferences if not each.over and each.name == sid_or_name)
        return next((each for each in self.conferences if each.sid == sid_or_name), None) or next(live, None)

    def queue(self, sid_or_name: str) -> "CallQueue | None":
        """The queue with this id or name."""
        return next((each for each in self.queues if sid_or_name in {each.sid, each.name}), None)

    def hang_up_all(self) -> None:
        """End every call, also those that ring."""
        for entry in list(self.calls.values()):
            if entry.call is not None:
                entry.call.hang_up()
            elif not entry.over:
                entry.give_up.set()
