"""How Twilio is asked: within a deadline, again where that may help, and never twice for what may have been done.

Tried again are only a network, 429 and 5xx. The official client raises a TwilioRestException for all requests but those
for lists, and repeats numbers in its texts: none of them gets out of here.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final, TypeVar

from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.response import Response

from telephony.errors import CarrierError, CarrierFailed, CarrierLate, CarrierRefused, LegGone, NotDiallable
from telephony.twilio.rest import AnswerLost, NotSent

ATTEMPTS: Final = 3
WAITS_S: Final = (0.25, 0.75)
"""Between attempts: as long as a request that was lost needs to show in the account's lists, and no longer."""
CARRIER: Final = "twilio"
UNREADABLE: Final = "an answer that cannot be read"
_NOBODY: Final = frozenset({13223, 13224, 13225, 21211, 21214, 21215, 21216, 21217, 21219, 21401, 32100})
"""Codes that speak of whoever is called: no number, none that may be called, a country that is not allowed."""
_GONE: Final = frozenset({20404, 21220})
"""Codes of a resource that is not there, and of a call that is over."""

_T = TypeVar("_T")


async def once(
    make: Callable[[], Awaitable[_T]], look: Callable[[], Awaitable[_T | None]], *, look_first: bool = False
) -> _T:
    """Ask for it; whenever it may have been done after all, look before asking again."""
    unsure = look_first

    async def attempt() -> _T:
        nonlocal unsure
        if unsure and (there := await look()) is not None:
            return there
        try:
            return await make()
        except TwilioRestException as error:  # a server that breaks may have done it before
            unsure = unsure or error.status >= 500
            raise
        except (AnswerLost, TwilioException, ValueError):
            unsure = True
            raise

    return await attempts(attempt)


@asynccontextmanager
async def within(deadline_ms: int) -> AsyncIterator[None]:
    """Whatever takes longer is CarrierLate."""
    try:
        async with asyncio.timeout(deadline_ms / 1000):
            yield
    except TimeoutError:
        raise CarrierLate(CARRIER, f"no answer within {deadline_ms} ms") from None


async def attempts(ask: Callable[[], Awaitable[_T]]) -> _T:
    """Ask until there is an answer, or asking does not help. Raises CarrierError."""
    failed: CarrierFailed = CarrierFailed(CARRIER, "never asked")
    for attempt in range(ATTEMPTS):
        if attempt:
            await asyncio.sleep(WAITS_S[attempt - 1])
        try:
            return await ask()
        except NotSent as error:
            failed = CarrierFailed(CARRIER, f"not reached ({error})")
        except AnswerLost as error:
            failed = CarrierFailed(CARRIER, f"no whole answer ({error})")
        except TwilioException as error:
            told = told_by(error)
            if not isinstance(told, CarrierFailed):
                raise told from None
            failed = told
        except ValueError:  # its text may hold the answer, which repeats numbers
            failed = CarrierFailed(CARRIER, UNREADABLE)
    raise failed


async def unless_gone(asking: Awaitable[object]) -> None:
    """What is over has no need to be ended."""
    with suppress(LegGone):
        await asking


def told_by(error: TwilioException) -> CarrierError:
    """What an answer of Twilio's that is none of success means. Its text, which may repeat numbers, is left out."""
    status, code = http_status(error)
    if status is None:
        return CarrierFailed(CARRIER, UNREADABLE)
    named = f"HTTP {status}" + (f", error {code}" if code else "")
    if status == 404 or code in _GONE:
        return LegGone(CARRIER, f"it is over ({named})", code)
    if code in _NOBODY:
        return NotDiallable(CARRIER, f"this address cannot be called ({named})", code)
    if status == 429 or status >= 500:
        return CarrierFailed(CARRIER, named, code)
    return CarrierRefused(CARRIER, f"{named}; see https://www.twilio.com/docs/api/errors", code)


def http_status(error: TwilioException) -> tuple[int | None, int | None]:
    """HTTP status and Twilio's code. The client tells them of all requests but those for lists."""
    if isinstance(error, TwilioRestException):
        return int(error.status), error.code
    response = next((one for one in error.args if isinstance(one, Response)), None)
    if response is None:
        return None, None
    try:
        code = json.loads(response.text).get("code")
    except (ValueError, AttributeError):
        code = None
    return int(response.status_code), code if isinstance(code, int) else None
