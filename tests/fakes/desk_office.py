"""The API of an office in virtual time, with agents' tokens."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from pipeline.assistant.tools.approving import Approving
from pipeline.assistant.tools.kept import KeptTools
from server.api.v1.app import PREFIX, api
from server.api.v1.staff import Staff, staff_of
from server.auth import Access
from server.tokens import Tokens
from telephony.agents import Agent
from tests.fakes.agents import ANA
from tests.fakes.asgi_socket import AsgiSocket, asgi_socket
from tests.fakes.office import VirtualOffice, virtual_office

ACCESS = "the access token of this test"


@dataclass
class DeskOffice:
    """An office, its API, and who holds which token."""

    office: VirtualOffice
    app: FastAPI
    http: httpx.AsyncClient
    staff: Staff
    tokens: Tokens
    token_of: dict[str, str]
    """By agent."""

    async def send(self, method: str, path: str, body: Any = None, who: str = "", **headers: str) -> httpx.Response:
        """Ask the API as an agent, or as the operator."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Authorization": f"Bearer {self.token_of.get(who, who) or ACCESS}", **named}
        return await self.http.request(method, PREFIX + path, json=body, headers=sent)

    def desk(self, agent: str) -> AbstractAsyncContextManager[AsgiSocket]:
        """Open an agent's desk, with their token."""
        return self.socket("/desk", self.token_of[agent])

    def socket(self, path: str, token: str, **headers: str) -> AbstractAsyncContextManager[AsgiSocket]:
        """Open a WebSocket of the API."""
        sent = {"authorization": f"Bearer {token}"} if token else {}
        return asgi_socket(self.app, PREFIX + path, {**sent, **headers})


@asynccontextmanager
async def desk_office(
    root: Path, texts: Sequence[str] = (), agents: Sequence[Agent] = (ANA,), **options: Any
) -> AsyncIterator[DeskOffice]:
    """An office with these agents in its directory; each has a token for their desk."""
    async with virtual_office(root, texts, agents=agents, **options) as office:
        staff = staff_of(office.transfers, office.store, "test")
        for agent in agents:
            await staff.directory.put(agent, "2026-11-20T18:00:00.000000+00:00")
        tokens = Tokens(office.store)
        token_of = {one.id: (await tokens.create(one.name, ["desk"], agent=one.id))[1] for one in agents}
        kept, app = KeptTools(office.store, "test"), FastAPI()
        approving, live = Approving(kept, lambda _: None), office.switchboard.supervised
        app.mount(PREFIX, api(office.store, kept, approving, lambda _: None, staff, Access(ACCESS), live))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as http:
            yield DeskOffice(office, app, http, staff, tokens, token_of)
