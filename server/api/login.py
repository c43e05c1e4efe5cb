"""The way in for people: one form for the access token, and for the tokens of agents."""

from typing import Annotated, Final

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from server import pages
from server.api.replies import asked
from server.auth import Access
from server.scopes import DESK
from server.tokens import Tokens

LOGIN_PATH: Final = "/login"
HOME_PATH: Final = "/calls"
DESK_PATH: Final = "/desk"
_PAGES: Final = (HOME_PATH, "/messages", DESK_PATH)


def login_router(access: Access, tokens: Tokens) -> APIRouter:
    """GET and POST /login, POST /logout. An agent's token leads to their desk."""
    router = APIRouter(include_in_schema=False)

    @router.get(LOGIN_PATH, response_class=HTMLResponse)
    async def show_login(following: str = HOME_PATH) -> Response:
        return pages.page("login.html", following=own_path(following), wrong=False)

    @router.post(LOGIN_PATH)
    async def enter(
        request: Request, token: Annotated[str, Form()] = "", following: Annotated[str, Form()] = ""
    ) -> Response:
        _from_own_page(access, request)
        text = token.strip()
        agent = None if access.opens(text) else await asked(tokens.principal(text))
        if agent is not None and agent.agent and agent.may(DESK):
            response = RedirectResponse(DESK_PATH, 303)
            access.begin_desk(request, response, agent.id)
            return response
        if not access.opens(text):
            return pages.page("login.html", 401, following=own_path(following), wrong=True)
        response = RedirectResponse(own_path(following), 303)
        access.begin_session(request, response)
        return response

    @router.post("/logout")
    async def leave(request: Request) -> Response:
        _from_own_page(access, request)
        response = RedirectResponse(LOGIN_PATH, 303)
        access.end_session(response)
        return response

    return router


def own_path(wanted: str) -> str:
    """The page to show after the login: only ever one of ours."""
    known = any(wanted == path or wanted.startswith((path + "/", path + "?")) for path in _PAGES)
    return wanted if known else HOME_PATH


def _from_own_page(access: Access, request: Request) -> None:
    if not access.from_own_page(request):
        raise HTTPException(403, "This form came from another site.")
