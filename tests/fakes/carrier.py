"""A carrier of the tests' own: the double with its REST API, an application, and the official client."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from telephony.double import TwilioDouble
from telephony.double.account import Account
from telephony.double.api import Api
from telephony.double.call import DoubleCall
from telephony.twilio.rest import TwilioRest
from tests.fakes.application import Application, serving, tone
from tests.fakes.rest_requests import only_judged

ACCOUNT = "AC" + "a" * 32
AUTH_TOKEN = "secret of the tests"
OURS = "+14155550100"
CALLER = "+14155550101"
AGENT = "+14155550102"
OTHER = "+14155550103"
ROOM = '<Dial action="/after"><Conference beep="false" jitterBufferSize="off" {}>room</Conference></Dial>'


@dataclass
class Carrier:
    """What a test works with."""

    double: TwilioDouble
    app: Application
    api: Api
    api_url: str
    rest: TwilioRest

    @property
    def client(self) -> Any:
        """The official client."""
        return self.rest.client

    @property
    def account(self) -> Account:
        return self.double.account

    async def call(self, path: str = "/voice", **options: Any) -> DoubleCall:
        """Somebody calls us."""
        return await self.double.call(self.app.url + path, to=OURS, from_=CALLER, **options)

    async def dial(self, to: str = AGENT, path: str = "/agent", **options: Any) -> Any:
        """We call somebody."""
        if "twiml" not in options:
            options |= {"url": self.app.url + path}
        return await self.client.calls.create_async(to=to, from_=OURS, **options)

    def told(self, path: str, *names: str) -> list[Any]:
        """What was posted to a path: one parameter of each request, or several as a tuple."""
        forms = self.app.forms(path)
        return [form.get(names[0], "") if len(names) == 1 else tuple(form.get(n, "") for n in names) for form in forms]


@asynccontextmanager
async def carrier(**options: Any) -> AsyncIterator[Carrier]:
    """All of it, on loopback."""
    options.setdefault("voice", lambda text, language: tone(20 * len(text)))
    async with serving(Application()) as app, TwilioDouble(ACCOUNT, AUTH_TOKEN, **options) as double:
        api, url = await double.serve_api()
        async with aclosing(TwilioRest(ACCOUNT, AUTH_TOKEN, url, url)) as rest:
            with only_judged(api, double.texts):
                yield Carrier(double, app, api, url, rest)
