"""What every route about calls does alike: ask for the token, ask the store, and answer with private JSON."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from fastapi import HTTPException, Request, Response
from fastapi.responses import JSONResponse

from recordings.errors import StoreUnavailable
from recordings.store import CallStore
from recordings.summary import CallSummary
from server.auth import Access

PRIVATE: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
"""Headers of everything that tells of a call."""

_T = TypeVar("_T")


def token_needed(access: Access) -> Callable[[Request], None]:
    """A route's condition: the access token. It raises HTTPException 401."""

    def allowed(request: Request) -> None:
        if not access.allows(request):
            raise HTTPException(401, "Send the access token: Authorization: Bearer …", {"WWW-Authenticate": "Bearer"})

    return allowed


async def asked(answer: Awaitable[_T]) -> _T:
    """The store's answer. Raises HTTPException 503 where it has none."""
    try:
        return await answer
    except StoreUnavailable as error:
        raise HTTPException(503, str(error), {"Retry-After": "5"}) from error


async def known_call(store: CallStore, call_id: str) -> CallSummary:
    """The call. Raises HTTPException 404 and 503."""
    summary = await asked(store.call(call_id))
    if summary is None:
        raise HTTPException(404, "There is no such call.")
    return summary


def private_json(content: Any) -> Response:
    """JSON that no cache keeps."""
    return JSONResponse(content, headers=PRIVATE)
