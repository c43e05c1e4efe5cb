"""How long the guard takes for a clause, and how many sentences it judges wrongly: `python -m benchmarks.guard`.

CPU time of one thread; each clause is judged with sources that were never read, as the first clause of a reply may
be, and again with sources that were, as all others are.
"""

import statistics
import sys
import time
from collections import deque
from dataclasses import replace
from typing import Final

from pipeline.assistant.guard.check import objection
from pipeline.assistant.guard.evidence import Evidence
from pipeline.assistant.guard.words import sentence
from pipeline.assistant.guard.words import sentences as read
from tests.fakes.evidence import Sentence, sentences

SETS: Final = ("dev", "heldout", "fresh", "third", "fourth", "fifth", "sixth", "seventh", "sealed")
PASSAGES: Final = 40
"""Sentences in the evidence of the slow case: more than three passages ever have."""
ROUNDS: Final = 5


def main() -> None:
    """Print both tables, as Markdown."""
    print("| set | false sentences passed | true sentences held back |\n|---|---|---|")
    for name in SETS:
        found = sentences(name)
        passed = sum(not one.true and objection(one.text, one.evidence) is None for one in found)
        held = sum(one.true and objection(one.text, one.evidence) is not None for one in found)
        false = sum(not one.true for one in found)
        print(f"| {name} | {passed} of {false} | {held} of {len(found) - false} |")
    found = [one for name in SETS for one in sentences(name)]
    wide = [replace(one, evidence=_wide(one, found)) for one in found]
    print("\n| clause | median | 99th percentile | worst |\n|---|---|---|---|")
    for title, some, ready in (
        ("first of a reply", found, _fresh),
        ("any other", found, _same),
        (f"first of a reply, {PASSAGES} sentences more", wide, _fresh),
        ("the same, its passages read while the model was thinking", wide, _read_ahead),
    ):
        took = [_took_ms(ready(one)) for _ in range(ROUNDS) for one in some]
        p99 = statistics.quantiles(took, n=100)[98]
        print(f"| {title} | {statistics.median(took):.2f} ms | {p99:.2f} ms | {max(took):.2f} ms |")
    sys.stdout.flush()


def _took_ms(one: Sentence) -> float:
    began = time.thread_time()
    objection(one.text, one.evidence)
    return (time.thread_time() - began) * 1000


def _same(one: Sentence) -> Sentence:
    return one


def _fresh(one: Sentence) -> Sentence:
    sentence.cache_clear()
    return replace(one, evidence=replace(one.evidence))


def _read_ahead(one: Sentence) -> Sentence:
    fresh = _fresh(one)
    for text in fresh.evidence.passages:
        deque(read(text), maxlen=0)
    return fresh


def _wide(one: Sentence, others: list[Sentence]) -> Evidence:
    """Its evidence with many sentences more."""
    more = dict.fromkeys(text for other in others for text in other.evidence.passages)
    return replace(one.evidence, passages=(*one.evidence.passages, *[*more][:PASSAGES]))


if __name__ == "__main__":
    main()
