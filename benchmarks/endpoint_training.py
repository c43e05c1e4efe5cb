"""Learn the weights of voice.endpoint_model. Run: python -m benchmarks.endpoint_training ../shared/audio.

The words: from benchmarks/caller_turns.txt and voice/stt/everyday.txt, with the word errors of benchmarks.pauses; what
a caller says up to a mark is no end, and neither is what stops at a random word that leaves something open. The rest:
from the training half of benchmarks.pauses, four draws of pauses and errors. Writes voice/endpoint_weights.py; the
same input makes the same file.
"""

import argparse
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks.callers import joint_after, recordings
from benchmarks.pauses import Turn, turns, with_errors
from benchmarks.quiets import Heard, Quiet, hear_all, pausing_at
from voice.endpoint import Expected, model_features
from voice.endpoint_classes import WORD_CLASSES, WordClass, class_of
from voice.endpoint_features import text_features
from voice.endpoint_model import DUE_MS, Told
from voice.endpoint_words import TABLES
from voice.smart_turn import bundled_model
from voice.vad import PAUSED_MS

ROOT: Final = Path(__file__).resolve().parent.parent
WEIGHTS: Final = ROOT / "voice" / "endpoint_weights.py"
SEEDS: Final = (1, 2, 3, 4)
COPIES: Final = 4
_STIFF: Final = 3.0
_STIFF_TEXT: Final = 1.0
"""How much weights are held near zero: tried by leaving out a fifth of the training half, and of the sentences."""
_LEAVES_OPEN: Final[frozenset[WordClass]] = frozenset(
    {"determiner", "preposition", "conjunction", "auxiliary", "subject", "wanting", "filler"}
)
Floats = npt.NDArray[np.float64]
Example = tuple[Sequence[float], bool, float]
"""Features, whether it is an end, and how much it counts."""
Examples = list[Example]
Weights = Mapping[str, Sequence[float]]
Written = tuple[str, list[list[str]]]
"""Language, and the words between pauses."""


def fitted(examples: Sequence[Example], stiffness: float) -> Floats:
    """Weights of a logistic regression by Newton's method."""
    rows = np.array([features for features, _, _ in examples])
    ends = np.array([float(end) for _, end, _ in examples])
    counts = np.array([count for _, _, count in examples])
    penalty = np.full(rows.shape[1], stiffness)
    penalty[0] = 1e-3
    weights: Floats = np.zeros(rows.shape[1])
    for _ in range(50):
        chances = 1 / (1 + np.exp(-rows @ weights))
        gradient = rows.T @ (counts * (chances - ends)) + penalty * weights
        curvature = (rows * (counts * chances * (1 - chances))[:, None]).T @ rows + np.diag(penalty)
        weights = weights - np.linalg.solve(curvature, gradient)
    return weights


# Words


