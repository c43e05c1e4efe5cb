"""How an agent's queues are, as their desk shows it: who waits, since when, and who else is free."""

from collections.abc import Mapping
from typing import Any

from server.api.v1.staff import Staff


def queues_of(staff: Staff, agent_id: str) -> Mapping[str, Any]:
    """The message `queues`: the same until somebody comes, goes or becomes free.

    `since_ms`: when who waits for longest began to, on the server's clock; `others`: colleagues who are free for it.
    """
    transfers, agent = staff.transfers, staff.transfers.agent(agent_id)
    served = transfers.queues()
    free = [
        one.agent
        for one in transfers.counted.agents()
        if one.presence == "available" and not (one.rung_for or one.on_call or one.agent.id == agent_id)
    ]
    rows = []
    for name in sorted(agent.queues & served.keys()) if agent is not None else ():
        waiting = transfers.counted.waiting(name)
        running = [transfers.running(one.transfer_id) for one in waiting if one.kind == "call"]
        since = [one.transfer.asked_ms for one in running if one is not None]
        rows.append(
            {
                "queue": name,
                "state": transfers.counted.state(name),
                "waiting": sum(one.kind == "call" for one in waiting),
                "callbacks": sum(one.kind == "callback" for one in waiting),
                "since_ms": min(since, default=None),
                "sla_s": served[name].sla_s or None,
                "others": sum(name in one.queues for one in free),
            }
        )
    unknown = sorted(agent.queues - served.keys()) if agent is not None else []
    return {"type": "queues", "queues": rows, "unknown": unknown}
