"""The vocabularies of lines and their versions by what they hold, so that only what is new is learned. Pure."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from voice.stt.port import Vocabulary


@dataclass(frozen=True, slots=True)
class Words:
    """What a recogniser listens for."""

    keys: Mapping[str, str]
    """A hash of all that a line listens for, by the line's part of the name: what stands before the last slash."""
    contents: tuple[Vocabulary, ...]
    """Each once, named by its line's hash and its state."""

    @classmethod
    def of(cls, vocabularies: Sequence[Vocabulary]) -> Self:
        """Two lines, or two versions of one, that listen for the same have the same contents."""
        lines: dict[str, list[Vocabulary]] = defaultdict(list)
        for vocabulary in vocabularies:
            line, _, state = vocabulary.name.rpartition("/")
            lines[line].append(replace(vocabulary, name=state))
        keys = {line: _key(said) for line, said in lines.items()}
        by_key = {keys[line]: said for line, said in lines.items()}
        contents = [replace(one, name=f"{key}/{one.name}") for key, said in by_key.items() for one in said]
        return cls(keys, tuple(contents))

    def known_as(self, name: str) -> str:
        """The name among the contents of what is called so; "" stays "", for the first line's open vocabulary."""
        line, _, state = name.rpartition("/")
        return f"{self.keys[line]}/{state}" if name and line in self.keys else ""


def _key(said: Sequence[Vocabulary]) -> str:
    content = json.dumps([[one.name, one.kind, one.phrases] for one in said])
    return hashlib.sha256(content.encode()).hexdigest()[:12]
