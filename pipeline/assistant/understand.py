"""What a caller wants: one of the line's intents, and how sure that is."""

import hashlib
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final, Protocol, Self
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from knowledge.english.features import Features, Vocabulary, read
from knowledge.english.sentences import SentenceVectors
from pipeline.assistant.intents.trust import confidence

_FORMAT: Final = "cordboard-intents-1"
_SHOWN: Final = 5
_LEARNED_FROM: Final = (
    ("knowledge.english", ("synonyms.txt", "vectors.npz", "words.py", "concepts.py", "vectors.py", "features.py")),
    ("pipeline.assistant.intents", ("background.txt", "fit.py", "trust.py")),
)
"""What a model depends on beside its examples: a change in any of them makes a kept model stale."""


@dataclass(frozen=True, slots=True)
class Guess:
    """An intent for an utterance."""

    intent: str
    """The likeliest intent, also when not sure; empty when the text says nothing."""
    confidence: float
    """Probability that the intent is right, 0 to 1, calibrated on examples that the model had not seen."""
    sure: bool
    """Act on it without asking. On unseen examples 93 to 96 % of sure guesses were right (docs/understanding.md)."""
    ranked: tuple[tuple[str, float], ...]
    """The likeliest intents with their shares of probability, best first, at most five."""


class Understanding(Protocol):
    """Whoever can tell what a caller wants."""

    def intent(self, text: str) -> Guess:
        """Guess the intent of one utterance. Never raises, whatever the text."""


class StaleModel(ValueError):
    """A kept model is of another format or damaged; train again."""


