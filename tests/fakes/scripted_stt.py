"""A recogniser that says what it is told to: for load tests and dialogues without acoustics."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Literal

from voice.stt.listening import Failure, Listening, Readings, Utterance
from voice.stt.port import Expectation, Hypothesis, Recognition, Vocabulary

Line = str | Failure
"""What one utterance comes to; "" is noise, "busy" and "late" are failures."""


class ScriptedStt:
    """Gives the lines one after the other to each caller, or asks `lines` for every utterance of every call.

    With no line left, an utterance is noise. Results come delay_ms after the end of speech, or late at the deadline.
    """

    def __init__(
        self,
        lines: Sequence[Line] | Callable[[str, int, Expectation], Line],
        *,
        delay_ms: int = 0,
        partials: bool = False,
        wants: Literal["speech", "continuous"] = "speech",
    ) -> None:
        self._lines, self._delay_ms, self._partials, self._wants = lines, delay_ms, partials, wants
        self.opened: list[str] = []
        self.expected: list[Expectation] = []
        """What was listened for, utterance by utterance, whoever spoke."""

    @property
    def wants(self) -> Literal["speech", "continuous"]:
        return self._wants

    @property
    def trouble(self) -> str:
        return ""

    async def learn(self, vocabularies: Sequence[Vocabulary]) -> None:
        """It hears what its script says."""

    async def start(self) -> None:
        """Nothing to start."""

    async def aclose(self) -> None:
        """Nothing to end."""

    async def open(self, call_id: str, deadline_ms: int) -> Recognition:
        self.opened.append(call_id)
        return Listening(_Script(self, call_id))

    def line(self, call_id: str, number: int, expectation: Expectation) -> Line:
        """What the caller's utterance (0, 1, …) comes to."""
        self.expected.append(expectation)
        if callable(self._lines):
            return self._lines(call_id, number, expectation)
        return self._lines[number] if number < len(self._lines) else ""

    @property
    def delay_ms(self) -> int:
        return self._delay_ms

    @property
    def partials(self) -> bool:
        return self._partials


class _Script:
    """One caller's engine."""

    def __init__(self, stt: ScriptedStt, call_id: str) -> None:
        self._stt, self._call_id = stt, call_id
        self._number = 0
        self._timers: dict[Utterance, asyncio.TimerHandle] = {}

    def submit(self, utterance: Utterance) -> None:
        """The result is known at the end only."""

    def write(self, utterance: Utterance, pcm: bytes) -> None:
        utterance.audio += pcm

    def end(self, utterance: Utterance, deadline_ms: int) -> None:
        utterance.ended = True
        line = self._stt.line(self._call_id, self._number, utterance.expectation)
        self._number += 1
        delay_ms = self._stt.delay_ms
        if delay_ms > deadline_ms:
            delay_ms, line = deadline_ms, "late"
        if self._stt.partials and line not in {"", "busy", "late"}:
            utterance.on_partial(line)
        loop = asyncio.get_running_loop()
        self._timers[utterance] = loop.call_later(delay_ms / 1000, self._done, utterance, line)

    def drop(self, utterance: Utterance) -> None:
        timer = self._timers.pop(utterance, None)
        if timer is not None:
            timer.cancel()

    def _done(self, utterance: Utterance, line: Line) -> None:
        del self._timers[utterance]
        utterance.on_done(_result(line))


def _result(line: Line) -> Readings | Failure:
    match line:
        case "busy":
            return "busy"
        case "late":
            return "late"
        case "":
            return ()
        case _:
            return (Hypothesis(line, 1.0),)
