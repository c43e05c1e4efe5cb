"""Families of meaning: "get my money back" and "reimbursed" are one thing to a caller. Pure after load."""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

from knowledge.english.words import words

MARK: Final = "§"
"""First character of a concept among words: no word has it."""


@dataclass(frozen=True, slots=True)
class Concepts:
    """Phrases and the concepts that they mean."""

    phrases: dict[tuple[str, ...], tuple[str, ...]]
    longest: int
    """Words in the longest phrase."""
    families: tuple[tuple[str, ...], ...]
    """The single words of each concept."""

    def read(self, said: list[str]) -> list[tuple[str, ...]]:
        """Cut words into the longest phrases that mean something and single words that are left as they are.

        Each piece is a tuple: the concepts of a phrase (marked with MARK), or one plain word.
        """
        pieces: list[tuple[str, ...]] = []
        at = 0
        while at < len(said):
            for length in range(min(self.longest, len(said) - at), 0, -1):
                found = self.phrases.get(tuple(said[at : at + length]))
                if found is not None:
                    pieces.append(found)
                    at += length
                    break
            else:
                pieces.append((said[at],))
                at += 1
        return pieces


@lru_cache(maxsize=1)
def concepts() -> Concepts:
    """The families of synonyms.txt."""
    return read_families(files("knowledge.english").joinpath("synonyms.txt").read_text(encoding="utf-8"))


def read_families(text: str) -> Concepts:
    """Read lines of `concept: word, phrase, …`; lines that begin with # are comments."""
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    families: list[tuple[str, ...]] = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, _, members = line.partition(":")
        mark = MARK + name.strip().replace(" ", "_")
        spoken = [tuple(words(member)) for member in members.split(",")]
        for phrase in spoken:
            if phrase and mark not in found.get(phrase, ()):
                found[phrase] = (*found.get(phrase, ()), mark)
        families.append(tuple(phrase[0] for phrase in spoken if len(phrase) == 1))
    return Concepts(found, max(map(len, found)), tuple(families))
