"""Long sections into pieces of even length, so that one word weighs the same wherever it stands. Pure."""

import re
from typing import Final

CHUNK_WORDS: Final = 90
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+")


def chunks(text: str, words: int = CHUNK_WORDS) -> tuple[str, ...]:
    """Cut into whole paragraphs, else whole sentences, else runs of words, of at most `words` words each.

    Joined by spaces, the pieces are the text's words in order; nothing is lost or doubled.
    """
    pieces: list[str] = []
    room = 0
    for part, count in _parts(text, words):
        if count > room or not pieces:
            pieces.append(part)
            room = words - count
        else:
            pieces[-1] += " " + part
            room -= count
    return tuple(pieces)


def _parts(text: str, words: int) -> list[tuple[str, int]]:
    parts: list[tuple[str, int]] = []
    for paragraph in text.split("\n\n"):
        whole = paragraph.split()
        if len(whole) <= words:
            parts.append((" ".join(whole), len(whole)))
            continue
        for sentence in _SENTENCE.split(paragraph):
            said = sentence.split()
            parts.extend(
                (" ".join(said[at : at + words]), len(said[at : at + words])) for at in range(0, len(said), words)
            )
    return [part for part in parts if part[1]]
