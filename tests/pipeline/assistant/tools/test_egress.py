import asyncio
import ipaddress

import httpx2
import pytest
from aiohttp import web

from pipeline.assistant.tools.egress import AddressRefused, AnswerTooLarge, CheckedTransport, Egress, Host, is_public

pytestmark = pytest.mark.adapter


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",  # noqa: S104 refused
        "169.254.169.254",
        "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "240.0.0.1",
        "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
        "2001:db8::1",
        "2002:a9fe:a9fe::", "2001:0:4136:e378:8000:63bf:80ff:fffe",
    ],
)  # fmt: skip
def test_what_is_not_the_internet_is_not_public(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_what_is_the_internet_is(address):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "name",
    [
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "0x7f.0.0.1",
        "1.2.3",
        "a b",
        "",
        "-x.com",
        "host_.",
        "ex ample",
    ],
)
def test_numbers_in_other_forms_are_no_hosts(name):
    with pytest.raises(ValueError, match="neither a host"):
        Host.read(name)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("CRM.Example.com", Host("crm.example.com")),
        ("crm.example.com:8443", Host("crm.example.com", 8443)),
        ("[2606:2800:220:1:248:1893:25c8:1946]:444", Host("2606:2800:220:1:248:1893:25c8:1946", 444)),
        ("127.0.0.1:9", Host("127.0.0.1", 9)),
    ],
)
def test_hosts_are_read_as_they_are_written(text, host):
    assert Host.read(text) == host


def looks(url, *addresses, hosts=("crm.example.com",), loopback=False):
    """What an egress whose resolver gives these addresses says of an URL."""

    async def resolved(host, port):
        del host, port
        return addresses

    egress = Egress(frozenset(map(Host.read, hosts)), loopback, resolved)
    return asyncio.run(egress.checked(httpx2.URL(url)))


def test_a_declared_host_is_reached_at_the_addresses_that_were_looked_at():
    assert looks("https://crm.example.com/x", "8.8.8.8", "8.8.4.4") == ["8.8.8.8", "8.8.4.4"]


@pytest.mark.parametrize(
    ("url", "addresses"),
    [
        ("https://evil.example.com/", ["8.8.8.8"]),
        ("https://crm.example.com:8443/", ["8.8.8.8"]),
        ("http://crm.example.com/", ["8.8.8.8"]),
        ("https://someone@crm.example.com/", ["8.8.8.8"]),
        ("https://crm.example.com/", ["10.0.0.1"]),
        ("https://crm.example.com/", ["8.8.8.8", "127.0.0.1"]),
        ("https://crm.example.com/", ["::ffff:169.254.169.254"]),
        ("https://crm.example.com/", []),
        ("ftp://crm.example.com/", ["8.8.8.8"]),
    ],
)
def test_everything_else_is_refused(url, addresses):
    with pytest.raises(AddressRefused):
        looks(url, *addresses)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_this_machine_is_reached_only_where_that_is_allowed(host):
    address = {"[::1]": "::1"}.get(host, "127.0.0.1")
    with pytest.raises(AddressRefused):
        looks(f"http://{host}:81/", address, hosts=[f"{host}:81"])
    assert looks(f"http://{host}:81/", address, hosts=[f"{host}:81"], loopback=True) == [address]
    with pytest.raises(AddressRefused):
        looks(f"http://{host}:81/", "10.0.0.1", hosts=[f"{host}:81"], loopback=True)


class Peer:
    """A server on this machine that remembers what it was asked."""

    def __init__(self):
        self.hosts = []
        self.answer = web.json_response({"ok": True})

    async def serve(self, request):
        self.hosts.append(request.headers["Host"])
        return self.answer


def ask(peer, use, **more):
    async def scenario():
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", peer.serve)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        try:
            return await use(port, **more)
        finally:
            await runner.cleanup()

    return asyncio.run(scenario())


def test_a_name_that_changes_its_mind_is_asked_once_and_connected_to_what_was_looked_at():
    """DNS rebinding: the second answer would be another machine; the connection goes to the first."""
    peer, answers = Peer(), [["127.0.0.1"], ["10.0.0.1"]]

    async def use(port):
        async def rebinding(host, asked_port):
            assert (host, asked_port) == ("shop.test", port)
            return answers.pop(0)

        egress = Egress(frozenset({Host("shop.test", port)}), loopback=True, resolve=rebinding)
        async with httpx2.AsyncClient(transport=CheckedTransport(egress), trust_env=False) as client:
            first = await client.get(f"http://shop.test:{port}/")
            with pytest.raises(AddressRefused):
                await client.get(f"http://shop.test:{port}/")
        return first.json(), port

    told, port = ask(peer, use)
    assert told == {"ok": True}
    assert peer.hosts == [f"shop.test:{port}"]
    assert answers == []


def test_an_answer_without_end_is_cut_off():
    peer = Peer()
    peer.answer = web.Response(body=b"x" * 5000)

    async def use(port):
        egress = Egress.of([f"127.0.0.1:{port}"], loopback=True)
        async with httpx2.AsyncClient(transport=CheckedTransport(egress, 4000), trust_env=False) as client:
            with pytest.raises(AnswerTooLarge):
                await client.get(f"http://127.0.0.1:{port}/")

    ask(peer, use)


def test_a_name_that_nobody_knows_is_a_failed_connection():
    async def scenario():
        async def nobody(host, port):
            raise OSError(2, f"{host}:{port} is not known")

        egress = Egress(frozenset({Host("shop.test")}), resolve=nobody)
        async with httpx2.AsyncClient(transport=CheckedTransport(egress), trust_env=False) as client:
            with pytest.raises(httpx2.ConnectError):
                await client.get("https://shop.test/")

    asyncio.run(scenario())
