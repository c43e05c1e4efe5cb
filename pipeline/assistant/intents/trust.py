"""How far a guess can be trusted. Pure."""

from math import exp

import numpy as np
import numpy.typing as npt


def trust_signals(shares: npt.NDArray[np.float64], known_share: float) -> tuple[float, float, float]:
    """What tells a right guess from a wrong one: its probability, its lead over the next, and how much is known.

    shares: probabilities of the intents and, last, of "none of these". known_share: of the text, by weight, in
    training.
    """
    ranked = np.sort(shares[:-1])
    best = float(ranked[-1])
    following = max(float(ranked[-2]) if len(ranked) > 1 else 0.0, float(shares[-1]))
    odds = float(np.log(best + 1e-6) - np.log(1 - best + 1e-6))
    lead = float(np.log(best + 1e-6) - np.log(following + 1e-6))
    return odds, lead, known_share


def confidence(shares: npt.NDArray[np.float64], known_share: float, trust: npt.NDArray[np.float64]) -> float:
    """Probability that the likeliest intent is right. trust: a weight for each signal, then the bias."""
    signals = trust_signals(shares, known_share)
    total = sum(weight * signal for weight, signal in zip(trust, signals, strict=False)) + trust[-1]
    return 1 / (1 + exp(-float(np.clip(total, -500, 500))))
