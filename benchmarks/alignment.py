"""When each word of a recording was said: forced alignment with the telephone model of voice.stt.

The aligner loses the last word or two of some recordings, because its path ends at the end of the audio: these share
what is left of the sound by their letters. Everything before is as the model found it, in steps of 10 ms.
"""

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pocketsphinx

from benchmarks.speech_gate import Samples
from voice.stt.features import band_energies, cepstra
from voice.stt.lexicon import entries, parse_dictionary
from voice.stt.telephone_model import telephone_model

_PAD_MS: Final = 300
_PAD_DB: Final = -60.0
_WIDEST: Final = 1e-300
"""A beam that gives up nothing: the words are known."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A word and when it was said, from the beginning of the recording."""

    text: str
    start_ms: int
    end_ms: int


class Aligner:
    """Knows these words only. Made once: that takes a second."""

    def __init__(self, words: Iterable[str], cache_dir: Path) -> None:
        wheel = Path(pocketsphinx.get_model_path()) / "en-us"
        known = parse_dictionary((wheel / "cmudict-en-us.dict").read_text(encoding="utf-8"))
        with tempfile.TemporaryDirectory() as folder:
            dictionary = Path(folder) / "words.dict"
            dictionary.write_text("\n".join([*entries(sorted(set(words)), known), ""]))
            self._decoder: Any = pocketsphinx.Decoder(
                hmm=str(telephone_model(wheel / "en-us", cache_dir)),
                dict=str(dictionary),
                lm=None,
                samprate=8000,
                loglevel="FATAL",
                beam=_WIDEST,
                pbeam=_WIDEST,
                wbeam=_WIDEST,
                maxhmmpf=-1,
                cmn="none",
            )

    def align(self, sound: Samples, words: Sequence[str], until_ms: int) -> list[Spoken]:
        """Times of these words in a recording whose sound ends at until_ms. Raises ValueError when they do not fit."""
        pad = np.random.default_rng(1).normal(0, 10 ** (_PAD_DB / 20), _PAD_MS * 8)
        padded = np.clip(np.concatenate([pad, sound, pad]), -1, 1)
        self._decoder.set_align_text(" ".join(words))
        self._decoder.start_utt()
        self._decoder.process_cep(cepstra(band_energies((padded * 32767).astype("<i2").tobytes())), False, True)
        self._decoder.end_utt()
        found = [
            Spoken(each.word.partition("(")[0], each.start_frame * 10 - _PAD_MS, each.end_frame * 10 + 10 - _PAD_MS)
            for each in self._decoder.seg() or ()
            if each.word[0] not in "<["
        ]
        if not found or [each.text for each in found] != list(words[: len(found)]):
            raise ValueError(f"{' '.join(words)!r} is not what was said")
        return [*found[:-1], *_shared(words[len(found) - 1 :], found[-1].start_ms, until_ms)]


def _shared(words: Sequence[str], from_ms: int, until_ms: int) -> list[Spoken]:
    letters = sum(len(word) + 1 for word in words)
    spoken, done = list[Spoken](), 0
    for word in words:
        start_ms = from_ms + max(0, until_ms - from_ms) * done // letters
        done += len(word) + 1
        spoken.append(Spoken(word, start_ms, from_ms + max(0, until_ms - from_ms) * done // letters))
    return spoken
