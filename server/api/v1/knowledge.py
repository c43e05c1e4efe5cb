"""People search what callers are answered from, over HTTP."""

from collections.abc import Callable
from typing import Annotated, Any, Final, Protocol
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response

from knowledge.access import CALLER, Reader
from knowledge.retrieve import Found, Passage
from server.api.replies import private_json
from server.api.v1.door import require
from server.api.v1.problems import Problem
from server.tokens import Principal


class Shelf(Protocol):
    """A line's documents."""

    async def find(self, question: str, deadline_ms: int, reader: Reader) -> Found:
        """As knowledge.retrieve.Retrieval."""

    async def section(self, document: str, section: str, reader: Reader) -> Passage | None:
        """One section as it is now; None when there is none, or the reader may not have it."""


ShelfOf = Callable[[str], Shelf | None]
"""A line's documents, by its name; None: it is not served here, or has none."""
STAFF: Final = Reader(groups=frozenset({"internal", "operational"}), history=True)
"""Who holds a token for internal documents: those too that name roles, are somebody's own, are never told of here."""
INTERNAL: Final = "knowledge:internal"
_DEADLINE_MS: Final = 5000


def knowledge_router(shelf_of: ShelfOf) -> APIRouter:
    """`/knowledge`."""
    router = APIRouter(prefix="/knowledge", tags=["knowledge"])
    reads = require("knowledge:read")

    @router.get("/search", operation_id="searchKnowledge")
    async def search(
        request: Request,
        who: Annotated[Principal, reads],
        q: Annotated[str, Query(min_length=1, max_length=500, description="as a caller would ask it")],
        line: Annotated[str, Query(max_length=200, description="name of the line")],
    ) -> Response:
        """What the line finds, best first: what a caller would hear, and with the scope knowledge:internal more."""
        shelf = shelf_of(line)
        if shelf is None:
            raise Problem(404, "There is no such line here, or it has no documents.")
        found = await shelf.find(q, _DEADLINE_MS, STAFF if who.may(INTERNAL) else CALLER)
        if found.late:
            raise Problem(503, "The search took too long.", headers={"Retry-After": "5"})
        return private_json(to_json(found, str(request.scope.get("root_path", "")), line))

    @router.get("/sections", operation_id="getSection")
    async def section(
        who: Annotated[Principal, reads],
        line: Annotated[str, Query(max_length=200)],
        document: Annotated[str, Query(max_length=1000, description="path inside the knowledge folder")],
        section: Annotated[str, Query(max_length=200)],
    ) -> Response:
        """One section as it is now: where a hit's `url` leads."""
        shelf = shelf_of(line)
        if shelf is None:
            raise Problem(404, "There is no such line here, or it has no documents.")
        one = await shelf.section(document, section, STAFF if who.may(INTERNAL) else CALLER)
        if one is None:
            raise Problem(404, "There is no such section, or this token may not read it.")
        return private_json(_told(one))

    return router


def to_json(found: Found, root: str, line: str) -> dict[str, Any]:
    """What was found, with a link to each section."""
    return {
        "certain": found.certain,
        "items": [{**_told(one), "url": _url(root, line, one)} for one in found.passages],
        "conflicts": [
            {"document": one.document, "section": one.section, "says": one.says, "other_says": one.other_says}
            for one in found.conflicts
        ],
    }


def _told(one: Passage) -> dict[str, Any]:
    names = ("document", "section", "title", "text", "spoken", "score", "version")
    return {name: getattr(one, name) for name in names}


def _url(root: str, line: str, one: Passage) -> str:
    asked = {"line": line, "document": one.document, "section": one.section}
    return f"{root}/knowledge/sections?" + "&".join(f"{name}={quote(value, '')}" for name, value in asked.items())
