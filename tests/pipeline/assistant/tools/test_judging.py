"""Rules look at facts that are asked for these arguments; what cannot be had is not told, so a person is asked."""

import asyncio
from dataclasses import replace
from datetime import date

import pytest

from pipeline.assistant.tools.asking import Asking, now_ms
from pipeline.assistant.tools.business_rules import FactSource, Rule, Rules
from pipeline.assistant.tools.judging import Judging
from pipeline.assistant.tools.ledger import Write
from pipeline.assistant.tools.standing import Standing
from pipeline.line.expression import Expression
from tests.fakes.crm import SPEC, Crm

pytestmark = pytest.mark.unit

WRITE = Write("CA1/k1", "refund", {"order": "7"}, "CA1", "Larkdesk")
OWNER = FactSource("owner", {"who": "{order}", "what": "x"})


class Owner(Crm):
    spec = replace(SPEC, risk="read_only")

    async def ask(self, call, arguments, deadline_ms):
        await super().ask(call, arguments, deadline_ms)
        return {"of": arguments["who"]}


def ruling(when: str, tool: Crm, source: FactSource = OWNER, today: date | None = None):
    async def judge():
        asking = Asking({"owner": tool}, 1)
        rules = Rules((Rule("theirs", "refund", Expression.parse(when), "refuse", facts={"owner": source}),))
        judging = Judging(asking, rules, (lambda: today) if today else None)
        try:
            return await judging.ruling(WRITE, Standing("CA1"), now_ms() + 1000)
        finally:
            asking.close()

    return asyncio.run(judge())


def test_a_fact_is_asked_for_the_arguments_of_the_wish():
    assert ruling('owner.of == "7"', Owner()).verdict == "refuse"
    assert ruling('owner.of == "8"', Owner()).verdict == "allow"


@pytest.mark.parametrize(
    ("tool", "source"),
    [(Owner(down=1), OWNER), (Crm(), OWNER), (Owner(), FactSource("owner", {"who": "{nothing}"})),
     (Owner(), FactSource("nobody", {}))],
)  # fmt: skip
def test_a_fact_that_cannot_be_had_asks_a_person(tool, source):
    told = ruling('owner.of == "7"', tool, source)
    assert (told.verdict, told.told) == ("approve", False)


def test_the_day_is_the_lines():
    assert ruling("days(today, today) == 0", Owner(), today=date(2026, 11, 23)).verdict == "refuse"
