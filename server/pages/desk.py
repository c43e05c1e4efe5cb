"""An agent's desk, as a page."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response

from server import pages
from server.api.replies import asked
from server.api.v1.door import signed_in
from server.auth import Access
from server.pages.calls import to_login
from server.tokens import Tokens
from telephony.agent_store import AgentStore


def desk_page_router(directory: AgentStore, access: Access, tokens: Tokens) -> APIRouter:
    """GET /desk."""
    router = APIRouter(include_in_schema=False)

    @router.get("/desk")
    async def desk_page(request: Request, agent: Annotated[str, Query(max_length=40)] = "") -> Response:
        """An agent sees their own; the operator says whose."""
        who = await asked(signed_in(request, access, tokens))
        if who is None:
            return to_login(request)
        operator = not who.agent
        found = await asked(directory.get(who.agent or agent)) if who.agent or agent else None
        others = await asked(directory.listed()) if operator else ()
        if (who.agent or agent) and found is None:
            raise HTTPException(404, "There is no such agent in the directory.")
        return pages.page("desk.html", agent=found, agents=others, operator=operator)

    return router
