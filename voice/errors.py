"""What can go wrong with speech engines.

ProviderError (remote; carries provider and retryable)
├── ProviderLate      not within the deadline; a retry may help
├── ProviderFailed    the engine or service said no or broke; a retry may help
└── ProviderAbsent    not installed or no model; a retry does not help
"""

from typing import ClassVar


class ProviderError(Exception):
    """A recogniser or a voice did not do its part."""

    retryable: ClassVar[bool] = True

    def __init__(self, provider: str, message: str) -> None:
        super().__init__(f"{provider}: {message}")
        self.provider = provider


class ProviderLate(ProviderError):
    """No answer within the deadline."""


class ProviderFailed(ProviderError):
    """The engine broke or refused."""


class ProviderAbsent(ProviderError):
    """The engine or its model is not there; the message says what to install or configure."""

    retryable = False
