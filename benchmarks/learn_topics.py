"""Learn topics and moods from benchmarks/topics/wordings_*.txt: writes pipeline/assistant/signals/learned.npz.

    python -m benchmarks.learn_topics [--out FILE]

Deterministic. Alternatives of a wording are tried out at random, and all samples of one wording weigh as much together
as their square root. How probable a score is, and from which probability on a name counts, is learned on wordings that
took no part (folds of whole wordings): everyday talk of the sets in tests/fixtures may bring in a person rarely.
"""

import argparse
import csv
import io
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.optimize import minimize
from scipy.special import expit

from knowledge.english.vectors import word_vectors
from pipeline.assistant.signals.learned import MOST_WORDS, PLACES, features, stems
from pipeline.assistant.signals.mood import SIGNALS
from pipeline.assistant.signals.phrases import words_of

_HERE: Final = Path(__file__).parent
_ROOT: Final = _HERE.parent
_OUT: Final = _ROOT / "pipeline" / "assistant" / "signals" / "learned.npz"
_LANGUAGES: Final = ("en", "es")
_SAMPLES: Final = 12
"""Of one wording; twice as many of everyday talk."""
_FOLDS: Final = 3
_STRENGTH: Final = 30.0
"""Inverse of the penalty on weights; 10 to 30 were alike."""
_ROUNDS: Final = 80
_RARELY: Final = 0.005
"""Share of everyday talk in which one name may be heard."""
_EVERYDAY: Final = 0.7
"""Share of turns in which nothing of this is told, as probabilities take it."""
_LEAST: Final = 0.5
_LEAST_OF_MOODS: Final = 0.35
_MOST: Final = 0.5
"""Thresholds are between these: some of what is taken for everyday talk does tell a topic."""
_FIRMER: Final = {"medical_question": 0.6, "advice": 0.6, "account_closure": 0.6}
"""Thresholds of those that are put in the words of any question about a product or a plan."""
_TYPICAL: Final = 8.0
_MOST_TYPICAL: Final = 16.0
"""How many times as often as elsewhere a word is said where it is typical; of _FIRMER more."""
_UNSURE: Final = 0.3
"""Wordings that each word is taken to occur in besides, on both sides."""
_NOT_QUIET: Final = frozenset(
    {
        *("cash_unrecognised", "cash_wrong_amount", "duplicate_charge", "payment_unrecognised", "payment_wrong_rate"),
        *("card_lost_or_stolen", "cancel_service", "complaint", "payment_extension", "lost_phone", "special_help"),
        *("cancel_trip", "refund_missing"),
    }
)
"""Intents of the fixtures that may well tell a topic."""
_GROUP: Final = re.compile(r"\(([^()]*)\)")

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """One sentence to learn from."""

    text: str
    names: frozenset[str]
    wording: int
    """Which wording it is a sample of."""
    weight: float
    everyday: bool = False
    """Gathered as everyday talk, not written for this."""


def examples(seed: int = 0) -> list[Example]:
    """Everything there is to learn from, in order."""
    chance, found = random.Random(seed), list[Example]()  # noqa: S311  # samples of wordings
    number = 0
    for language in _LANGUAGES:
        for name, wording in _wordings((_HERE / "topics" / f"wordings_{language}.txt").read_text("utf-8")):
            text, _, further = wording.partition("=>")
            names = frozenset([name, *(one.strip() for one in further.split(",")), ""]) - {""}
            texts = _sampled(text, _SAMPLES if names else 2 * _SAMPLES, chance)
            found += [Example(one, names, number, len(texts) ** -0.5) for one in texts]
            number += 1
    for text in _everyday():
        found.append(Example(text, frozenset(), number, 1.0, everyday=True))
        number += 1
    return found


