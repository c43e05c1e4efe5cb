"""Where the carrier asks about a transfer: what is told to it and what the server listens to are the same. Pure."""

from dataclasses import dataclass
from typing import Final, Literal

RETRIES: Final = "#rc=5&rp=all"
"""Twilio asks five times more, whatever failed, before it gives the caller up: a process needs a moment to start again
(https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides). It is not part of what is signed."""


@dataclass(frozen=True, slots=True)
class TransferAddresses:
    """Of one server."""

    public_url: str
    """Without a slash at its end."""

    def answered(self, transfer: str, offer: int) -> str:
        """The agent has answered, and hears what this says."""
        return self._of(f"agent/{transfer}/{offer}")

    def chosen(self, transfer: str, offer: int) -> str:
        """The agent has pressed a key."""
        return self._of(f"agent/{transfer}/{offer}/choice")

    def done(self, transfer: str, offer: int) -> str:
        """The agent is out of the conference, and still there."""
        return self._of(f"agent/{transfer}/{offer}/done")

    def amd(self, transfer: str, offer: int) -> str:
        """Who answered is known."""
        return self._of(f"agent/{transfer}/{offer}/amd")

    def status(self, transfer: str, offer: int) -> str:
        """How the agent's leg is."""
        return self._of(f"agent/{transfer}/{offer}/status")

    def room(self, transfer: str) -> str:
        """Who comes into the conference, and leaves it."""
        return self._of(f"conf/{transfer}")

    def waiting(self, transfer: str, language: str) -> str:
        """Somebody is alone in the conference, and hears what this says."""
        return self._of(f"conf/{transfer}/wait/{language}")

    def announced(self, transfer: str, what: str) -> str:
        """Words for the conference."""
        return self._of(f"conf/{transfer}/say/{what}")

    def back(self, transfer: str, attempt: int, what: Literal["", "/amd", "/status"] = "") -> str:
        """A caller who is called back has answered; who it is, and how that leg is."""
        return self._of(f"back/{transfer}/{attempt}{what}")

    def supervisor(self, transfer: str, leg: str, what: Literal["", "/key", "/amd", "/status"] = "") -> str:
        """A supervisor has answered, has pressed a key; who it is, and how that leg is."""
        return self._of(f"supervisor/{transfer}/{leg}{what}")

    def after(self, transfer: str) -> str:
        """The caller is out of the conference, and still there."""
        return self._of(f"after/{transfer}")

    def call_room(self, call: str) -> str:
        """Who comes into the conference that a caller is in from the beginning, and leaves it."""
        return self._of(f"room/{call}")

    def out_of_room(self, call: str) -> str:
        """A caller is out of that conference, and still there."""
        return self._of(f"room/{call}/after")

    def assistant(self, call: str) -> str:
        """The assistant's leg of this call wants to know what now."""
        return self._of(f"assistant?call={call}")

    @property
    def resume(self) -> str:
        """The caller's stream is over."""
        return self._of("resume")

    @property
    def task(self) -> str:
        """A task was assigned to a worker (set at the workflow)."""
        return self._of("task")

    @property
    def task_events(self) -> str:
        """What becomes of tasks (set at the workspace)."""
        return self._of("task/events")

    def _of(self, path: str) -> str:
        return f"{self.public_url}/twilio/{path}{RETRIES}"
