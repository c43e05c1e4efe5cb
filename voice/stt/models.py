"""What the offline recogniser needs on disk: the telephone model, one dictionary, and a language model per state.

All of it is made from the wheel and the line's vocabularies, kept under the hash of what it was made from, and written
so that several processes may make it at once. What was made for words that no line has any more is removed in time.
"""

import hashlib
import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pocketsphinx
from pocketsphinx.lm import ArpaBoLM

from voice.stt.grammar import Bigrams, arpa, closed_grammar, letter_tokens, number_tokens
from voice.stt.lexicon import entries, parse_dictionary
from voice.stt.model_files import FRESH, keep_newest, made, remove_abandoned
from voice.stt.open_vocabulary import sentences
from voice.stt.port import Expectation, Vocabulary
from voice.stt.telephone_model import telephone_model

_VERSION: Final = 4
_OPEN: Final = "open"
NEWEST: Final = 64
"""Files of other vocabularies that are kept, some 10 MB: those of the line before its last edits, or of a neighbour."""
_NEWEST_TELEPHONES: Final = 1
"""Other telephone models that are kept, 6 MB each: the one of the version before, or after, this one."""


@dataclass(frozen=True, slots=True)
class State:
    """One state of a dialogue as the decoder knows it: its language models, by path."""

    key: str
    """Names the state among the searches of a decoder."""
    closed: Path | None
    """Short expected answers only; None where anything may be said."""
    open: Path
    """Whatever callers of this line say."""


class Models:
    """The models of some lines. Not for two threads at once; processes may share the directory."""

    def __init__(self, vocabularies: Sequence[Vocabulary], cache_dir: Path) -> None:
        self._vocabularies = {vocabulary.name: vocabulary for vocabulary in vocabularies}
        self._directory = cache_dir / "models"
        self._wheel = Path(pocketsphinx.get_model_path()) / "en-us"
        self._cache_dir = cache_dir
        self.acoustic = Path()
        self.dictionary = self._directory / f"{_hash(sorted(map(_content, vocabularies)))}.dict"

    def prepare(self) -> None:
        """Make what is missing: up to some seconds of CPU for a new line, milliseconds otherwise. Raises OSError."""
        self._directory.mkdir(parents=True, exist_ok=True)
        self.acoustic = telephone_model(self._wheel / "en-us", self._cache_dir)
        for vocabulary in self._vocabularies.values():
            if vocabulary.kind == _OPEN:
                self._open(vocabulary)
        made(self.dictionary, self._write_dictionary)
        self._clear()

    def state(self, expectation: Expectation) -> State:
        """The models to listen with: those of the named vocabulary, or of its kind, or the open ones."""
        named = expectation.vocabulary
        vocabulary = self._vocabularies.get(named) or self._first(expectation.kind, named)
        openly = self._open(vocabulary if vocabulary and vocabulary.kind == _OPEN else self._first(_OPEN, named))
        if vocabulary is None or vocabulary.kind == _OPEN:
            return State(openly.stem, None, openly)
        digits = (expectation.min_digits, expectation.max_digits)
        name = f"{_file_name(vocabulary)}-{digits[0]}-{digits[1]}"
        path = self._directory / f"{name}.arpa"
        made(path, lambda: arpa(closed_grammar(vocabulary, _NAMES, *digits)))
        return State(name, path, openly)

    def _clear(self) -> None:
        """Remove what is of no use any more. Whoever wanted it after all makes it again."""
        said = [*self._vocabularies.values(), Vocabulary(_OPEN, "open", _everything(self._vocabularies.values()))]
        ours = {_file_name(vocabulary) for vocabulary in said}
        models = [*self._directory.glob("*.arpa"), *self._directory.glob("*.dict")]
        in_use = lambda path: path == self.dictionary or "-".join(path.stem.split("-")[:2]) in ours  # noqa: E731
        keep_newest(models, NEWEST, in_use)
        telephones = {*self._cache_dir.glob("telephone-*")}
        whole = {path for path in telephones if len(path.name) == len(self.acoustic.name)}
        keep_newest(whole, _NEWEST_TELEPHONES, lambda path: path == self.acoustic)
        remove_abandoned([*self._directory.glob(f"*{FRESH}"), *(telephones - whole)])

    def _first(self, kind: str, beside: str) -> Vocabulary | None:
        """The first vocabulary of a kind, of the same line if names tell lines apart ("line/state")."""
        of_kind = [one for one in self._vocabularies.values() if one.kind == kind]
        line = beside.rpartition("/")[0]
        return next((one for one in of_kind if one.name.rpartition("/")[0] == line), of_kind[0] if of_kind else None)

    def _open(self, vocabulary: Vocabulary | None) -> Path:
        said = vocabulary or Vocabulary(_OPEN, "open", _everything(self._vocabularies.values()))
        return made(self._directory / f"{_file_name(said)}.arpa", lambda: _trigrams(said))

    def _write_dictionary(self) -> str:
        tokens = {*_NAMES, *number_tokens(), *letter_tokens()}
        closed = [vocabulary for vocabulary in self._vocabularies.values() if vocabulary.kind != _OPEN]
        opened = [vocabulary for vocabulary in self._vocabularies.values() if vocabulary.kind == _OPEN]
        for vocabulary in closed:
            tokens |= _tokens(closed_grammar(vocabulary, _NAMES, 0, 0))
        for path in [self._open(vocabulary) for vocabulary in opened] or [self._open(None)]:
            tokens |= _unigrams(path)
        known = parse_dictionary((self._wheel / "cmudict-en-us.dict").read_text(encoding="utf-8"))
        return "\n".join([*entries(sorted(tokens), known), ""])


def _listed(name: str) -> tuple[str, ...]:
    return tuple(Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines())


_NAMES: Final = _listed("names.txt")
"""Common given and family names in the United States, so that some names can be heard at all."""
_EVERYDAY: Final = _listed("everyday.txt")
"""What callers of any line say; added to every open vocabulary, so that a line's own phrases are not all there is."""


def _everything(vocabularies: Iterable[Vocabulary]) -> tuple[str, ...]:
    return tuple(phrase for vocabulary in vocabularies for phrase in vocabulary.phrases)


def _tokens(bigrams: Bigrams) -> set[str]:
    return {word for pair in bigrams for word in pair if not word.startswith("<")}


def _unigrams(path: Path) -> set[str]:
    _, _, after = path.read_text(encoding="utf-8").partition("\\1-grams:\n")
    words = (line.split()[1] for line in after.partition("\\2-grams:")[0].splitlines() if line.strip())
    return {word for word in words if not word.startswith("<")}


def _trigrams(vocabulary: Vocabulary) -> str:
    text = "\n".join(f"<s> {sentence} </s>" for sentence in sentences(vocabulary, _EVERYDAY, _NAMES))
    model = ArpaBoLM(text=text)
    model.compute()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.arpa"
        model.write_file(str(path))
        return path.read_text(encoding="utf-8")


def _file_name(vocabulary: Vocabulary) -> str:
    """A name that only vocabularies with the same content have, safe as a file's."""
    return f"{vocabulary.kind}-{_content(vocabulary)}"


def _content(vocabulary: Vocabulary) -> str:
    return _hash([_LISTS, vocabulary.kind, vocabulary.phrases])


def _hash(content: object) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


_LISTS: Final = _hash([_VERSION, _NAMES, _EVERYDAY])
