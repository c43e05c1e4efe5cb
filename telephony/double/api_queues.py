"""The Queues resource and its Members."""

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from telephony.double.program import Jump
from telephony.double.queues import DEFAULT_MAX, CallQueue, Waiting
from telephony.double.rest_requests import Answered, Asked, Endpoint, Json, RestError, missing, page, rfc

if TYPE_CHECKING:
    from telephony.double.account import Account

PATH: Final = "/2010-04-01/Accounts/{account}/Queues"
_MEMBERS: Final = PATH + "/{queue}/Members"
_MOST: Final = 5_000


async def create(account: "Account", asked: Asked) -> Answered:
    """Make a queue."""
    name = asked.text("FriendlyName")
    if not re.fullmatch(r".{1,64}", name):
        raise RestError(400, 20001, "FriendlyName: 1 to 64 characters")
    if account.queue(name) is not None:
        raise RestError(400, 22003, f"A queue {name!r} is there already")
    return 201, _resource(account, CallQueue(account, name, asked.number("MaxSize", DEFAULT_MAX, 1, _MOST)))


async def index(account: "Account", asked: Asked) -> Answered:
    """All queues."""
    return 200, page(asked, "queues", [_resource(account, queue) for queue in account.queues])


async def fetch(account: "Account", asked: Asked) -> Answered:
    """One queue."""
    return 200, _resource(account, _found(account, asked, "sid"))


async def update(account: "Account", asked: Asked) -> Answered:
    """Change its name or size."""
    queue = _found(account, asked, "sid")
    queue.name = asked.text("FriendlyName", queue.name)
    queue.max_size = asked.number("MaxSize", queue.max_size, 1, _MOST)
    queue.updated = datetime.now(UTC)
    return 200, _resource(account, queue)


async def delete(account: "Account", asked: Asked) -> Answered:
    """Remove an empty queue."""
    queue = _found(account, asked, "sid")
    if queue.waiting:
        raise RestError(400, 22001, f"Queue {queue.sid} is not empty")
    account.queues.remove(queue)
    return 204, None


async def members(account: "Account", asked: Asked) -> Answered:
    """Who waits, the longest first."""
    queue = _found(account, asked)
    return 200, page(asked, "queue_members", [_member(account, queue, each) for each in queue.waiting])


async def member(account: "Account", asked: Asked) -> Answered:
    """One of them, by call or as Front."""
    queue = _found(account, asked)
    return 200, _member(account, queue, _waiting(queue, asked))


async def dequeue(account: "Account", asked: Asked) -> Answered:
    """Send one of them elsewhere."""
    queue = _found(account, asked)
    url = asked.url("Url")
    if not url:
        raise RestError(400, 21205, "Url parameter is required.")
    waiting = _waiting(queue, asked)
    shown = _member(account, queue, waiting)
    queue.remove(waiting)
    waiting.redirect(Jump(url, asked.method("Method"), purpose="update"))
    return 200, shown


def _found(account: "Account", asked: Asked, name: str = "queue") -> CallQueue:
    queue = next((each for each in account.queues if each.sid == asked.parts[name]), None)
    if queue is None:
        raise missing(asked.path)
    return queue


def _waiting(queue: CallQueue, asked: Asked) -> Waiting:
    call = asked.parts["call"]
    if call == "Front" and queue.waiting:
        return queue.waiting[0]
    waiting = next((each for each in queue.waiting if each.entry.sid == call), None)
    if waiting is None:
        raise missing(asked.path)
    return waiting


def _resource(account: "Account", queue: CallQueue) -> Json:
    path = f"/2010-04-01/Accounts/{account.sid}/Queues/{queue.sid}"
    return {
        "sid": queue.sid,
        "account_sid": account.sid,
        "friendly_name": queue.name,
        "max_size": queue.max_size,
        "current_size": len(queue.waiting),
        "average_wait_time": queue.average_wait_s,
        "date_created": rfc(queue.created),
        "date_updated": rfc(queue.updated),
        "uri": path + ".json",
        "subresource_uris": {"members": path + "/Members.json"},
    }


def _member(account: "Account", queue: CallQueue, each: Waiting) -> Json:
    path = f"/2010-04-01/Accounts/{account.sid}/Queues/{queue.sid}/Members/{each.entry.sid}.json"
    return {
        "call_sid": each.entry.sid,
        "queue_sid": queue.sid,
        "position": queue.waiting.index(each) + 1,
        "wait_time": max(0, each.entry.lasted_ms - each.began_ms) // 1000,
        "date_enqueued": rfc(each.since),
        "uri": path,
    }


ENDPOINTS: Final = (
    Endpoint("POST", PATH + ".json", create, frozenset({"FriendlyName", "MaxSize"})),
    Endpoint("GET", PATH + ".json", index),
    Endpoint("GET", PATH + "/{sid}.json", fetch),
    Endpoint("POST", PATH + "/{sid}.json", update, frozenset({"FriendlyName", "MaxSize"})),
    Endpoint("DELETE", PATH + "/{sid}.json", delete),
    Endpoint("GET", _MEMBERS + ".json", members),
    Endpoint("GET", _MEMBERS + "/{call}.json", member),
    Endpoint("POST", _MEMBERS + "/{call}.json", dequeue, frozenset({"Url", "Method"})),
)
