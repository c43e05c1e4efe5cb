"""Whether caller and agent, who speak with each other at the carrier, are heard here, and what was missed of them."""

from pipeline.drive import Clock
from recordings.log import CallLog
from telephony.listening_again import Earshot


class HearingAway:
    """One call's. Writes down each gap for which a stream is asked for: that it is there, and when it is over."""

    def __init__(self, log: CallLog, clock: Clock) -> None:
        self._log, self._clock = log, clock
        self._open = False
        self._since_ms = self._gap_ms = clock.now_ms()
        self._how = "never"
        self._transfer = ""
        """For which a stream is asked for; empty: none is."""
        self._told = False
        self.until_ms = 0
        """Of their sound, what came last ended then."""

    @property
    def now(self) -> Earshot:
        """As it is now."""
        return Earshot(self._open, self._clock.now_ms() - self._since_ms)

    def expected(self) -> None:
        """From now on a stream of theirs may come."""
        self._since_ms = self._gap_ms = self._clock.now_ms()
        self._open, self._how = False, "never"
        self.given_up()

    def recalled(self, last_ms: int) -> None:
        """An earlier process may have heard them; the last that it wrote down was at last_ms."""
        self.expected()
        self._how, self._gap_ms = "process", min(last_ms, self._gap_ms)

    def asked(self, transfer: str) -> None:
        """A stream is asked for, for the transfer with this id in the call."""
        self._transfer = transfer

    def missed(self) -> None:
        """It was asked for, and they still speak. Written down once for each gap."""
        if self._transfer and not self._told:
            self._told = True
            self._log.record("listening.lost", self._clock.now_ms(), transfer=self._transfer, how=self._how)

    def given_up(self) -> None:
        """There is nothing to be heard any more."""
        self._transfer, self._told = "", False

    def begins(self, kept_until_ms: int | None) -> None:
        """A stream is open. kept_until_ms: how far the recording reaches; None: there is none."""
        now_ms = self._clock.now_ms()
        if self._transfer:
            self.missed()
            known = self._how == "process" and kept_until_ms is not None
            from_ms = min(kept_until_ms or 0, now_ms) if known else self._gap_ms
            self._log.record("listening.back", now_ms, transfer=self._transfer, from_ms=from_ms)
        self.given_up()
        self._open, self._since_ms = True, now_ms

    def heard(self, until_ms: int) -> None:
        """Sound of theirs came up to this instant."""
        self.until_ms = max(self.until_ms, until_ms)

    def ends(self, how: str) -> None:
        """That stream is over: closed, reset or silent."""
        self._since_ms = self._clock.now_ms()
        self._gap_ms = self.until_ms or self._since_ms
        self._open, self._how = False, how
