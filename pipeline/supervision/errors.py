"""Why a supervisor does not get what they want.

NotSupervised             asked again, it is refused again, unless the call has moved on
├── Controlled            somebody else controls the call
├── NotNow                not where the call stands
└── NoMicrophone          there is nothing to speak through
"""


class NotSupervised(Exception):
    """Refused; nothing has changed."""


class Controlled(NotSupervised):
    """Somebody else controls the call."""

    def __init__(self, by: str) -> None:
        super().__init__(f"{by} controls this call")
        self.by = by


class NotNow(NotSupervised):
    """Not where the call stands; the message says why."""


class NoMicrophone(NotSupervised):
    """The supervisor has no open microphone for this call."""
