"""One-time codes: how long they are good, how often they may be tried, and what is kept of them."""

import asyncio
import re
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.assistant.codes import CheckCode, Codes, SendCode, TooSoon
from pipeline.assistant.tools.port import BackendBroken, ToolRefused
from recordings.store import SqliteCallStore
from telephony.double import TwilioDouble
from telephony.errors import CarrierFailed, NotTextable
from telephony.ports import Texted
from telephony.twilio.rest import TwilioRest
from telephony.twilio.texts import TwilioMessages
from tests.fakes.stores import open_store

pytestmark = pytest.mark.adapter

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NUMBER = "+14155550101"


@dataclass
class Phone:
    """Takes texts, or says why not."""

    texts: list[tuple[str, str]] = field(default_factory=list)
    trouble: Exception | None = None

    async def send(self, to: str, text: str, key: str, deadline_ms: int) -> Texted:
        if self.trouble is not None:
            raise self.trouble
        self.texts.append((to, text))
        return Texted("SM1")


@dataclass
class Desk:
    codes: Codes
    phone: Phone
    store: SqliteCallStore
    now: datetime = NOON

    def later(self, **more: float) -> None:
        self.now += timedelta(**more)

    async def send(self, customer: str = "c1", key: str = "k1") -> str:
        """The code on the handset."""
        await self.codes.send(customer, NUMBER, "It is {code}.", key, 1000)
        return self.phone.texts[-1][1].removeprefix("It is ").removesuffix(".")


@asynccontextmanager
async def desk(directory: Path):
    async with open_store(directory) as store:
        phone = Phone()
        made = Desk(Codes(store, phone, "local", lambda: made.now), phone, store)
        yield made


def play(tmp_path: Path, script) -> None:
    async def run() -> None:
        async with desk(tmp_path) as here:
            await script(here)

    asyncio.run(run())


def test_a_code_of_six_digits_is_right_once(tmp_path):
    async def script(here: Desk) -> None:
        code = await here.send()
        assert len(code) == 6
        assert code.isdecimal()
        assert await here.codes.check("c1", code)
        assert not await here.codes.check("c1", code)

    play(tmp_path, script)


def test_a_code_is_another_customers_to_nobody(tmp_path):
    async def script(here: Desk) -> None:
        code = await here.send("c1")
        assert not await here.codes.check("c2", code)
        assert await here.codes.check("c1", code)

    play(tmp_path, script)


def test_a_code_ends_after_five_minutes(tmp_path):
    async def script(here: Desk) -> None:
        code = await here.send()
        here.later(minutes=5, seconds=1)
        assert not await here.codes.check("c1", code)

    play(tmp_path, script)


def test_a_code_is_tried_three_times_also_at_once(tmp_path):
    async def script(here: Desk) -> None:
        code = await here.send()
        wrong = "000000" if code != "000000" else "000001"
        assert await asyncio.gather(*(here.codes.check("c1", wrong) for _ in range(3))) == [False] * 3
        assert not await here.codes.check("c1", code)

    play(tmp_path, script)


def test_a_customer_gets_one_code_a_minute_and_the_latest_counts(tmp_path):
    async def script(here: Desk) -> None:
        first = await here.send()
        with pytest.raises(TooSoon):
            await here.send(key="k2")
        await here.send("c2", key="k3")
        here.later(seconds=61)
        second = await here.send(key="k4")
        assert first == second or not await here.codes.check("c1", first)
        assert await here.codes.check("c1", second)

    play(tmp_path, script)


def test_the_code_is_nowhere_on_the_disk(tmp_path):
    async def script(here: Desk) -> None:
        code = await here.send()
        await here.codes.check("c1", code)
        await here.store.flush()
        kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
        assert kept
        assert code.encode() not in kept

    play(tmp_path, script)


def test_the_tools_say_what_a_flow_needs_and_no_more(tmp_path):
    async def script(here: Desk) -> None:
        given = {"customer": "c1", "number": "(415) 555-0101", "text": "It is {code}."}
        assert await SendCode(here.codes).ask("k1", given, 1000) == {"sent": True, "number_end": "01"}
        code = here.phone.texts[-1][1].removeprefix("It is ").removesuffix(".")
        right = await CheckCode(here.codes).ask("k2", {"customer": "c1", "code": code}, 1000)
        wrong = await CheckCode(here.codes).ask("k3", {"customer": "c1", "code": code}, 1000)
        assert (right, wrong) == ({"verified": True, "customer": "c1"}, {"verified": False, "customer": ""})

    play(tmp_path, script)


@pytest.mark.parametrize(
    ("number", "trouble", "told"),
    [
        ("nothing", None, ToolRefused),
        (NUMBER, NotTextable("twilio", "opted out"), ToolRefused),
        (NUMBER, CarrierFailed("twilio", "HTTP 503"), BackendBroken),
    ],
)
def test_a_text_that_cannot_be_sent_is_said(tmp_path, number, trouble, told):
    async def script(here: Desk) -> None:
        here.phone.trouble = trouble
        with pytest.raises(told):
            await SendCode(here.codes).ask("k1", {"customer": "c1", "number": number}, 1000)

    play(tmp_path, script)


def test_a_second_code_within_a_minute_is_refused(tmp_path):
    async def script(here: Desk) -> None:
        await SendCode(here.codes).ask("k1", {"customer": "c1", "number": NUMBER}, 1000)
        with pytest.raises(ToolRefused, match="less than a minute"):
            await SendCode(here.codes).ask("k2", {"customer": "c1", "number": NUMBER}, 1000)

    play(tmp_path, script)


def test_a_code_comes_by_text_message_over_the_carriers_api_and_is_right(tmp_path):
    async def run() -> None:
        account = "AC" + "a" * 32
        async with TwilioDouble(account, "secret of the tests") as double, open_store(tmp_path) as store:
            texts, url = await double.serve_texts()
            texts.mishaps.append("lost")  # the carrier's answer does not come: still one text
            async with aclosing(TwilioRest(account, "secret of the tests", url)) as rest:
                codes = Codes(store, TwilioMessages(rest, "+14155550100"), "local")
                sent = await SendCode(codes).ask("CA1/k1", {"customer": "c1", "number": NUMBER}, 4000)
                assert sent == {"sent": True, "number_end": "01"}
                text = await texts.received(NUMBER, 1000)
                found = re.search(r"\b\d{6}\b", text.body)
                assert found is not None
                right = await CheckCode(codes).ask("CA1/k2", {"customer": "c1", "code": found[0]}, 1000)
                assert right == {"verified": True, "customer": "c1"}
                assert len(texts.to(NUMBER)) == 1

    asyncio.run(run())
