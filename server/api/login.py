"""The way in for people: one form for the access token."""

from typing import Annotated, Final

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from server import pages
from server.auth import Access

LOGIN_PATH: Final = "/login"
HOME_PATH: Final = "/calls"
_PAGES: Final = (HOME_PATH, "/messages")


def login_router(access: Access) -> APIRouter:
    """GET and POST /login, POST /logout."""
    router = APIRouter(include_in_schema=False)

    @router.get(LOGIN_PATH, response_class=HTMLResponse)
    async def show_login(following: str = HOME_PATH) -> Response:
        return pages.page("login.html", following=own_path(following), wrong=False)

    @router.post(LOGIN_PATH)
    async def enter(
        request: Request, token: Annotated[str, Form()] = "", following: Annotated[str, Form()] = ""
    ) -> Response:
        _from_own_page(access, request)
        if not access.opens(token.strip()):
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
