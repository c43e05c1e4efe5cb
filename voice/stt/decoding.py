"""One utterance at a time through one pocketsphinx decoder: partials while it is spoken, one reading at its end.

A state that expects a short answer is read twice at the end, with its own model and with the line's open one, and the
better explanation wins: their scores are sums of the same acoustic and of comparable language scores, and on our
recordings the wrong model is almost never ahead (docs/speech.md). Takes 0.05 to 0.2 s of CPU per second of speech and
holds the interpreter's lock meanwhile: for worker processes only.
"""

import itertools
import math
from typing import Any, Final

import numpy as np
from pocketsphinx import Config, Decoder

from voice.audio import PCM_BYTES_PER_MS, SAMPLE_RATE_HZ
from voice.stt.features import CEPSTRA, FRAME_STEP_MS, band_energies, cepstra, raised_cepstra
from voice.stt.grammar import spoken
from voice.stt.models import Models
from voice.stt.port import Expectation, Hypothesis
from voice.stt.readings import Reading, judged

_FIRST_PARTIAL_MS: Final = 600
"""Audio that must be there before the first partial: the mean that is taken away needs some speech in it."""
_STEP_BYTES: Final = FRAME_STEP_MS * PCM_BYTES_PER_MS
_OVERLAP_BYTES: Final = 16 * PCM_BYTES_PER_MS
"""The window is longer than its step by this much, rounded up: 15.625 ms."""
_LANGUAGE_WEIGHT: Final = {"closed": (9.0, 10.0, 11.0), "open": (6.5, 8.5, 9.5)}
"""Tree, flat and lattice passes."""
_SCORE_SHIFT: Final = 1024.0
"""pocketsphinx keeps scores shifted by 10 bits."""
_NBEST_TRIED: Final = 24
_SECOND_SEARCH: Final = 1.0
"""Nats that a reading found by the n-best search lacks at least of the best one."""
_MOST_READINGS: Final = 6
_SHORTEST_FRAMES: Final = 12
"""Words that take less time are none: a click, a ring or a cry is heard as a "no" of 60 ms, the model's very shortest,
and nobody says one in under 120 ms. In company of a noise, of 87 answers 16 were a "no" in place of a yes, now 8."""
_NOT_WORDS: Final = ("<", "[", "+")
"""How the names of silence and noises begin."""
_FRAME_BYTES: Final = CEPSTRA * 4


class Decoding:
    """A decoder with the models of one line, one utterance at a time."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._state = models.state(Expectation())
        # Without a language model of ours it would load the wheel's, of 27 MB.
        self._decoder: Any = Decoder(
            Config(
                hmm=str(models.acoustic),
                dict=str(models.dictionary),
                lm=str(self._state.open),
                samprate=SAMPLE_RATE_HZ,
                cmn="none",
                loglevel="FATAL",
            )
        )
        self._searches: set[str] = set()
        self._expectation = Expectation()
        self._streaming = False
        self._audio = bytearray()
        self._energies: list[Any] = []
        self._heard_bytes = 0

    def begin(self, expectation: Expectation) -> None:
        """Start an utterance; one that was not finished is dropped."""
        self._stop_streaming()
        self._expectation, self._state = expectation, self._models.state(expectation)
        self._audio.clear()
        self._energies, self._heard_bytes = [], 0

    def hear(self, pcm: bytes) -> None:
        """Take PCM16 mono 8 kHz; cheap."""
        self._audio += pcm

    def partial(self) -> str:
        """What was said so far, by one quick pass over what has been heard since the last call; "" if nothing yet."""
        fresh = self._fresh_energies()
        if len(self._audio) < _FIRST_PARTIAL_MS * PCM_BYTES_PER_MS:
            return ""
        if not self._streaming:
            self._activate("closed" if self._state.closed else "open", streaming=True)
            self._decoder.start_utt()
            self._streaming, fresh = True, np.concatenate(self._energies)
        if len(fresh):
            so_far = np.concatenate(self._energies)
            loudest = so_far.max(axis=0)
            mean = raised_cepstra(so_far).mean(axis=0)
            self._decoder.process_cep(cepstra(fresh, loudest, mean), False, False)
        heard = self._decoder.hyp()
        return spoken(heard.hypstr) if heard else ""

    def finish(self) -> tuple[Hypothesis, ...]:
        """Readings of the whole utterance, best first; none if it holds no words."""
        self._stop_streaming()
        features = cepstra(band_energies(bytes(self._audio)))
        if not features:
            return ()
        openly = self._read("open", features)
        closely = self._read("closed", features) if self._state.closed else []
        return judged(closely, openly, self._expectation)

    def _fresh_energies(self) -> Any:
        """Band energies of the frames that were completed since the last call."""
        ready = (len(self._audio) - self._heard_bytes - _OVERLAP_BYTES) // _STEP_BYTES
        if ready < 1:
            return np.zeros((0, 0))
        # One sample earlier for the pre-emphasis would be right; the difference at one chunk's edge is not heard.
        chunk = bytes(self._audio[self._heard_bytes : self._heard_bytes + ready * _STEP_BYTES + _OVERLAP_BYTES])
        self._heard_bytes += ready * _STEP_BYTES
        energies = band_energies(chunk)[:ready]
        self._energies.append(energies)
        return energies

    def _stop_streaming(self) -> None:
        if self._streaming:
            self._decoder.end_utt()
            self._streaming = False

    def _read(self, which: str, features: bytes) -> list[Reading]:
        self._activate(which, streaming=False)
        self._decoder.start_utt()
        self._decoder.process_cep(features, False, True)
        self._decoder.end_utt()
        best = self._decoder.hyp()
        if best is None or not best.hypstr or self._spoken_frames() < _SHORTEST_FRAMES:
            return []
        frames = len(features) // _FRAME_BYTES
        # The two searches score on different scales: from the second one only the differences count.
        found, score, top = {spoken(best.hypstr): 0.0}, _nats(best.score), None
        for other in itertools.islice(self._decoder.nbest() or (), _NBEST_TRIED):
            if other is not None and other.hypstr:
                top = _nats(other.score) if top is None else top
                found.setdefault(spoken(other.hypstr), min(_nats(other.score) - top, 0.0) - _SECOND_SEARCH)
        ordered = sorted(found.items(), key=lambda one: one[1], reverse=True)
        return [Reading(text, score + behind, frames) for text, behind in ordered][:_MOST_READINGS]

    def _spoken_frames(self) -> int:
        """How long the words of the best reading take together, in steps of 10 ms; silence and noises left out."""
        return sum(
            segment.end_frame - segment.start_frame + 1
            for segment in self._decoder.seg() or ()
            if not segment.word.startswith(_NOT_WORDS)
        )

    def _activate(self, which: str, *, streaming: bool) -> None:
        path = self._state.closed if which == "closed" else self._state.open
        name = f"{path}{'+' if streaming else ''}"
        if name not in self._searches:
            tree, flat, lattice = _LANGUAGE_WEIGHT[which]
            config = self._decoder.config
            # A search reads these when it is made: partials do without the second and third pass.
            config["fwdflat"] = config["bestpath"] = not streaming
            config["lw"], config["fwdflatlw"], config["bestpathlw"] = tree, flat, lattice
            self._decoder.add_lm_file(name, str(path))
            self._searches.add(name)
        self._decoder.activate_search(name)


def _nats(score: float) -> float:
    return math.log(score) * _SCORE_SHIFT if score > 0.0 else -math.inf
