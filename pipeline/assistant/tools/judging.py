"""What a line's business rules say to a wish: the facts that they look at are asked for afresh, for these arguments."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from pipeline.assistant.tools.asking import Asking, now_ms
from pipeline.assistant.tools.business_rules import FactSource, Rules, Ruling
from pipeline.assistant.tools.errand import Answered
from pipeline.assistant.tools.ledger import Write
from pipeline.assistant.tools.places import PlaceEmpty, filled
from pipeline.assistant.tools.standing import Standing

FACTS_SHARE: Final = 0.4
"""Of the deadline, what may go into the facts that rules look at."""


class Judging:
    """The rules of one line, with its tools to ask. Used from one event loop."""

    def __init__(self, asking: Asking, rules: Rules, today: Callable[[], date] | None = None) -> None:
        """today: the line's; without it rules that look at the day cannot be told, and ask a person."""
        self._asking = asking
        self._rules = rules
        self._today = today

    async def ruling(self, write: Write, standing: Standing, until_ms: int) -> Ruling:
        """What they say to this wish. until_ms: instant by which the wish itself has to be done."""
        if not self._rules.of(write.tool):
            return Ruling()
        sources = self._rules.facts(write.tool)
        facts = {name: await self._fact(write, source, until_ms) for name, source in sources.items()}
        names = {
            "arguments": dict(write.arguments),
            "results": dict(standing.results),
            "verified": standing.verified,
            "profile": dict(standing.profile),
            **({"today": self._today()} if self._today else {}),
            **{name: fact for name, fact in facts.items() if fact is not None},
        }
        return self._rules.ruling(write.tool, names)

    async def _fact(self, write: Write, source: FactSource, until_ms: int) -> Mapping[str, Any] | None:
        """What the rules look at, asked for these arguments; None: it could not be had."""
        tool = self._asking.tools.get(source.tool)
        if tool is None or tool.spec.writes:
            return None
        try:
            arguments = filled(source.arguments, write.arguments)
        except PlaceEmpty:
            return None
        within_ms = round((until_ms - now_ms()) * FACTS_SHARE)
        asked = await self._asking.attempt(tool, source.tool, f"{write.key}/facts", arguments, within_ms)
        return asked.result if isinstance(asked, Answered) else None
