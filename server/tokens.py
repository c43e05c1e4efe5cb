"""API tokens: who or what may do what. A token is shown once; only its digest is kept."""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import sqlalchemy as sa

from pipeline.assistant.tools.ids import new_id
from pipeline.assistant.tools.kept import Database
from server.scopes import ALL, DESK, SCOPES
from server.tables import api_tokens

PREFIX: Final = "cbt_"
"""How a token begins, so that scanners for leaked secrets know it."""

Now = Callable[[], datetime]


def utc_now() -> datetime:
    """Aware."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks."""

    name: str
    scopes: frozenset[str]
    id: str = ""
    """The token's; empty: the access token of the settings."""
    agent: str = ""
    """Whose desk it opens; empty: nobody's of its own."""

    def may(self, scope: str) -> bool:
        """Whether this is allowed."""
        return scope in self.scopes or ALL in self.scopes


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token; not the token."""

    id: str
    name: str
    scopes: tuple[str, ...]
    made_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    agent: str = ""
    """Whose desk it opens; empty: nobody's of its own."""

    def usable(self, now: datetime) -> bool:
        """Whether it opens anything at this instant."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class Tokens:
    """The tokens of a server."""

    def __init__(self, database: Database, now: Now = utc_now) -> None:
        self._database = database
        self._now = now

    async def create(
        self, name: str, scopes: Sequence[str], expires_at: datetime | None = None, agent: str = ""
    ) -> tuple[Token, str]:
        """A new one, and the only sight of it. Raises ValueError for a scope that there is not, StoreUnavailable.

        agent: whose desk it opens, for the scope `desk`, which is nothing without one.
        """
        unknown = sorted(set(scopes) - {*SCOPES, ALL})
        if unknown or not scopes:
            told = f"there is no scope {unknown[0]!r}" if unknown else "a token needs a scope"
            raise ValueError(f"{told}; known: {', '.join([*SCOPES, ALL])}")
        if (DESK in scopes) != bool(agent):
            raise ValueError(f"the scope {DESK!r} and an agent go together: whose desk does the token open?")
        if not name.strip():
            raise ValueError("a token needs a name; say who or what holds it")
        now = self._now()
        text = PREFIX + secrets.token_urlsafe(32)
        made = Token(new_id("tok", now), name.strip()[:100], tuple(sorted(set(scopes))), now, expires_at, agent=agent)
        row = {
            "id": made.id,
            "name": made.name,
            "digest": _digest(text),
            "scopes": " ".join(made.scopes),
            "made_at": _text(now),
            "expires_at": _text(expires_at) if expires_at else None,
            "revoked_at": None,
            "agent": agent or None,
        }
        await self._database.apply(lambda connection: connection.execute(sa.insert(api_tokens).values(row)).rowcount)
        return made, text

    async def listed(self) -> list[Token]:
        """All of them, oldest first. Raises StoreUnavailable."""

        def read(connection: sa.Connection) -> list[Token]:
            return [_token(row) for row in connection.execute(sa.select(api_tokens).order_by(api_tokens.c.id))]

        return await self._database.look(read)

    async def revoke(self, token_id: str) -> bool:
        """Let it open nothing any more; False: there is no such token. Raises StoreUnavailable."""
        now = _text(self._now())
        revoked = sa.func.coalesce(api_tokens.c.revoked_at, now)
        change = sa.update(api_tokens).where(api_tokens.c.id == token_id).values(revoked_at=revoked)
        return await self._database.apply(lambda connection: connection.execute(change).rowcount) == 1

    async def principal(self, text: str) -> Principal | None:
        """Who holds this token; None: nobody. Raises StoreUnavailable."""
        return await self._whose(api_tokens.c.digest == _digest(text)) if text.startswith(PREFIX) else None

    async def holder(self, token_id: str) -> Principal | None:
        """Who holds the token with this id; None: nobody, any more. Raises StoreUnavailable."""
        return await self._whose(api_tokens.c.id == token_id)

    async def usable(self, token_ids: AbstractSet[str]) -> frozenset[str]:
        """Those of these ids whose tokens open something. Raises StoreUnavailable."""
        query, now = sa.select(api_tokens).where(api_tokens.c.id.in_(token_ids)), self._now()

        def read(connection: sa.Connection) -> list[Token]:
            return [_token(row) for row in connection.execute(query)]

        return frozenset(one.id for one in await self._database.look(read) if one.usable(now))

    async def _whose(self, which: sa.ColumnElement[bool]) -> Principal | None:
        query = sa.select(api_tokens).where(which)

        def read(connection: sa.Connection) -> Token | None:
            row = connection.execute(query).one_or_none()
            return None if row is None else _token(row)

        found = await self._database.look(read)
        if found is None or not found.usable(self._now()):
            return None
        return Principal(found.name, frozenset(found.scopes), found.id, found.agent)


def _token(row: "sa.Row[tuple[object, ...]]") -> Token:
    return Token(
        str(row.id),
        str(row.name),
        tuple(str(row.scopes).split()),
        datetime.fromisoformat(str(row.made_at)),
        datetime.fromisoformat(str(row.expires_at)) if row.expires_at else None,
        datetime.fromisoformat(str(row.revoked_at)) if row.revoked_at else None,
        str(row.agent or ""),
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
