"""One-time codes: six digits, texted to the number on file, keyed in by the caller. They are never spoken.

A code is good for five minutes and three tries; a customer gets one a minute. What is kept of it is a salted hash.
"""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from pipeline.assistant.code_specs import CHECK_CODE, SEND_CODE, CheckCodeArguments, SendCodeArguments
from pipeline.assistant.identity_tables import one_time_codes as codes
from pipeline.assistant.tools.kept import Database, Now, utc_now
from pipeline.assistant.tools.port import BackendBroken, ToolLate, ToolRefused, ToolSpec
from recordings.errors import StoreUnavailable
from telephony.errors import CarrierError, CarrierLate, NotTextable
from telephony.numbers import NotANumber, parse_number
from telephony.ports import Messages

DIGITS: Final = 6
GOOD_FOR: Final = timedelta(minutes=5)
TRIES: Final = 3
ONE_EACH: Final = timedelta(minutes=1)


class Codes:
    """The codes of one organisation's customers."""

    def __init__(
        self,
        database: Database,
        messages: Messages,
        org_id: str,
        now: Now = utc_now,
        draw: Callable[[], str] = lambda: f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}",
    ) -> None:
        """Draw makes a code."""
        self._database, self._messages, self._org_id = database, messages, org_id
        self._now, self._draw = now, draw

    async def send(self, customer: str, number: str, text: str, key: str, deadline_ms: int) -> None:
        """Text a new code; earlier ones are no good any more. The same key does it once.

        Raises TooSoon, telephony.errors.CarrierError, StoreUnavailable.
        """
        code, salt = self._draw(), secrets.token_hex(16)
        digest = await asyncio.to_thread(_digest, code, salt)
        made_at = self._now()
        row = {
            "org_id": self._org_id, "customer": customer, "salt": salt, "digest": digest,
            "made_at": _text(made_at), "tries": 0,
        }  # fmt: skip

        def work(connection: sa.Connection) -> None:
            known = connection.execute(sa.select(codes).where(self._theirs(customer))).one_or_none()
            if known is not None and made_at - datetime.fromisoformat(known.made_at) < ONE_EACH:
                raise TooSoon
            connection.execute(sa.delete(codes).where(self._theirs(customer)))
            connection.execute(sa.insert(codes).values(row))

        await self._database.apply(work)
        await self._messages.send(number, text.replace("{code}", code), key, deadline_ms)

    async def check(self, customer: str, code: str) -> bool:
        """Whether it is this customer's latest code, not older than five minutes; a fourth try is always wrong.

        A code that was right is used up. Raises StoreUnavailable.
        """
        found = await self._database.look(
            lambda connection: connection.execute(sa.select(codes).where(self._theirs(customer))).one_or_none()
        )
        given = await asyncio.to_thread(_digest, code, found.salt if found is not None else "")
        now = self._now()

        def work(connection: sa.Connection) -> bool:
            # Counted before it is compared, in one transaction: tries made at once cannot share a count.
            counted = sa.update(codes).where(self._theirs(customer)).values(tries=codes.c.tries + 1)
            connection.execute(counted)
            row = connection.execute(sa.select(codes).where(self._theirs(customer))).one_or_none()
            if row is None or row.tries > TRIES or now - datetime.fromisoformat(row.made_at) > GOOD_FOR:
                return False
            right = hmac.compare_digest(row.digest, given)
            if right:
                connection.execute(sa.update(codes).where(self._theirs(customer)).values(digest=""))
            return right

        return await self._database.apply(work)

    async def forget(self, customer: str) -> None:
        """Keep nothing of this customer's. Raises StoreUnavailable."""

        def work(connection: sa.Connection) -> None:
            connection.execute(sa.delete(codes).where(self._theirs(customer)))

        await self._database.apply(work)

    def _theirs(self, customer: str) -> sa.ColumnElement[bool]:
        return (codes.c.org_id == self._org_id) & (codes.c.customer == customer)


class TooSoon(Exception):
    """The customer got a code less than a minute ago."""


@dataclass(frozen=True, slots=True)
class SendCode:
    """Codes.send as a tool."""

    codes: Codes
    spec: ToolSpec = SEND_CODE

    async def ask(self, call: str, arguments: Mapping[str, Any], deadline_ms: int) -> Mapping[str, Any]:
        """See RemoteTool."""
        given = SendCodeArguments.model_validate(dict(arguments))
        if "{code}" not in given.text:
            raise ToolRefused(self.spec.name, "the text has no place for the code")
        try:
            number = parse_number(given.number)
            await self.codes.send(given.customer, number, given.text, call, deadline_ms)
        except TooSoon:
            raise ToolRefused(self.spec.name, "a code was texted less than a minute ago") from None
        except (NotANumber, NotTextable):
            raise ToolRefused(self.spec.name, "the number on file cannot be texted") from None
        except CarrierLate:
            raise ToolLate(self.spec.name, f"no answer of the carrier within {deadline_ms} ms") from None
        except (CarrierError, StoreUnavailable) as error:
            raise BackendBroken(self.spec.name, str(error)) from None
        return {"sent": True, "number_end": number[-2:]}


@dataclass(frozen=True, slots=True)
class CheckCode:
    """Codes.check as a tool."""

    codes: Codes
    spec: ToolSpec = CHECK_CODE

    async def ask(self, call: str, arguments: Mapping[str, Any], deadline_ms: int) -> Mapping[str, Any]:
        """See RemoteTool."""
        del call, deadline_ms
        given = CheckCodeArguments.model_validate(dict(arguments))
        try:
            right = await self.codes.check(given.customer, given.code)
        except StoreUnavailable as error:
            raise BackendBroken(self.spec.name, str(error)) from None
        return {"verified": right, "customer": given.customer if right else ""}


def _digest(code: str, salt: str) -> str:
    """Slow on purpose, and in a thread: a million codes are soon tried."""
    return hashlib.scrypt(code.encode(), salt=salt.encode(), n=2**13, r=8, p=1).hex()


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