def written() -> list[Written]:
    """The sentences words are learned from."""
    found, language = list[Written](), "en"
    for line in (ROOT / "benchmarks" / "caller_turns.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            language = line.strip("[]")
        elif line and not line.startswith("#"):
            found.append((language, [part.split() for part in line.split("|")]))
    for line in (ROOT / "voice" / "stt" / "everyday.txt").read_text(encoding="utf-8").splitlines():
        if line:
            found.append(("en", list(_parts(line.split()))))
    return found


def _parts(words: list[str]) -> Iterator[list[str]]:
    """Cut where benchmarks.callers would look for a silence."""
    part = list[str]()
    for index, word in enumerate(words):
        part.append(word)
        following = words[index + 1] if index + 1 < len(words) else ""
        if len(part) > 1 and following and joint_after(word, word, following) is not None:
            yield part
            part = []
    if part:
        yield part


def text_examples(language: str, sentences: Sequence[Written], rng: random.Random) -> Iterator[Example]:
    """What is told at the pauses of these sentences, with errors."""
    for spoken_in, parts in sentences:
        if spoken_in != language:
            continue
        for _ in range(COPIES):
            since, paused = 0, [rng.random() < 0.6 for _ in parts]
            for index in range(len(parts)):
                before = with_errors([word for part in parts[:since] for word in part], rng)
                clause = with_errors([word for part in parts[since : index + 1] for word in part], rng)
                if clause:
                    features = text_features([*before, *clause], clause, TABLES[language], language)
                    yield features, index == len(parts) - 1, 1 / COPIES
                since = index + 1 if paused[index] else since
        words = [word for part in parts for word in part]
        stops = [at for at in range(1, len(words)) if class_of(words[at - 1], WORD_CLASSES[language]) in _LEAVES_OPEN]
        if stops and rng.random() < 0.5:
            said = words[: rng.choice(stops)]
            yield text_features(said, said, TABLES[language], language), False, 1.0


# Speech


def speech_examples(heard: Sequence[Heard], text: Weights) -> dict[tuple[str, Told], Examples]:
    """By kind and by what is told: when the pause is told of and when the words are due; with the vote and without."""
    found = defaultdict[tuple[str, Told], Examples](list)
    for one in heard:
        for quiet in one.quiets:
            for moment_ms in (PAUSED_MS, DUE_MS + 20):
                if moment_ms <= quiet.end_ms - quiet.start_ms:
                    _add(found, one.turn, quiet, moment_ms, text)
    return found


def _add(found: dict[tuple[str, Told], Examples], turn: Turn, quiet: Quiet, moment_ms: int, text: Weights) -> None:
    expected = Expected(turn.kind, turn.digits, turn.digits)
    for voted in (False, True) if turn.kind == "open" and quiet.early_vote else (False,):
        pausing = pausing_at(turn, quiet, moment_ms, voted=voted)
        told: Told = "all" if pausing.current else "late" if moment_ms > DUE_MS else "due"
        if turn.kind != "yes_no":
            found[turn.kind, told].append((model_features(expected, pausing, text), quiet.over, 0.5 if voted else 1.0))


def _written_down(text: Weights, learned: Mapping[tuple[str, Told], Sequence[float]]) -> str:
    """The file."""
    tables = {"TEXT": text}
    for name, kind in (("OPEN", "open"), ("DIGITS", "digits")):
        tables[name] = {told: learned[kind, told] for told in ("all", "due", "late")}
    lines = [
        '"""What voice.endpoint_model weighs with; made by benchmarks/endpoint_training.py, not by hand. Data."""',
        "",
        "from collections.abc import Mapping",
        "from typing import Final",
        "",
    ]
    for name, table in tables.items():
        lines.append(f"{name}: Final[Mapping[str, tuple[float, ...]]] = {{")
        for key, weights in table.items():
            lines += [f'    "{key}": (', *(f"        {round(weight, 3)}," for weight in weights), "    ),"]
        lines.append("}")
    return "\n".join([*lines, ""])


def main() -> None:
    """Learn, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("audio", type=Path)
    parser.add_argument("--cache", type=Path, default=ROOT / "data" / "sphinx")
    options = parser.parse_args()
    file = bundled_model()
    if file is None:
        raise SystemExit("smart-turn's model is not installed: pipecat brings it")
    rng, sentences = random.Random(5), written()  # noqa: S311  repeatable on purpose
    text = {one: fitted(list(text_examples(one, sentences, rng)), _STIFF_TEXT).tolist() for one in WORD_CLASSES}
    said = recordings(options.audio, options.cache)
    train = [turn for seed in SEEDS for turn in turns(options.audio, said, seed) if turn.half == "train"]
    examples = speech_examples(hear_all(train, file, late=False), text)
    learned = {key: fitted(found, _STIFF).tolist() for key, found in examples.items()}
    for (kind, told), found in sorted(examples.items()):
        print(f"{kind}, words {told}: {len(found)} examples, {sum(end for _, end, _ in found)} ends")
    WEIGHTS.write_text(_written_down(text, learned))


if __name__ == "__main__":
    main()