def learn(known: list[Example]) -> dict[str, npt.NDArray[Any]]:
    """The arrays of learned.npz."""
    names = tuple(dict.fromkeys(name for one in known for name in sorted(one.names)))
    rows = _rows([one.text for one in known])
    told = np.array([[name in one.names for name in names] for one in known], np.float64)
    weights = np.array([[one.weight * _tells(one, name) for name in names] for one in known])
    fold = np.random.default_rng(0).integers(0, _FOLDS, known[-1].wording + 1)[[one.wording for one in known]]
    unseen, typical = np.zeros(told.shape), np.zeros(told.shape, bool)
    for part in range(_FOLDS):
        seen = fold != part
        typical[~seen] = _says_typical(known, ~seen, _typical(known, seen, names))
        unseen[~seen] = _scores(rows[~seen], _fit(rows[seen], told[seen], weights[seen]))
    slope, bias = _calibrated(unseen, told, weights * _as_often(known))
    probable = expit(unseen * slope + bias)
    everyday = np.array([one.everyday for one in known])
    least = [_LEAST_OF_MOODS if name in SIGNALS else _LEAST for name in names]
    thresholds = np.clip(np.quantile(probable[everyday], 1 - _RARELY, axis=0), least, _MOST)
    thresholds = np.maximum(thresholds, [_FIRMER.get(name, 0) for name in names])
    shown = (probable >= thresholds) & typical
    quiet = ~told.any(1)
    topics = [at for at, name in enumerate(names) if name not in SIGNALS]
    print(f"taken for a topic: {shown[quiet & ~everyday][:, topics].any(1).mean():.1%} of wordings that tell none")
    for name, threshold, column in zip(names, thresholds, range(len(names)), strict=True):
        recall = shown[told[:, column] > 0, column].mean()
        print(f"{name:20} from {threshold:.2f}: {recall:.0%} of wordings unlike those it learned from")
    fitted = _fit(rows, told, weights) * slope
    fitted[-1] += bias
    return _packed(names, fitted, thresholds, _typical(known, fold >= 0, names))


def _packed(
    names: tuple[str, ...], fitted: Floats, thresholds: Floats, typical: list[frozenset[str]]
) -> dict[str, npt.NDArray[Any]]:
    hashed, rest = fitted[:PLACES], fitted[PLACES:]
    scales = np.abs(hashed).max(0) / 127
    return {
        "names": _text(names),
        "hashed": np.round(hashed / scales).astype(np.int8),
        "scales": scales.astype(np.float32),
        "vectors": rest[:-1].astype(np.float32),
        "biases": rest[-1].astype(np.float32),
        "thresholds": thresholds.astype(np.float32),
        "typical": _text(" ".join(sorted(words)) for words in typical),
    }


def _text(lines: Iterable[str]) -> npt.NDArray[np.uint8]:
    return np.frombuffer("\n".join(lines).encode(), np.uint8)


def _typical(known: list[Example], chosen: npt.NDArray[np.bool_], names: tuple[str, ...]) -> list[frozenset[str]]:
    """Of each name the stems that far more of its wordings hold than of those that do not tell it."""
    said: dict[int, set[str]] = defaultdict(set)
    for one, used in zip(known, chosen.tolist(), strict=True):
        if used:
            said[one.wording] |= stems(words_of(one.text))
    told = {one.wording: one.names for one in known if one.wording in said}
    everywhere = Counter(word for words in said.values() for word in words)
    return [
        _far_oftener([said[at] for at, of in told.items() if name in of], everywhere, len(said), name) for name in names
    ]


def _far_oftener(wordings: list[set[str]], everywhere: Counter[str], total: int, name: str) -> frozenset[str]:
    times = _MOST_TYPICAL if name in _FIRMER else _TYPICAL
    inside = Counter(word for words in wordings for word in words)
    rest = total - len(wordings)
    return frozenset(
        word
        for word, count in inside.items()
        if (count + _UNSURE) * rest >= times * (everywhere[word] - count + _UNSURE) * len(wordings)
    )


def _says_typical(
    known: list[Example], chosen: npt.NDArray[np.bool_], typical: list[frozenset[str]]
) -> npt.NDArray[np.bool_]:
    said = [stems(words_of(one.text)) for one, used in zip(known, chosen.tolist(), strict=True) if used]
    return np.array([[bool(words & least) for least in typical] for words in said])


