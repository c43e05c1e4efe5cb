"""Commands that happen once: a POST with an Idempotency-Key that is sent again gets its first answer."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from fastapi import Request

from pipeline.assistant.tools.kept import Database
from server.api.v1.problems import Problem
from server.tables import api_commands
from server.tokens import Now, Principal, utc_now

HEADER: Final = "Idempotency-Key"
LONGEST: Final = 200


class Commands:
    """Remembers answers by who asked and with which key."""

    def __init__(self, database: Database, now: Now = utc_now) -> None:
        self._database = database
        self._now = now

    async def once(self, request: Request, principal: Principal, do: Callable[[], Awaitable[Any]]) -> Any:
        """Do it, or give the answer that this key had. Raises Problem 409 while the first one is on its way.

        Without a key it is just done. A refusal is remembered as well; an error of the server's is not.
        """
        key = request.headers.get(HEADER, "")
        if not key:
            return await do()
        if len(key) > LONGEST or not key.isprintable():
            raise Problem(400, f"An {HEADER} has at most {LONGEST} printable characters.")
        who = principal.id or principal.name
        place = (api_commands.c.who == who) & (api_commands.c.key == key)
        known = await self._begun(who, key, await _digest(request))
        if known is not None:
            return _replayed(known)
        try:
            answer = await do()
        except Problem as refused:
            if refused.status < 500:
                await self._keep(place, refused.status, {"detail": refused.detail, "name": refused.name})
            else:
                await self._forget(place)
            raise
        except BaseException:
            await self._forget(place)
            raise
        await self._keep(place, 200, answer)
        return answer

    async def _begun(self, who: str, key: str, digest: str) -> "sa.Row[Any] | None":
        """Note that it begins; or what is known of it."""
        place = (api_commands.c.who == who) & (api_commands.c.key == key)
        made_at = self._now().astimezone(UTC).isoformat(timespec="microseconds")
        row = {"who": who, "key": key, "digest": digest, "status": None, "answer": "", "made_at": made_at}

        def work(connection: sa.Connection) -> "sa.Row[Any] | None":
            known = connection.execute(sa.select(api_commands).where(place)).one_or_none()
            if known is None:
                connection.execute(sa.insert(api_commands).values(row))
            return known

        known = await self._database.apply(work)
        if known is not None and known.digest != digest:
            raise Problem(422, f"This {HEADER} was used for another request.", name="key-reused")
        return known

    async def _keep(self, place: Any, status: int, answer: Any) -> None:
        change = sa.update(api_commands).where(place).values(status=status, answer=json.dumps(answer, default=_plain))
        await self._database.apply(lambda connection: connection.execute(change).rowcount)

    async def _forget(self, place: Any) -> None:
        await self._database.apply(lambda connection: connection.execute(sa.delete(api_commands).where(place)).rowcount)


def _replayed(known: "sa.Row[Any]") -> Any:
    if known.status is None:
        raise Problem(409, "The first request with this key is still being served, or was lost; look before you retry.")
    answer = json.loads(known.answer)
    if known.status >= 400:
        raise Problem(known.status, answer["detail"], name=answer["name"])
    return answer


async def _digest(request: Request) -> str:
    body = await request.body()
    return hashlib.sha256(f"{request.method} {request.url.path}\n".encode() + body).hexdigest()


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not JSON")
