"""Which of several reports of one thing is the latest: carriers send them late, twice and out of order. Pure."""

from collections import OrderedDict
from typing import Final

KEPT: Final = 4_096


class Latest:
    """Remembers, by what the reports are about, the highest number seen."""

    def __init__(self, kept: int = KEPT) -> None:
        """Beyond so many things, the oldest is forgotten: a stale report of it is then taken for news."""
        self._kept = kept
        self._numbers: OrderedDict[str, int] = OrderedDict()

    def is_news(self, about: str, number: str) -> bool:
        """Whether this report is later than all before. One without a number always is."""
        if not (number.isascii() and number.isdigit()):
            return True
        last = self._numbers.pop(about, -1)
        self._numbers[about] = max(last, int(number))
        while len(self._numbers) > self._kept:
            self._numbers.popitem(last=False)
        return int(number) > last

    def forget(self, about: str, number: str) -> None:
        """The report was not acted on after all: the same one is news again."""
        if number.isascii() and number.isdigit() and self._numbers.get(about) == int(number):
            self._numbers[about] = int(number) - 1
