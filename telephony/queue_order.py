"""Who is next, who fits, and how long it may take: what telephony.queue decides by. Pure."""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Final

from telephony.agents import Agent
from telephony.queue_settings import Needs, Weights

FEWEST_HANDLED: Final = 5
"""Calls that must have been handled lately before anything is said about how long it takes."""
LATELY: Final = 30
"""Calls that count."""
LATELY_MS: Final = 4 * 3_600_000
"""And how old they may be."""
_STEP_MS: Final = 30_000


def head_start_s(needs: Needs, weights: Weights) -> int:
    """Seconds of waiting that a caller's needs are worth, from 0 to `weights.most_s`."""
    found = (
        weights.tier.get(needs.tier.lower(), 0)
        + weights.priority.get(needs.priority.lower(), 0)
        + weights.urgency.get(needs.urgency.lower(), 0)
        + weights.sentiment.get(needs.sentiment.lower(), 0)
    )
    return min(found, weights.most_s)


def priority_s(needs: Needs, weights: Weights, waited_ms: int) -> float:
    """The one number: seconds waited and the head start. The greatest is next."""
    return max(0, waited_ms) / 1000 + head_start_s(needs, weights)


def fits(agent: Agent, queue: str, needs: Needs) -> bool:
    """Whether an agent can take a caller: serves the queue, speaks the language, has all the skills."""
    speaks = not needs.language or not agent.languages or needs.language in agent.languages
    return speaks and queue in agent.queues and needs.skills <= agent.skills


def expected_ms(position: int, agents: int, handled: Sequence[tuple[int, int]], now_ms: int) -> int | None:
    """How long the caller at this position may wait: each of so many agents is free again after the usual time.

    handled: (when it ended, how long it took) of the queue's calls, wrap-up included, oldest first. The usual time is
    the median of the latest. None: fewer than FEWEST_HANDLED are known, or nobody is there. Rounded up to half minutes.
    """
    lately = [took for ended, took in handled[-LATELY:] if now_ms - ended <= LATELY_MS]
    if len(lately) < FEWEST_HANDLED or agents < 1:
        return None
    exact = position * median(lately) / agents
    return int(-(-exact // _STEP_MS)) * _STEP_MS


def chosen(idle: Iterable[tuple[int, str]], most: int) -> tuple[str, ...]:
    """Whom to ring: those who are idle for longest first. idle: (since when, who)."""
    return tuple(agent for _, agent in sorted(idle)[:most])
