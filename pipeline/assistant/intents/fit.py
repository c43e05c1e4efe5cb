"""Learn a line's intents from its examples. The only module here that needs scikit-learn; never imported in a call.

One multinomial logistic regression over the joined views of features.py. Beside the line's intents it learns a class of
"none of these" from background.txt. How far its guesses can be trusted is learned on examples that it has not seen
(folds;
one held-out part when there are many): a second, three-feature regression turns its scores into the probability that
the guess is right, and the threshold of `sure` is the lowest at which the unseen guesses kept their promise.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.linalg import cholesky, solve_triangular
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # shipped without types

from knowledge.english.features import EXACT, VIEWS, Features, Reading, learn_features, read, read_all
from knowledge.english.sentences import SentenceVectors
from pipeline.assistant.intents.trust import trust_signals

Floats = npt.NDArray[np.float32]
_Example = tuple[Reading, str]

BACKGROUND: Final = ""
"""Label of what is none of the line's intents."""

_STRENGTH: Final = 10.0
"""Inverse of the penalty on weights; 3 to 100 measured within half a point of each other."""
_FOLDS: Final = 5
_DENSE: Final = 3000
"""Up to this many rows, the regression is solved among the rows."""
_MANY: Final = 3000
"""From this many examples on, one part of ten is held out in place of folds: enough to calibrate, and one fit."""
_PROMISE: Final = 0.96
"""Share of unseen guesses that must be right where the model says it is sure: a point over the promised 95 %."""
_UNTESTED: Final = np.array([0.5, 0.5, 1.0, -1.5])
"""How far to trust when there is nothing to measure on: weights of the three signals, and the bias."""
_LET_IN: Final = 0.03
"""Greatest share of background talk for which the model may be sure."""
_LOWEST: Final = 0.5
"""No guess that is more likely wrong than right is ever sure."""


@dataclass(frozen=True, slots=True)
class Learned:
    """Everything that inference needs."""

    intents: tuple[str, ...]
    """In the order of the columns of weights; BACKGROUND is the last."""
    features: Features
    weights: Floats
    """features.width rows, one column an intent."""
    biases: Floats
    trust: npt.NDArray[np.float64]
    """Weights of the signals of trust_signals, then the bias."""
    threshold: float
    """Lowest confidence that is sure."""


def learn(examples: Sequence[tuple[str, str]], seed: int, sentences: SentenceVectors | None = None) -> Learned:
    """Learn from (text, intent) pairs; deterministic. Raises ValueError when there are fewer than two intents."""
    intents = sorted({intent for _, intent in examples})
    if len(intents) < 2 or "" in intents:
        raise ValueError("intents need at least two different names, none of them empty, with examples each")
    with threadpool_limits(1):  # matrices this small only wait for more threads: six times slower on two busy cores
        readings = read_all([text for text, _ in examples], sentences)
        named = {intent: read(intent.replace("_", " "), sentences) for intent in intents}
        talk = read_all(_talk(), sentences)
        labelled = [(reading, intent) for reading, (_, intent) in zip(readings, examples, strict=True)]
        return _learn(labelled, named, talk, seed)


def _learn(examples: Sequence[_Example], named: dict[str, Reading], talk: list[Reading], seed: int) -> Learned:
    features = learn_features([reading for reading, _ in examples])
    rows = features.rows(reading for reading, _ in examples)
    background = _background(features, rows, talk)
    parts = _parts([intent for _, intent in examples], seed)
    if len(examples) >= _MANY:
        return _learn_from_many(examples, named, features, rows, background, parts[0])
    measured: list[_Measured] = []
    for turn, (train, test) in enumerate(parts):
        seen = [examples[at] for at in train]
        part_features = learn_features([reading for reading, _ in seen])
        part_rows = part_features.rows(reading for reading, _ in seen)
        weights, biases = _fit(seen, named, part_features, part_rows, background[turn % 2 :: 2])
        unseen = [examples[at] for at in test]
        measured.append(_measure(part_features, weights, biases, seen, unseen, background[1 - turn % 2 :: 2]))
    trust, threshold = _calibrate(measured)
    weights, biases = _fit(examples, named, features, rows, background)
    return Learned((*named, BACKGROUND), features, weights, biases, trust, threshold)


