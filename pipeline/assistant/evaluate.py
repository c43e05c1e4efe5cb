"""How well intents are understood, measured on any labelled set."""

import csv
import random
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from knowledge.english.sentences import SentenceVectors
from pipeline.assistant.understand import IntentModel


class BadExamples(ValueError):
    """A file of examples cannot be used; the message names file, line and remedy."""


@dataclass(frozen=True, slots=True)
class IntentReport:
    """Figures of one evaluation."""

    accuracy: float
    """Share of test phrases whose likeliest intent is right, 0 to 1."""
    coverage: float
    """Share of test phrases of which the model is sure."""
    accuracy_when_sure: float
    """Share of those that are right; 0 when there are none."""
    n_train: int
    n_test: int
    n_intents: int
    train_s: float
    """Wall time of training, calibration included."""
    ms_per_utterance: float
    """Mean wall time of one guess."""


def eval_intents(
    train_csv: Path,
    test_csv: Path,
    per_class: int | None = None,
    seed: int = 0,
    sentences: SentenceVectors | None = None,
) -> IntentReport:
    """Train on one file of `text,category` rows and test on another.

    per_class: train on that many phrases of each category, drawn by seed; None for all. sentences: the
    sentence model to use, if any. Raises BadExamples and OSError.
    """
    train = read_examples(train_csv)
    test = read_examples(test_csv)
    categories = {category for _, category in train}
    if len(categories) < 2:
        raise BadExamples(f"{train_csv}: holds one category only; give examples of at least two")
    strange = sorted({category for _, category in test} - categories)
    if strange:
        raise BadExamples(f"{test_csv}: category {strange[0]!r} is not in {train_csv}; test only what is trained")
    if per_class is not None:
        train = few_of_each(train, per_class, seed)
    start = time.perf_counter()
    model = IntentModel.train(train, seed, sentences)
    train_s = time.perf_counter() - start
    start = time.perf_counter()
    guesses = [model.intent(text) for text, _ in test]
    took_s = time.perf_counter() - start
    right = [guess.intent == category for guess, (_, category) in zip(guesses, test, strict=True)]
    sure = [good for good, guess in zip(right, guesses, strict=True) if guess.sure]
    return IntentReport(
        accuracy=sum(right) / len(test),
        coverage=len(sure) / len(test),
        accuracy_when_sure=sum(sure) / len(sure) if sure else 0.0,
        n_train=len(train),
        n_test=len(test),
        n_intents=len(categories),
        train_s=train_s,
        ms_per_utterance=took_s / len(test) * 1000,
    )


def few_of_each(examples: list[tuple[str, str]], per_class: int, seed: int) -> list[tuple[str, str]]:
    """Draw that many examples of every category (all, where there are fewer). Raises BadExamples below 1."""
    if per_class < 1:
        raise BadExamples(f"{per_class} examples per category: at least 1 is needed")
    draw = random.Random(seed)  # noqa: S311  # a sample, not a secret
    by_category: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for example in examples:
        by_category[example[1]].append(example)
    chosen: list[tuple[str, str]] = []
    for category in sorted(by_category):
        have = by_category[category]
        chosen.extend(draw.sample(have, min(per_class, len(have))))
    return chosen


def read_examples(path: Path) -> list[tuple[str, str]]:
    """Read `text,category` rows (UTF-8, with that header, columns in any order). Raises BadExamples and OSError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            line = 1
            header = reader.fieldnames or []
            missing = [name for name in ("text", "category") if name not in header]
            if missing:
                raise BadExamples(f"{path}, line 1: no column {missing[0]!r}; the first line must read text,category")
            examples = []
            for row in reader:
                line = reader.line_num
                examples.append(_example(path, line, row))
    except UnicodeDecodeError as problem:
        raise BadExamples(f"{path}: not UTF-8 text at byte {problem.start}; save it as UTF-8") from problem
    except csv.Error as problem:
        raise BadExamples(
            f"{path}, line {line}: {problem}; put texts with commas or quotes between double quotes"
        ) from problem
    if not examples:
        raise BadExamples(f"{path}: no rows below the header; add lines of text,category")
    return examples


def _example(path: Path, line: int, row: dict[str, str | None]) -> tuple[str, str]:
    text, category = (row.get("text") or "").strip(), (row.get("category") or "").strip()
    if not text or not category:
        raise BadExamples(
            f"{path}, line {line}: {'text' if not text else 'category'} is empty; fill it or delete the line"
        )
    if None in row:  # csv keeps surplus columns under None
        raise BadExamples(f"{path}, line {line}: more columns than the header; put the text between double quotes")
    return text, category
