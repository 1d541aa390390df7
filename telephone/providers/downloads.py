"""Downloading pictures from addresses that others name: no credentials, no private addresses, a limited size."""

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from telephone.errors import BadOutput, RateLimited, Unavailable
from telephone.media.images import BYTES_MAX
from telephone.providers.failures import retry_after

SECONDS: Final = 60.0
"""Longest download, in seconds, redirects included."""
REDIRECTS: Final = 3
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_CHUNK: Final = 1 << 16
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_NEVER_PUBLIC: Final = tuple(map(ipaddress.ip_network, ("64:ff9b:1::/48", "::/96", "fec0::/10")))
"""NAT64 of a network's own, IPv4-compatible and site-local: each leads inside, and some Pythons call it global."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Origin = tuple[str, str, int]
"""Scheme, host and port."""


class Downloads:
    """Opens addresses of `hosts`: a name, or `*.name` for all below it.

    They are reached by https only, and only at public addresses: each name is resolved once, checked, and the
    connection goes to the checked address; every redirect is checked again. A loopback host has to be listed by name.
    """

    def __init__(
        self,
        hosts: Iterable[str] = (),
        *,
        resolver: AbstractResolver | None = None,
        connector: Callable[[AbstractResolver], aiohttp.BaseConnector] | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._hosts = frozenset(host.lower() for host in hosts)
        self._ours: set[str] = set()
        self._resolver = resolver
        self._connector = connector or _connector
        self._seconds = seconds
        self._session: aiohttp.ClientSession | None = None

    async def get(self, url: str, server: str = "") -> bytes:
        """The bytes at `url`, at most 25 MB. Raises BadOutput, RateLimited or Unavailable.

        `server` is the operator's own, such as `http://127.0.0.1:8080`: its files are downloaded wherever it is.
        """
        try:
            async with asyncio.timeout(self._seconds):
                return await self._follow(URL(url), origin_of(server))
        except (TimeoutError, aiohttp.ClientError, OSError):
            raise Unavailable("A picture could not be fetched just now; please try again in a minute.") from None
        except ValueError:
            raise _not_opened() from None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _follow(self, url: URL, ours: Origin | None) -> bytes:
        for _ in range(REDIRECTS + 1):
            self._check(url, ours)
            async with self._opened().get(url, allow_redirects=False) as answer:
                if answer.status not in _MOVED:
                    return await _body(answer)
                url = url.join(URL(answer.headers.get("Location", "")))
        raise BadOutput("A picture's address led from one place to the next; please start the game again.")

    def _check(self, url: URL, ours: Origin | None) -> None:
        """Raises BadOutput for an address that is not allowed, before its name is resolved."""
        host = (url.raw_host or "").lower()
        if not host or url.raw_user is not None or url.scheme not in ("http", "https"):
            raise _not_opened()
        if (url.scheme, host, url.port) == ours:
            self._ours.add(host)
            return
        literal = _literal(host)
        loopback = host == "localhost" or (literal is not None and literal.is_loopback)
        reachable = loopback or (url.scheme == "https" and (literal is None or is_public(literal)))
        if not self._lists(host) or not reachable:
            raise _not_opened(host if reachable else "")

    def _lists(self, host: str) -> bool:
        names = host.split(".")
        return host in self._hosts or any("*." + ".".join(names[n:]) in self._hosts for n in range(1, len(names)))

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            checked = _Checked(self._resolver or aiohttp.ThreadedResolver(), self._ours)
            self._session = aiohttp.ClientSession(
                connector=self._connector(checked),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"Accept": "image/*", "Accept-Encoding": "identity", "User-Agent": "ai-telephone"},
                auto_decompress=False,
                trust_env=False,
            )
        return self._session


class _Checked(AbstractResolver):
    """Resolves names and refuses addresses that are not public; connections go to the addresses returned here."""

    def __init__(self, inner: AbstractResolver, ours: AbstractSet[str]) -> None:
        self._inner = inner
        self._ours = ours

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        addresses = [ipaddress.ip_address(result["host"].partition("%")[0]) for result in found]
        if host.lower() in self._ours:
            return found
        if host.lower() == "localhost":
            allowed = all(address.is_loopback for address in addresses)
        else:
            allowed = all(map(is_public, addresses))
        if not allowed:
            raise _not_opened()
        return found

    async def close(self) -> None:
        await self._inner.close()


def is_public(address: Address) -> bool:
    """Whether an address is public; for an IPv4 address inside an IPv6 one, whether the IPv4 address is."""
    if isinstance(address, ipaddress.IPv6Address):
        if any(address in network for network in _NEVER_PUBLIC):
            return False
        inside = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in _NAT64:
            inside = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inside is not None:
            return is_public(inside)
    return address.is_global and not address.is_multicast


def origin_of(address: str) -> Origin | None:
    """Scheme, host and port of an address; None where it has none."""
    try:
        url = URL(address)
    except ValueError:
        return None
    if url.port is None or not url.raw_host:
        return None
    return url.scheme, url.raw_host.lower(), url.port


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _connector(resolver: AbstractResolver) -> aiohttp.BaseConnector:
    return aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, limit=32)


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    if answer.status == 429:
        asked = retry_after({key.lower(): value for key, value in answer.headers.items()})
        raise RateLimited("Pictures are fetched too often just now; please try again in a minute.", asked)
    if answer.status >= 500:
        raise Unavailable("A picture could not be fetched just now; please try again in a minute.")
    if answer.status != 200 or answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise BadOutput("The picture is not where the model said it was; please start the game again.")
    if (answer.content_length or 0) > BYTES_MAX:
        raise _too_large()
    pieces, size = [], 0
    async for piece in answer.content.iter_chunked(_CHUNK):
        size += len(piece)
        if size > BYTES_MAX:
            raise _too_large()
        pieces.append(piece)
    return b"".join(pieces)


def _too_large() -> BadOutput:
    return BadOutput("A picture of more than 25 MB came back; please try again.")


def _not_opened(host: str = "") -> BadOutput:
    """`host` is one that an operator could allow."""
    if not host:
        return BadOutput("The picture lies at an address that is not opened here; please tell the operator.")
    return BadOutput(
        f"The picture lies at {host[:100]}, which is not opened here; the operator can allow it with "
        f"TELEPHONE_DOWNLOAD_HOSTS={host[:100]}."
    )
