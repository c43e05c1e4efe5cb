"""WebSockets whose tokens are revoked, in virtual time."""

import asyncio

import pytest

from recordings.errors import StoreUnavailable
from server.api.v1.revoking import REASON, REVOKED, OpenSockets
from tests.fakes.asgi_socket import AsgiSocket, asgi_socket
from tests.fakes.office import virtually

pytestmark = pytest.mark.unit


class Known:
    """Tokens that open something."""

    def __init__(self, *ids):
        self.ids, self.looks, self.down = set(ids), 0, False

    async def usable(self, token_ids):
        self.looks += 1
        if self.down:
            raise StoreUnavailable("told to be")
        return frozenset(self.ids & token_ids)


async def waits(scope, receive, send):
    """An application that accepts and waits for the end."""
    del scope
    await receive()
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        pass


def opened(sockets, token):
    return asgi_socket(lambda *asgi: sockets.serve(token, waits, *asgi), "/desk", {})


@virtually
async def test_a_socket_ends_within_a_second_of_its_token_and_others_stay():
    known = Known("a", "b")
    sockets = OpenSockets(known)
    async with opened(sockets, "a") as ana, opened(sockets, "b") as ben:
        await asyncio.sleep(7.3)
        assert (ana.closed, ben.closed) == (None, None)
        known.ids.discard("a")
        async with asyncio.timeout(1):
            assert await ana.ends() == (REVOKED, REASON)
        await asyncio.sleep(3)
        assert ben.closed is None


@virtually
async def test_one_look_serves_all_sockets_and_nobody_looks_for_none():
    known = Known("a", "b")
    sockets = OpenSockets(known)
    async with opened(sockets, "a"), opened(sockets, "b"), opened(sockets, "b"):
        await asyncio.sleep(10.1)
        assert known.looks <= 22
    before = known.looks
    await asyncio.sleep(10)
    assert known.looks == before


@virtually
async def test_while_the_store_is_down_sockets_stay_open():
    known = Known("a")
    async with opened(OpenSockets(known), "a") as ana:
        known.down = True
        known.ids.clear()
        await asyncio.sleep(5)
        assert ana.closed is None
        known.down = False
        async with asyncio.timeout(1):
            await ana.ends()


@virtually
async def test_what_the_application_raises_is_raised():
    async def breaks(scope, receive, send):
        raise LookupError(scope["path"])

    socket = AsgiSocket()
    with pytest.raises(LookupError):
        await OpenSockets(Known("a")).serve("a", breaks, {"path": "/desk"}, socket.receive, socket.send)
