"""How long a stream waits at the caller's pauses: what is known goes to voice.endpoint, its verdict to the gate."""

import asyncio
from collections import deque
from typing import Final

from pipeline.assistant.actions import Expect
from pipeline.assistant.languages.language import Language
from pipeline.hearing import Hearing, SpeechBegan, SpeechPauses, SpeechResumes, SpeechSign
from voice.endpoint import KIND_MS, Expected, Pausing, Verdict, verdict
from voice.prosody import LOOKS_BACK_MS, Ending, ending
from voice.smart_turn import WINDOW_S, TurnVote
from voice.vad import PAUSED_MS

VOTE_DEADLINE_MS: Final = 500
"""Later the words have decided."""
LONG_PAUSE_MS: Final = 200
"""A pause this long begins a new clause, and is one of the caller's own; shorter ones are part of speaking."""
COVERED_MS: Final = 150
"""Settled words that reach this near to the pause are all there are; others have to reach the pause itself."""
PAUSES_KEPT: Final = 9
PRE_ROLL_MS: Final = 300


class Endpointing:
    """One stream's. Told what the gate and the recogniser say, it sets how much quiet ends the caller's speech."""

    def __init__(self, hearing: Hearing, vote: TurnVote | None, tasks: asyncio.TaskGroup, pace: float = 1.0) -> None:
        """Vote: asked where words do not decide; None: nobody is. pace: below 1 sooner, above 1 later."""
        self._hearing = hearing
        self._vote = vote
        self._tasks = tasks
        self._pace = pace
        self._expected = Expected()
        self._own_pauses: deque[int] = deque(maxlen=PAUSES_KEPT)
        self._began_ms = 0
        self._quiet_ms = 0
        """Pauses since speech began, together."""
        self._paused_ms: int | None = None
        """Start of the pause that goes on."""
        self._words = ""
        self._words_until_ms = 0
        self._told = 0
        """How many words had come when the caller went on after the last long pause."""
        self._ending: Ending | None = None
        self._chance: float | None = None
        self._voting: asyncio.Task[None] | None = None
        self._last = Verdict(KIND_MS["open"], eager=False, undecided=True)
        hearing.on_speech(self._heard)

    @property
    def eager(self) -> bool:
        """At this pause the turn is probably over: what costs nothing may begin."""
        return self._paused_ms is not None and self._last.eager

    def expect(self, wanted: Expect, answers: frozenset[str], tongue: Language) -> None:
        """The caller was asked this, and speaks this language. answers: to a question with a few, lower case."""
        digits = (wanted.min_digits, wanted.max_digits)
        self._expected = Expected(wanted.kind, *digits, answers, wanted.wait_ms, tongue.code, tongue.endings)
        self._words, self._told = "", 0
        self._wait_as_usual()

    def words(self, text: str, until_ms: int, *, settled: bool) -> None:
        """The words of the turn so far, heard up to this instant; settled: no more come of what was said until then."""
        self._words = text
        self._words_until_ms = until_ms if settled else until_ms - COVERED_MS
        if self._paused_ms is not None:
            self._judge()

    def close(self) -> None:
        """The stream is gone."""
        if self._voting is not None:
            self._voting.cancel()

    def _heard(self, sign: SpeechSign) -> None:
        match sign:
            case SpeechBegan(at_ms=at_ms):
                self._began_ms, self._paused_ms = at_ms, None
                self._quiet_ms = 0
                self._wait_as_usual()
            case SpeechPauses(at_ms=at_ms):
                self._paused_ms = at_ms
                self._ending = ending(self._hearing.recent(LOOKS_BACK_MS))
                self._chance = None
                self._judge()
                if self._last.undecided and self._vote is not None:
                    self._ask(self._vote, at_ms)
            case SpeechResumes(paused_ms=paused_ms):
                self._paused_ms = None
                self._quiet_ms += paused_ms
                if paused_ms >= LONG_PAUSE_MS:
                    self._own_pauses.append(paused_ms)
                    self._told = len(self._words.split())
            case _:
                self._paused_ms = None

    def _judge(self) -> None:
        assert self._paused_ms is not None  # noqa: S101  # asked at pauses only
        known = Pausing(
            self._words,
            " ".join(self._words.split()[self._told :]),
            self._words_until_ms >= self._paused_ms - COVERED_MS,
            self._paused_ms - self._began_ms,
            self._ending,
            self._chance,
            tuple(self._own_pauses),
            voiced_ms=self._paused_ms - self._began_ms - self._quiet_ms,
            unheard_ms=max(0, self._paused_ms - max(self._words_until_ms, self._began_ms)),
        )
        self._last = verdict(self._expected, known, self._pace)
        self._hearing.wait_for_pause(self._last.wait_ms)

    def _wait_as_usual(self) -> None:
        self._last = verdict(self._expected, Pausing(), self._pace)
        self._hearing.wait_for_pause(max(PAUSED_MS, self._last.wait_ms))

    def _ask(self, vote: TurnVote, paused_ms: int) -> None:
        if self._voting is not None:
            self._voting.cancel()
        pcm = self._hearing.recent(min(WINDOW_S * 1000, paused_ms + PAUSED_MS - self._began_ms + PRE_ROLL_MS))
        self._voting = self._tasks.create_task(self._voted(vote, pcm, paused_ms))

    async def _voted(self, vote: TurnVote, pcm: bytes, paused_ms: int) -> None:
        chance = await vote.vote(pcm, VOTE_DEADLINE_MS)
        if chance is not None and self._paused_ms == paused_ms:
            self._chance = chance
            self._judge()
