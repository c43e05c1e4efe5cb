"""What a browser gets where there is no page: a page that says so, not an answer for programs."""

from typing import Final

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exception_handlers import http_exception_handler
from starlette.exceptions import HTTPException as AnyHTTPException

from server import pages

_FOR_PROGRAMS: Final = ("/api/", "/twilio/", "/assets/", "/healthz")
_SAYS: Final = "There is no such page."


def add_to(app: FastAPI) -> None:
    """Answer 404 with a page wherever people look; programs get what they got."""

    async def plain(request: Request, error: Exception) -> Response:
        status = error if isinstance(error, AnyHTTPException) else HTTPException(500)
        if status.status_code != 404 or f"{request.url.path}/".startswith(_FOR_PROGRAMS):
            return await http_exception_handler(request, status)
        says = status.detail if status.detail not in {"", "Not Found"} else _SAYS
        return pages.page("unknown.html", 404, says=says)

    app.add_exception_handler(AnyHTTPException, plain)
