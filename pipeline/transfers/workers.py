"""When a workflow of TaskRouter is asked for a worker: for who waits at once, for who is called back in their hours.

Pure. Such a queue's callers do not wait in queues of ours, which know hours and attempts of callbacks otherwise.
"""

from typing import Final

from telephony.agents import TARGET
from telephony.transfer_events import AgentsFound, NobodyComes
from telephony.transfer_state import Standing, Transfer
from telephony.transfer_store import Wanted

MOST_FAILED: Final = 3
"""Requests for a worker that the carrier did not take."""
_AGAIN: Final[frozenset[Standing]] = frozenset({"lost", "hung_up"})
"""The worker is gone before the caller came: the workflow has others. It says itself that it has nobody."""


def next_worker(transfer: Transfer, wanted: Wanted, now_ms: int) -> AgentsFound | NobodyComes | int:
    """Whom to ask now, that there is nobody, or the instant in ms at which to ask."""
    if not _goes_on(transfer):
        return NobodyComes(now_ms, "no_agents")
    if transfer.reached:
        return now_a_worker(transfer, wanted, now_ms)
    if transfer.bridges >= wanted.most_attempts:
        return NobodyComes(now_ms, "too_many_attempts")
    spaced_ms = now_ms + wanted.spacing_s * 1000 if transfer.bridges else now_ms
    due_ms = max(wanted.not_before_ms, spaced_ms)
    if due_ms >= wanted.not_after_ms:
        return NobodyComes(now_ms, "window_over")
    return due_ms if due_ms > now_ms else now_a_worker(transfer, wanted, now_ms)


def now_a_worker(transfer: Transfer, wanted: Wanted, now_ms: int) -> AgentsFound:
    """Ask the workflow, which may take as long as the caller has."""
    until_ms = transfer.asked_ms + transfer.patience_ms if transfer.reached else wanted.not_after_ms
    return AgentsFound(now_ms, (f"{TARGET}{transfer.queue}",), ring_ms=until_ms - now_ms)


def _goes_on(transfer: Transfer) -> bool:
    """Whether the workflow may have somebody (else)."""
    if not transfer.offers or transfer.offers[-1].standing in _AGAIN:
        return True
    failed = sum(offer.standing == "failed" for offer in transfer.offers)
    return transfer.offers[-1].standing == "failed" and failed < MOST_FAILED
