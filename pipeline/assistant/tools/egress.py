"""Where tools may reach: hosts that the line declares, at addresses that were looked at.

A line's file may be wrong and a system's answer hostile: neither leads to a private address. The name is resolved once,
every address it has is looked at, and the connection goes to the address that was looked at (a name that changes its
mind in between gains nothing). Redirects are not followed; answers are bounded in size and kind.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import httpx2

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host and port. Raises OSError."""

MAX_ANSWER_BYTES: Final = 1024 * 1024
"""A tool's answer is spoken on the phone; more than this is a mistake or an attack."""
_HOST: Final = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z"
)
_NUMBERISH: Final = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)\Z")
"""What C libraries take for an IPv4 address: 2130706433, 0177.0.0.1, 0x7f.1. Only the usual form is one here."""
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


class AddressRefused(httpx2.RequestError):
    """This address may not be reached from here; a retry does not help."""


class AnswerTooLarge(httpx2.RequestError):
    """More came than a tool's answer may hold."""


@dataclass(frozen=True, slots=True)
class Host:
    """A host that a line declares. In the file: "crm.example.com", "crm.example.com:8443", "[2001:db8::1]:443"."""

    name: str
    port: int | None = None
    """None: 443, or 80 for the plain HTTP that only loopback has."""

    @classmethod
    def read(cls, text: str) -> "Host":
        """Raises ValueError with what is wrong."""
        name, port = text.strip().lower(), None
        if name.startswith("["):
            name, _, rest = name[1:].partition("]")
            port = rest.removeprefix(":") or None
        elif name.count(":") == 1:
            name, _, port = name.partition(":")
        if port is not None and not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
            raise ValueError(f"{text!r} has no port number behind its colon")
        return cls(plain_host(name), int(port) if port else None)


def plain_host(name: str) -> str:
    """A host's name, or an address in its usual form. Raises ValueError for everything that is neither."""
    name = name.strip().lower().rstrip(".")
    try:
        return str(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        if _NUMBERISH.match(name) or not _HOST.match(name):
            raise ValueError(f"{name!r} is neither a host's name nor an IP address in its usual form") from None
    return name


def is_public(address: IPAddress) -> bool:
    """Whether an address belongs to the internet at large; what is wrapped in an IPv6 address is looked at too."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in _NAT64 or int(address) >> 32 == 0:  # ::a.b.c.d, once used for IPv4 as well
            inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if not all(is_public(one) for one in inner if one is not None):
            return False
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local
    )


async def resolve(host: str, port: int) -> Sequence[str]:
    """By the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class Egress:
    """What one line may reach."""

    hosts: frozenset[Host]
    loopback: bool = False
    """For development and tests: declared hosts may be this machine, without TLS."""
    resolve: Resolve = resolve

    @classmethod
    def of(cls, hosts: Iterable[str], *, loopback: bool = False) -> "Egress":
        """Raises ValueError for a host that is none."""
        return cls(frozenset(Host.read(host) for host in hosts), loopback)

    async def checked(self, url: httpx2.URL) -> list[str]:
        """The addresses to connect to. Raises AddressRefused, OSError."""
        try:
            name = plain_host(url.host)
        except ValueError as wrong:
            raise AddressRefused(str(wrong)) from None
        port = url.port or {"https": 443, "http": 80}.get(url.scheme, 0)
        if url.userinfo:
            raise AddressRefused("an address with a user name in it is not reached")
        if not any(host.name == name and (host.port or _usual(url.scheme)) == port for host in self.hosts):
            raise AddressRefused(f"{name}:{port} is not among the hosts that the line declares")
        addresses = [ipaddress.ip_address(found.partition("%")[0]) for found in await self.resolve(name, port)]
        if not addresses:
            raise AddressRefused(f"{name} has no address")
        for address in addresses:
            self._look_at(address, url.scheme, name)
        return [str(address) for address in addresses]

    def _look_at(self, address: IPAddress, scheme: str, name: str) -> None:
        if self.loopback and address.is_loopback and scheme in {"http", "https"}:
            return
        if scheme != "https":
            raise AddressRefused(f"{name} would be reached without TLS")
        if not is_public(address):
            raise AddressRefused(f"{name} leads to an address that is not public")


def _usual(scheme: str) -> int:
    return 443 if scheme == "https" else 80


class CheckedTransport(httpx2.AsyncBaseTransport):
    """Looks at every request's address before it goes out, and connects to what was looked at."""

    def __init__(self, egress: Egress, max_bytes: int = MAX_ANSWER_BYTES) -> None:
        """max_bytes: of one answer, or of one stream of them."""
        self._egress = egress
        self._max_bytes = max_bytes
        self._inner = httpx2.AsyncHTTPTransport(trust_env=False, retries=0)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """As httpx2 asks for. Raises AddressRefused, and what its own transport raises."""
        try:
            addresses = await self._egress.checked(request.url)
        except OSError as unknown:
            raise httpx2.ConnectError(f"the name is not known: {unknown.strerror}") from unknown
        response = await self._connected(request, addresses)
        response.stream = _Bounded(response.stream, self._max_bytes)
        return response

    async def aclose(self) -> None:
        """Close all connections."""
        await self._inner.aclose()

    async def _connected(self, request: httpx2.Request, addresses: Sequence[str]) -> httpx2.Response:
        last: httpx2.ConnectError | None = None
        for address in addresses[:2]:
            shown = f"[{address}]" if ":" in address else address
            there = httpx2.Request(
                request.method,
                request.url.copy_with(host=shown),
                headers=_headers(request),
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": request.url.host},
            )
            try:
                return await self._inner.handle_async_request(there)
            except httpx2.ConnectError as failed:  # nothing was sent: the next address may answer
                last = failed
        raise last or httpx2.ConnectError("there is no address")


def _headers(request: httpx2.Request) -> list[tuple[bytes, bytes]]:
    """The request's, for the host that it names; compression is not asked for: a few bytes of it may be gigabytes."""
    kept = [(name, value) for name, value in request.headers.raw if name.lower() not in {b"accept-encoding", b"host"}]
    return [(b"Host", request.url.netloc), (b"Accept-Encoding", b"identity"), *kept]


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: object, max_bytes: int) -> None:
        if not isinstance(stream, httpx2.AsyncByteStream):
            raise TypeError("an asynchronous transport gave a stream that is not")
        self._stream = stream
        self._left = max_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            self._left -= len(chunk)
            if self._left < 0:
                raise AnswerTooLarge("the answer is larger than a tool's may be")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()
