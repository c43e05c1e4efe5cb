"""What callers left for people to answer, over HTTP. Behind the access token."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response

from recordings.messages import LeftMessage, to_json
from recordings.store import CallStore
from server.api.replies import asked, private_json, token_needed
from server.auth import Access

LISTED_CALLS: Final = 50


def messages_router(store: CallStore, access: Access) -> APIRouter:
    """`/api/messages`."""
    router = APIRouter(prefix="/api/messages", tags=["messages"], dependencies=[Depends(token_needed(access))])

    @router.get("")
    async def list_messages(
        limit: Annotated[int, Query(ge=1, le=200)] = LISTED_CALLS, before: str | None = None
    ) -> Response:
        """Messages, latest first, of the latest `limit` calls with any. `next`: what to give as `before` for more."""
        found = await asked(store.messages(limit, before))
        return private_json({"messages": [to_json(left) for left in found], "next": following(found, limit)})

    return router


def following(found: tuple[LeftMessage, ...], limit: int) -> str | None:
    """The call before which the next page begins; None: this is the last one."""
    calls = {left.call.call_id for left in found}
    return found[-1].call.call_id if len(calls) == limit else None