def _fit(rows: sp.csr_matrix, told: Floats, weights: Floats) -> Floats:
    """Weights of each column, the bias as last row: one logistic regression for each name."""
    columns, names = rows.shape[1], told.shape[1]
    turned = rows.T.tocsr()

    def loss(flat: Floats) -> tuple[float, Floats]:
        tried = flat.reshape(columns + 1, names)
        scores = _scores(rows, tried)
        cost = (weights * (np.logaddexp(0, scores) - told * scores)).sum() + (tried[:-1] ** 2).sum() / 2 / _STRENGTH
        off = weights * (expit(scores) - told)
        return float(cost), np.vstack([turned @ off + tried[:-1] / _STRENGTH, off.sum(0)]).ravel()

    start = np.zeros((columns + 1, names))
    start[-1] = np.log(((weights * told).sum(0) + 1) / ((weights * (1 - told)).sum(0) + 1))
    found = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": _ROUNDS, "maxcor": 6})
    return np.asarray(found.x).reshape(columns + 1, names)


def _scores(rows: sp.csr_matrix, fitted: Floats) -> Floats:
    return np.asarray(rows @ fitted[:-1] + fitted[-1])


def _calibrated(scores: Floats, told: Floats, weights: Floats) -> tuple[float, float]:
    """Slope and bias with which the scores of unseen wordings are log odds, for all names together (Platt)."""

    def loss(line: Floats) -> float:
        odds = scores * line[0] + line[1]
        return float((weights * (np.logaddexp(0, odds) - told * odds)).sum())

    found = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead")
    return float(found.x[0]), float(found.x[1])


def _as_often(known: list[Example]) -> Floats:
    """Weights with which everyday talk is as much as it is of calls: there are more wordings of topics here."""
    quiet = np.array([not one.names for one in known])
    often = np.where(quiet, _EVERYDAY / quiet.mean(), (1 - _EVERYDAY) / (1 - quiet.mean()))
    return np.asarray(often, np.float64)[:, None]


def _tells(one: Example, name: str) -> bool:
    """Whether a sentence tells about a name at all: nobody says how a caller feels who speaks of a topic."""
    return name not in SIGNALS or not one.names or bool(one.names & set(SIGNALS))


def _rows(texts: list[str]) -> sp.csr_matrix:
    columns: list[int] = []
    values: list[float] = []
    pointers, meanings = [0], []
    for text in texts:
        words = words_of(text)[-MOST_WORDS:]
        places, lengths, _ = features(words)
        columns += places
        values += lengths
        pointers.append(len(columns))
        meanings.append(word_vectors().meaning(words))
    hashed = sp.csr_matrix((values, columns, pointers), shape=(len(texts), PLACES))
    return sp.hstack([hashed, sp.csr_matrix(np.array(meanings, np.float64))]).tocsr()


def _wordings(text: str) -> Iterator[tuple[str, str]]:
    name = ""
    for line in text.splitlines():
        written = line.partition("#")[0].strip()
        if written.startswith("["):
            name = written.strip("[]")
        elif written:
            yield name, written


def _sampled(wording: str, most: int, chance: random.Random) -> list[str]:
    parts = [part.split("|") for part in _GROUP.split(wording)]
    found = {" ".join("".join(map(chance.choice, parts)).split()) for _ in range(3 * most)}
    return sorted(found)[:most] if len(found) <= most else sorted(chance.sample(sorted(found), most))


def _everyday() -> Iterator[str]:
    for path in sorted((_ROOT / "tests" / "fixtures").glob("intents_*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            yield from (row["text"] for row in csv.DictReader(file) if row.get("category", "") not in _NOT_QUIET)
    talk = (_ROOT / "pipeline" / "assistant" / "intents" / "background.txt").read_text("utf-8")
    yield from (line for line in talk.splitlines() if line and not line.startswith("#"))


def main() -> None:
    """Learn and write."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--out", type=Path, default=_OUT)
    out = asked.parse_args().out
    packed = io.BytesIO()
    np.savez_compressed(packed, **learn(examples()))  # type: ignore[arg-type]  # numpy's stub takes any keyword for a flag
    out.write_bytes(packed.getvalue())
    print(f"{out}: {len(packed.getvalue()) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
