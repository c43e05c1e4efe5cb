"""What an agent may say came of a call: a queue's own words, else the line's, else what every desk suggests. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pipeline.line.model import Line

SUGGESTED: Final[Mapping[str, str]] = {
    "solved": "Solved",
    "follow_up": "Needs a follow-up",
    "callback": "To be called back",
    "wrong_queue": "Wrong queue",
    "other": "Something else",
}
"""Where a line names none: any other word may be given too."""


@dataclass(frozen=True, slots=True)
class Dispositions:
    """The words of a queue's calls, each with its text for agents, in the operator's order."""

    texts: Mapping[str, str]
    own: bool
    """The operator wrote them: no other word is taken."""

    def takes(self, word: str) -> bool:
        """Whether a call may be wrapped up with this word."""
        return not self.own or word in self.texts

    def told(self) -> list[dict[str, str]]:
        """As desks and programs read them."""
        return [{"word": word, "text": text} for word, text in self.texts.items()]


def dispositions_of(lines: Iterable[Line], line: str, queue: str) -> Dispositions:
    """Those of a queue's calls. line: its name; empty, or not served any more: the first line that has the queue."""
    served = [one.settings for one in lines]
    found = [one for one in served if one.name == line] or [one for one in served if one.queue(queue) is not None]
    for settings in found[:1]:
        of_queue = settings.queue(queue)
        texts = (of_queue.dispositions if of_queue is not None else {}) or settings.dispositions
        if texts:
            return Dispositions(texts, own=True)
    return Dispositions(SUGGESTED, own=False)
