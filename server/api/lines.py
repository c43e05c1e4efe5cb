"""The lines of a server over HTTP: what each answers, in which version, and what is wrong with its latest edit."""

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response

from server.api.replies import private_json
from server.auth import Access
from server.health import LineHealth, line_json


def lines_router(lines: Callable[[], Sequence[LineHealth]], access: Access) -> APIRouter:
    """GET /api/lines."""
    router = APIRouter(tags=["lines"])

    @router.get("/api/lines")
    async def list_lines(request: Request) -> Response:
        """Every line in the order of the settings; `problems` says why a later edit is not used.

        `documents` says what is wrong with its documents.
        """
        if not access.allows(request):
            raise HTTPException(401, "Send the access token: Authorization: Bearer …", {"WWW-Authenticate": "Bearer"})
        return private_json({"lines": [_whole(line) for line in lines()]})

    return router


def _whole(line: LineHealth) -> dict[str, Any]:
    return line_json(line) | {"folder": line.folder, "documents": list(line.documents)}
