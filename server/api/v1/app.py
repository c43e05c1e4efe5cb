"""The application that is mounted at /api/v1: its door, its errors, its routes."""

from collections.abc import Callable

from fastapi import FastAPI, Request, Response
from starlette.types import ASGIApp

from pipeline.assistant.memory import Memories
from pipeline.assistant.tools.approving import Approving
from pipeline.assistant.tools.kept import Database, KeptTools
from pipeline.assistant.tools.kept_writes import KeptWrites
from pipeline.assistant.tools.reversing import Reversing
from pipeline.supervision.calls import Supervised
from pipeline.transfers.conference import Conferences
from server.api.replies import private_json
from server.api.v1 import problems
from server.api.v1.agents import agents_router, presence_router
from server.api.v1.approvals import approvals_router
from server.api.v1.commands import Commands
from server.api.v1.customers import customers_router
from server.api.v1.desk import desk_router
from server.api.v1.door import Door
from server.api.v1.hearing_in import hearing_in_router
from server.api.v1.knowledge import ShelfOf, knowledge_router
from server.api.v1.queues import queues_router
from server.api.v1.staff import Staff
from server.api.v1.supervision import Calls, supervision_router
from server.api.v1.taking import taking_router
from server.api.v1.taking_over import taking_over_router
from server.api.v1.tokens import tokens_router
from server.api.v1.transfers import transfers_router
from server.api.v1.wishes import wishes_router
from server.api.v1.writes import writes_router
from server.auth import Access
from server.tokens import Principal, Tokens

PREFIX = "/api/v1"


def no_call(_call_id: str) -> Supervised | None:
    """Where no call is live."""
    return None


def routes(
    database: Database,
    kept: KeptTools,
    approving: Approving,
    shelf_of: ShelfOf,
    staff: Staff,
    supervised: Callable[[str], Supervised | None] = no_call,
    conferences: Conferences | None = None,
) -> FastAPI:
    """All routes and their errors, without the door: only for tests that walk them."""
    app = FastAPI(title="Cordboard", docs_url=None, redoc_url=None, openapi_url=None)
    problems.add_to(app)
    commands = Commands(database)
    app.include_router(approvals_router(kept, approving, commands))
    written = KeptWrites(database)
    app.include_router(writes_router(written, Reversing(written, approving.runner_of), commands))
    app.include_router(tokens_router(Tokens(database), commands))
    app.include_router(knowledge_router(shelf_of))
    app.include_router(customers_router(Memories(database, kept.org_id)))
    app.include_router(agents_router(staff))
    app.include_router(presence_router(staff, commands))
    app.include_router(queues_router(staff))
    app.include_router(transfers_router(staff))
    app.include_router(taking_router(staff, commands))
    app.include_router(desk_router(staff))
    calls = Calls(supervised, staff.calls, conferences)
    for supervises in (supervision_router, wishes_router, taking_over_router):
        app.include_router(supervises(calls, commands))
    app.include_router(hearing_in_router(calls))

    @app.get("/me", operation_id="getMe", tags=["tokens"])
    async def me(request: Request) -> Response:
        """Who the token belongs to, and what it may do."""
        principal: Principal = request.state.principal
        told = {"name": principal.name, "scopes": sorted(principal.scopes), "agent": principal.agent or None}
        return private_json(told)

    return app


def api(
    database: Database,
    kept: KeptTools,
    approving: Approving,
    shelf_of: ShelfOf,
    staff: Staff,
    access: Access,
    supervised: Callable[[str], Supervised | None] = no_call,
    conferences: Conferences | None = None,
) -> ASGIApp:
    """What is mounted: no route of it is reached without a token. supervised: live calls, by id.

    conferences: of callers and agents by telephone; None: no account is set.
    """
    return Door(routes(database, kept, approving, shelf_of, staff, supervised, conferences), access, Tokens(database))
