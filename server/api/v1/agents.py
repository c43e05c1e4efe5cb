"""The people who take calls over: the directory, and who of them is there."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from server.api.replies import private_json
from server.api.v1.commands import Commands
from server.api.v1.door import require
from server.api.v1.paging import after, paged
from server.api.v1.problems import Problem
from server.api.v1.staff import Staff, instant
from server.scopes import DESK
from server.tokens import Principal
from telephony.agents import Agent, NotAnAgent, address
from telephony.queue_people import AgentState

AgentId = Annotated[str, Path(max_length=40)]
_Words = Annotated[list[str], Field(max_length=50)]


class Described(BaseModel):
    """What the directory says of an agent."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=80, description="whom callers are told they speak with")
    queues: _Words = Field(min_length=1, description="whose callers they take")
    skills: _Words = []
    languages: _Words = Field(default=[], description="none: every language of the line")
    phone: str = Field(default="", max_length=400, description="+14155552671 or sip:user@host; empty: desk only")
    region: str = Field(default="US", pattern="^[A-Z]{2}$", description="country of a number without a country code")


class Presence(BaseModel):
    """Whether somebody takes calls."""

    model_config = ConfigDict(extra="forbid")

    presence: Literal["available", "busy", "away"]


def agents_router(staff: Staff) -> APIRouter:
    """`/agents`."""
    router = APIRouter(prefix="/agents", tags=["agents"])
    reads, writes = require("agents:read"), require("agents:write")

    @router.get("", operation_id="listAgents", dependencies=[reads])
    async def list_agents(
        queue: str = "", limit: Annotated[int, Query(ge=1, le=200)] = 50, cursor: str | None = None
    ) -> Response:
        """By id; `queue`: only those who take its callers."""
        place = after(cursor)
        found = [one for one in await staff.directory.listed() if one.id > place and (not queue or queue in one.queues)]
        states = _states(staff)
        return private_json(paged([to_json(staff, one, states) for one in found[:limit]], limit))

    @router.get("/{agent_id}", operation_id="getAgent", dependencies=[reads])
    async def get_agent(agent_id: AgentId) -> Response:
        """One of them."""
        return private_json(to_json(staff, await _known(staff, agent_id), _states(staff)))

    @router.put("/{agent_id}", operation_id="putAgent", dependencies=[writes])
    async def put_agent(agent_id: AgentId, body: Described) -> Response:
        """Add one (201), or change the one with this id (200)."""
        try:
            phone = address(body.phone, body.region) if body.phone.strip() else ""
            words = [frozenset(each) for each in (body.queues, body.skills, body.languages)]
            made = Agent(agent_id, body.name.strip(), words[0], words[1], words[2], phone)
        except NotAnAgent as wrong:
            raise Problem(422, f"This cannot be an agent: {wrong}.", name="invalid") from None
        new = await staff.directory.put(made, datetime.now(UTC).isoformat(timespec="microseconds"))
        staff.transfers.use_agents(await staff.directory.listed())
        response = private_json(to_json(staff, made, _states(staff)))
        response.status_code = 201 if new else 200
        return response

    @router.delete("/{agent_id}", operation_id="removeAgent", dependencies=[writes], status_code=204)
    async def remove_agent(agent_id: AgentId) -> Response:
        """They are offered no call any more. A call that they are in goes on."""
        if not await staff.directory.remove(agent_id):
            raise Problem(404, "There is no such agent.")
        staff.transfers.use_agents(await staff.directory.listed())
        return Response(status_code=204)

    return router


def presence_router(staff: Staff, commands: Commands) -> APIRouter:
    """`/agents/{id}/presence`."""
    router = APIRouter(prefix="/agents", tags=["agents"])

    @router.post("/{agent_id}/presence", operation_id="setPresence")
    async def set_presence(
        agent_id: AgentId,
        body: Presence,
        request: Request,
        who: Annotated[Principal, require(DESK, "agents:write")],
    ) -> Response:
        """Say whether they take calls: agents for themselves (scope desk), or for anybody (agents:write)."""

        async def do() -> dict[str, Any]:
            if not who.may("agents:write") and who.agent != agent_id:
                raise Problem(403, "This token belongs to another agent.", name="agent")
            known = await _known(staff, agent_id)
            rings = known.phone and staff.transfers.dials
            if body.presence == "available" and not rings and staff.transfers.desk.seat(agent_id) is None:
                why = "No carrier's account is set to call them with" if known.phone else "They have no phone"
                raise Problem(409, f"{why}, and their desk is not open: nobody could reach them.")
            staff.transfers.use_agents(await staff.directory.listed())
            if known.phone:
                await staff.directory.say(agent_id, body.presence, datetime.now(UTC).isoformat(timespec="microseconds"))
            staff.transfers.presence(agent_id, body.presence)
            return to_json(staff, known, _states(staff))

        return private_json(await commands.once(request, who, do))

    return router


def to_json(staff: Staff, agent: Agent, states: Mapping[str, AgentState]) -> dict[str, Any]:
    """An agent as the API shows them."""
    state = states.get(agent.id)
    return {
        "id": agent.id,
        "name": agent.name,
        "queues": sorted(agent.queues),
        "unknown_queues": sorted(agent.queues - staff.transfers.queues().keys()),
        "skills": sorted(agent.skills),
        "languages": sorted(agent.languages),
        "phone": agent.phone or None,
        "presence": state.presence if state else "away",
        "until": instant(state.until_ms) if state else None,
        "desk_open": staff.transfers.desk.seat(agent.id) is not None,
        "rung_for": (state.rung_for if state else "") or None,
        "on_call": (state.on_call if state else "") or None,
    }


async def _known(staff: Staff, agent_id: str) -> Agent:
    found = await staff.directory.get(agent_id)
    if found is None:
        raise Problem(404, "There is no such agent.")
    return found


def _states(staff: Staff) -> Mapping[str, AgentState]:
    return {state.agent.id: state for state in staff.transfers.counted.agents()}