def _learn_from_many(
    examples: Sequence[_Example],
    named: dict[str, Reading],
    features: Features,
    rows: sp.csr_matrix,
    background: list[Reading],
    part: tuple[list[int], list[int]],
) -> Learned:
    """Calibrate on one held-out part, which also decides how much the exact wording counts; then go on with all."""
    train, test = part
    seen, unseen = [examples[at] for at in train], [examples[at] for at in test]
    choices = (VIEWS,) if features.sentence_dimensions else (VIEWS, EXACT)
    best: tuple[float, Features, Floats, _Measured] | None = None
    for views in choices:
        tried, tried_rows = features.reweighed(views, rows[train])
        weights, biases = _fit(seen, named, tried, tried_rows, background[::2])
        measured = _measure(tried, weights, biases, seen, unseen, background[1::2])
        right = float(measured.right[measured.inside].mean())
        if best is None or right > best[0]:
            best = right, tried, np.vstack([weights, biases]), measured
    assert best is not None  # noqa: S101  # there is at least one choice
    trust, threshold = _calibrate([best[3]])
    chosen, all_rows = features.reweighed(best[1].views, rows)
    weights, biases = _fit(examples, named, chosen, all_rows, background, start=best[2])
    return Learned((*named, BACKGROUND), chosen, weights, biases, trust, threshold)


@dataclass(frozen=True, slots=True)
class _Measured:
    """What guesses on unseen texts were like."""

    signals: npt.NDArray[np.float64]
    right: npt.NDArray[np.bool_]
    inside: npt.NDArray[np.bool_]
    """False for background talk."""


def _measure(
    features: Features,
    weights: Floats,
    biases: Floats,
    seen: Sequence[_Example],
    unseen: Sequence[_Example],
    unseen_background: list[Reading],
) -> _Measured:
    """Measure what was learned from some examples on the others and on background talk that it has not seen."""
    intents = np.array(sorted({intent for _, intent in seen}))
    every = [reading for reading, _ in unseen] + unseen_background
    shares = _shares(np.asarray(features.rows(every) @ weights + biases, np.float64))
    signals = [trust_signals(row, features.known_share(reading)) for row, reading in zip(shares, every, strict=True)]
    guesses = intents[shares[:, :-1].argmax(1)]
    right = guesses == np.array([intent for _, intent in unseen] + [BACKGROUND] * len(unseen_background))
    return _Measured(np.array(signals), right, np.arange(len(every)) < len(unseen))


