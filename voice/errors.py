"""What can go wrong with speech engines.

ProviderError (remote; carries provider and retryable)
├── ProviderLate      not within the deadline; a retry may help
├── ProviderFailed    the engine or service said no or broke; a retry may help
├── ProviderAbsent    not installed or no model; a retry does not help
└── ProviderRefused   the service turned us away: wrong key, nothing left to spend; a retry does not help
"""

import traceback
from pathlib import Path
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


class ProviderRefused(ProviderError):
    """The service will not serve us until somebody acts: a wrong key, a plan that is used up. The message says what."""

    retryable = False


def origin_of(error: BaseException) -> str:
    """Where an error came from, for logs: its kind and place. Its text may hold what a caller said."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    last = traceback.extract_tb(error.__traceback__)[-1:]
    return " ".join([type(error).__name__, *(f"at {Path(frame.filename).name}:{frame.lineno}" for frame in last)])
