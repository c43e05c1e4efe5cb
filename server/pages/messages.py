"""The page of messages that callers left."""

from fastapi import APIRouter, Request, Response

from recordings.store import CallStore
from server import pages
from server.api.messages import LISTED_CALLS, following
from server.api.replies import asked
from server.auth import Access
from server.pages.calls import to_login


def messages_page_router(store: CallStore, access: Access) -> APIRouter:
    """GET /messages."""
    router = APIRouter(include_in_schema=False)

    @router.get("/messages")
    async def messages_page(request: Request, before: str | None = None) -> Response:
        if not access.allows(request):
            return to_login(request)
        found = await asked(store.messages(LISTED_CALLS, before))
        return pages.page("messages.html", found=found, before=before, more=following(found, LISTED_CALLS))

    return router
