"""What is remembered of customers over HTTP: looked at, and forgotten when they want that."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from pipeline.assistant.memory import Memories, Memory
from server.api.replies import private_json
from server.api.v1.door import require

Customer = Annotated[
    str, Path(min_length=1, max_length=80, description="the company's id, as tools and events name it")
]


def customers_router(memories: Memories) -> APIRouter:
    """`/customers/{customer}/memory`."""
    router = APIRouter(prefix="/customers", tags=["customers"])

    @router.get("/{customer}/memory", operation_id="getMemory", dependencies=[require("customers:read")])
    async def remembered(customer: Customer) -> Response:
        """Their latest calls: what each was about, what is still open, and the language; none if nothing is known."""
        return private_json({"customer": customer, "calls": [_to_json(one) for one in await memories.of(customer)]})

    @router.delete("/{customer}/memory", operation_id="forgetCustomer", dependencies=[require("customers:forget")])
    async def forget(customer: Customer) -> Response:
        """Delete it; calls up to now are not remembered again. Asked again it does the same. Recordings stay."""
        return private_json({"customer": customer, "forgotten": await memories.forget(customer)})

    return router


def _to_json(one: Memory) -> dict[str, Any]:
    return {
        "call_id": one.call_id,
        "line": one.line,
        "at": one.at.isoformat(),
        "language": one.language,
        "topics": [{"intent": topic.intent, "open": topic.open} for topic in one.topics],
    }
