"""What agents read and hear, in the language they work in: words_xx.yaml beside this file."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import yaml

DEFAULT: Final = "en"


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one language."""

    language: str
    texts: Mapping[str, str]

    def say(self, name: str, /, **places: object) -> str:
        """The text of this name with its places filled in. Raises KeyError for a name that there is not."""
        return self.texts[name].format(**places)

    def error(self, code: str) -> str:
        """What the error of a tool means."""
        return self.texts.get(f"error.{code}") or self.say("error.other", code=plain(code) or "?")

    def reason(self, code: str, sentence: str) -> str:
        """Why a person takes over; sentence: as the log has it, in English."""
        return self.texts.get(f"reason.{code}", sentence)

    def named(self, language: str) -> str:
        """A language's name; its code where that is not known."""
        return self.texts.get(f"language.{language.partition('-')[0]}", language)


def plain(name: str) -> str:
    """The name of a tool, slot or intent as people read it."""
    return name.replace("_", " ").replace(".", " ").strip()


def clipped(text: str, most: int) -> str:
    """At most so many words of a text; "…" tells that there were more."""
    said = text.split()
    return text if len(said) <= most else f"{' '.join(said[:most]).rstrip('.,;:…')}…"


def words(language: str) -> Words:
    """The texts of this language; English where it has none."""
    code = language.lower().partition("-")[0]
    return _read(code if code in languages() else DEFAULT)


@cache
def languages() -> tuple[str, ...]:
    """Codes of the languages that agents may work in."""
    names = (one.name for one in files("pipeline.handoff").iterdir())
    return tuple(sorted(name[6:-5] for name in names if name.startswith("words_") and name.endswith(".yaml")))


@cache
def _read(code: str) -> Words:
    told = yaml.safe_load(files("pipeline.handoff").joinpath(f"words_{code}.yaml").read_text("utf-8"))
    return Words(code, {str(name): str(text) for name, text in told.items()})