def _shares(raw: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    exponents = np.exp(raw - raw.max(1, keepdims=True))
    return np.asarray(exponents / exponents.sum(1, keepdims=True))


def _fit(
    examples: Sequence[_Example],
    named: dict[str, Reading],
    features: Features,
    rows: sp.csr_matrix,
    background: list[Reading],
    start: Floats | None = None,
) -> tuple[Floats, Floats]:
    """Weights and biases; columns are the intents by name, then the background.

    The names of the intents count as one example each. start: weights, with the biases as last row, to begin at.
    """
    names = sorted({intent for _, intent in examples})
    place = {name: at for at, name in enumerate(names)}
    others = features.rows([*(named[name] for name in names), *background])
    targets = [place[intent] for _, intent in examples] + [*range(len(names))] + [len(names)] * len(background)
    shares = np.ones(len(targets))
    shares[len(targets) - len(background) :] = min(1.0, 3 * len(examples) / len(names) / max(1, len(background)))
    return _regress(sp.vstack([rows, others]).tocsr(), np.array(targets), shares, start)


def _regress(
    rows: sp.csr_matrix, targets: npt.NDArray[np.int64], shares: npt.NDArray[np.float64], start: Floats | None
) -> tuple[Floats, Floats]:
    """Multinomial logistic regression: weights (columns of rows x classes) and biases.

    With fewer rows than columns the solution lies in the span of the rows: it is found there (rows' Gram matrix = L
    L^T, regression on L, weights = rows^T L^-T w), exactly the same and twenty times as fast.
    """
    model = LogisticRegression(C=_STRENGTH, max_iter=100, tol=1e-3, warm_start=True)
    if rows.shape[0] > _DENSE or rows.shape[0] >= rows.shape[1]:
        if start is not None and start.shape == (rows.shape[1] + 1, int(targets.max()) + 1):
            model.coef_, model.intercept_ = start[:-1].T.copy(), start[-1].copy()
        model.fit(rows, targets, sample_weight=shares)
        return np.ascontiguousarray(model.coef_.T, np.float32), model.intercept_.astype(np.float32)
    gram = (rows @ rows.T).toarray().astype(np.float64)
    gram[np.diag_indices_from(gram)] += 1e-4  # positive definite also when texts repeat
    lower = cholesky(gram, lower=True)
    model.fit(lower, targets, sample_weight=shares)
    inner = solve_triangular(lower, model.coef_.T, lower=True, trans="T")
    return np.ascontiguousarray(rows.T @ inner, np.float32), model.intercept_.astype(np.float32)


def _calibrate(measured: Sequence[_Measured]) -> tuple[npt.NDArray[np.float64], float]:
    """Weights that turn signals into a probability of being right, and the lowest one that keeps the promise."""
    if not measured:
        return _UNTESTED, 0.98
    signals = np.concatenate([one.signals for one in measured])
    right = np.concatenate([one.right for one in measured])
    inside = np.concatenate([one.inside for one in measured])
    if right.all() or not right.any():
        return _UNTESTED, 0.9
    model = LogisticRegression(C=1.0).fit(signals, right)
    trust = np.append(model.coef_[0], model.intercept_[0])
    confidence = 1 / (1 + np.exp(-(signals @ trust[:-1] + trust[-1])))
    order = np.argsort(-confidence[inside], kind="stable")
    sure_right = np.cumsum(right[inside][order]) / np.arange(1, len(order) + 1)
    kept = np.flatnonzero(sure_right >= _PROMISE)
    threshold = float(confidence[inside][order][kept[-1]]) if len(kept) else 0.95
    if not inside.all():
        threshold = max(threshold, float(np.quantile(confidence[~inside], 1 - _LET_IN)))
    return trust, float(np.clip(threshold, _LOWEST, 0.98))


def _parts(labels: list[str], seed: int) -> list[tuple[list[int], list[int]]]:
    """Indexes to learn from and to measure on, every intent spread evenly."""
    order = np.random.default_rng(seed).permutation(len(labels))
    turn: Counter[str] = Counter()
    fold = np.zeros(len(labels), int)
    folds = 10 if len(labels) >= _MANY else _FOLDS
    for at in order:
        fold[at] = turn[labels[at]] % folds
        turn[labels[at]] += 1
    used = range(1) if len(labels) >= _MANY else range(folds)
    parts = [([*map(int, np.flatnonzero(fold != one))], [*map(int, np.flatnonzero(fold == one))]) for one in used]
    return [part for part in parts if part[0] and part[1] and len({labels[at] for at in part[0]}) > 1]


def _talk() -> list[str]:
    lines = files("pipeline.assistant.intents").joinpath("background.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _background(features: Features, ours: sp.csr_matrix, talk: list[Reading]) -> list[Reading]:
    """The background talk, less what this line is about."""
    likeness = (_unit(features.rows(talk)) @ _unit(ours).T).max(axis=1).toarray().ravel()
    return [reading for reading, most in zip(talk, likeness, strict=True) if most < 0.75]


def _unit(rows: sp.csr_matrix) -> sp.csr_matrix:
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(1)).ravel())
    return sp.diags(1 / np.maximum(lengths, 1e-9)) @ rows
