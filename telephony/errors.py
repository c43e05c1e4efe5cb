"""What can go wrong with a carrier's services.

CarrierError (remote; carries carrier and retryable)
├── CarrierLate       not within the deadline; a retry may help, and may do again what was done after all
├── CarrierFailed     the carrier could not be reached or broke; a retry may help
├── CarrierRefused    the carrier turned us away: wrong key, wrong sender; a retry does not help until somebody acts
├── NotTextable       nobody can be texted at this number: no mobile, opted out, or none at all; a retry does not help
├── NotDiallable      nobody can be called there: no number, a country that is not allowed; a retry does not help
├── Overtaken         something else was asked of this leg since; a retry does not help
└── LegGone           this leg is over, or was never there; a retry does not help
"""

from typing import ClassVar


class CarrierError(Exception):
    """A carrier did not do its part. Messages never hold numbers or texts."""

    retryable: ClassVar[bool] = True

    def __init__(self, carrier: str, message: str, code: int | None = None) -> None:
        """Code is the carrier's own number for what happened, where it gave one."""
        super().__init__(f"{carrier}: {message}")
        self.carrier = carrier
        self.code = code

    @property
    def may_be_done(self) -> bool:
        """Whether what was asked for may have been done all the same, or may still be."""
        return self.retryable


class CarrierLate(CarrierError):
    """No answer within the deadline."""


class CarrierFailed(CarrierError):
    """Not reached, or broken, after all attempts."""


class CarrierRefused(CarrierError):
    """The carrier will not serve us until somebody acts. The message says what."""

    retryable = False


class NotTextable(CarrierError):
    """This recipient cannot be texted."""

    retryable = False


class NotDiallable(CarrierError):
    """This address cannot be called."""

    retryable = False


class LegGone(CarrierError):
    """The leg, or the conference, that this was for is over."""

    retryable = False


class Overtaken(CarrierError):
    """What was asked of a leg later holds."""

    retryable = False