@dataclass(frozen=True, slots=True)
class IntentModel:
    """Understanding learned from a line's example phrases. Immutable; safe to share between calls and threads."""

    intents: tuple[str, ...]
    features: Features
    weights: npt.NDArray[np.float32]
    """features.width rows; one column an intent, and one for "none of these"."""
    biases: npt.NDArray[np.float32]
    trust: npt.NDArray[np.float64]
    threshold: float
    """Lowest confidence that is sure."""
    sentences: SentenceVectors | None = None
    """The sentence model it was learned with, if any."""

    @classmethod
    def train(
        cls, examples: Sequence[tuple[str, str]], seed: int = 0, sentences: SentenceVectors | None = None
    ) -> Self:
        """Learn from (text, intent) pairs: about 1 s for 40 intents of ten phrases, 12 s for 10,000 phrases.

        Deterministic. sentences: knowledge.english.sentences.installed_sentences(), the best understanding there is.
        Raises ValueError when there are fewer than two intents.
        """
        # scikit-learn is slow to import and of no use in a call.
        from pipeline.assistant.intents.fit import learn  # noqa: PLC0415

        learned = learn(examples, seed, sentences)
        return cls(
            learned.intents,
            learned.features,
            learned.weights.astype(np.float16).astype(np.float32),  # as it will be read back
            learned.biases,
            learned.trust,
            learned.threshold,
            sentences,
        )

    @classmethod
    def cached(
        cls,
        examples: Sequence[tuple[str, str]],
        folder: Path,
        seed: int = 0,
        sentences: SentenceVectors | None = None,
    ) -> Self:
        """The model of these examples: read from folder if it was trained before, else trained and kept there.

        Raises OSError when the folder cannot be written.
        """
        kept = folder / f"intents-{fingerprint(examples, seed, sentences)}.npz"
        if kept.exists():
            try:
                return cls.load(kept, sentences)
            except StaleModel:
                kept.unlink()
        model = cls.train(examples, seed, sentences)
        folder.mkdir(parents=True, exist_ok=True)
        model.save(kept)
        return model

    def intent(self, text: str) -> Guess:
        """Guess the intent of one utterance: in well under a millisecond, 2 ms more with a sentence model."""
        reading = read(text, self.sentences)
        columns, values, dense = self.features.row(reading)
        if not reading.said or not (values.any() or dense.any()):
            return Guess("", 0.0, sure=False, ranked=())
        raw = values @ self.weights[columns] + dense @ self.weights[self.features.sparse_width :] + self.biases
        shares = np.exp(raw.astype(np.float64) - float(raw.max()))
        shares /= shares.sum()
        best = np.argsort(-shares[:-1], kind="stable")[:_SHOWN]
        trusted = confidence(shares, self.features.known_share(reading), self.trust)
        ranked = tuple((self.intents[at], float(shares[at])) for at in best)
        return Guess(ranked[0][0], trusted, sure=trusted >= self.threshold, ranked=ranked)

    def save(self, path: Path) -> None:
        """Write the model as npz, in one step: a reader sees all of it or nothing. Raises OSError."""
        arrays: dict[str, npt.NDArray[np.generic]] = {
            "format": _packed([_FORMAT]),
            "intents": _packed(self.intents),
            "weights": self.weights.astype(np.float16),
            "biases": self.biases,
            "trust": self.trust,
            "threshold": np.array(self.threshold),
            "sentences": _packed([self.sentences.fingerprint if self.sentences else ""]),
            "lengths.of": _packed(list(self.features.views)),
            "lengths": np.array(list(self.features.views.values())),
            "views": _packed(self.features.vocabularies),
        }
        for view, vocabulary in self.features.vocabularies.items():
            arrays[f"{view}.features"] = _packed(vocabulary.places)
            arrays[f"{view}.weights"] = vocabulary.weights
        unfinished = path.with_suffix(f".{os.getpid()}.part")
        with unfinished.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]  # numpy's stub takes the flag allow_pickle for any keyword
        unfinished.replace(path)

    @classmethod
    def load(cls, path: Path, sentences: SentenceVectors | None = None) -> Self:
        """Read what save wrote, with the sentence model it was learned with. Raises StaleModel and OSError."""
        packed = path.read_bytes()
        try:
            with np.load(io.BytesIO(packed), allow_pickle=False) as kept:
                if _unpacked(kept["format"]) != [_FORMAT]:
                    raise StaleModel(f"{path} is of another version; train again")
                if _unpacked(kept["sentences"]) != [sentences.fingerprint if sentences else ""]:
                    raise StaleModel(f"{path} was learned with another sentence model; train again")
                vocabularies = {
                    view: Vocabulary(
                        {feature: at for at, feature in enumerate(_unpacked(kept[f"{view}.features"]))},
                        kept[f"{view}.weights"],
                    )
                    for view in _unpacked(kept["views"])
                }
                return cls(
                    tuple(_unpacked(kept["intents"])),
                    Features(
                        vocabularies,
                        sentences.dimensions if sentences else 0,
                        dict(zip(_unpacked(kept["lengths.of"]), kept["lengths"].tolist(), strict=True)),
                    ),
                    kept["weights"].astype(np.float32),
                    kept["biases"],
                    kept["trust"],
                    float(kept["threshold"]),
                    sentences,
                )
        except (KeyError, ValueError, EOFError, BadZipFile) as problem:
            raise StaleModel(f"{path} cannot be read as an intent model ({problem}); train again") from problem


def fingerprint(examples: Sequence[tuple[str, str]], seed: int, sentences: SentenceVectors | None = None) -> str:
    """Content hash of everything that a model is made of."""
    digest = hashlib.sha256(f"{_FORMAT}\0{seed}\0{sentences.fingerprint if sentences else ''}\0".encode())
    for package, names in _LEARNED_FROM:
        for name in names:
            digest.update(files(package).joinpath(name).read_bytes())
    for text, intent in examples:
        digest.update(f"{text}\0{intent}\0".encode())
    return digest.hexdigest()[:20]


def _packed(names: Sequence[str] | dict[str, int] | dict[str, Vocabulary]) -> npt.NDArray[np.uint8]:
    return np.frombuffer("\n".join(names).encode(), np.uint8)


def _unpacked(packed: npt.NDArray[np.uint8]) -> list[str]:
    return packed.tobytes().decode().split("\n")
