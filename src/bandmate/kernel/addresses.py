"""Which network addresses may be called, and a transport that connects to nothing else."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Collection, Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

import httpcore
import httpx

from bandmate.kernel.errors import OutboundRefused

Resolver = Callable[[str, int], Awaitable[list[str]]]
"""From a host's name and port to its numeric addresses, best first."""

Origin = tuple[str, int]
"""A host and port that the operator named in the settings: it may be private, for it was chosen and not found."""

_NAT64 = IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")
_LOW_32_BITS = 0xFFFF_FFFF


async def resolve(host: str, port: int) -> list[str]:
    """Ask the system's resolver, which also understands ``127.1`` and ``0x7f000001``.

    Raises:
        httpcore.ConnectError: when the name is not known.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"the name {host!r} is not known ({error})") from error
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def is_public(address: str) -> bool:
    """Tell whether a numeric address belongs to the public internet (IANA special-purpose registries).

    IPv6 forms that carry an IPv4 address (mapped, 6to4, Teredo, NAT64) are as public as the address inside.
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    return all(_is_global(one) for one in (ip, *_carried(ip)))


def _is_global(ip: IPv4Address | IPv6Address) -> bool:
    if isinstance(ip, IPv6Address) and (ip.ipv4_mapped is not None or ip in _NAT64):
        return True  # only a wrapping; the address inside decides
    if isinstance(ip, IPv6Address) and (ip.is_site_local or ip.scope_id or ip in _NAT64_LOCAL):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


def _carried(ip: IPv4Address | IPv6Address) -> list[IPv4Address]:
    if isinstance(ip, IPv4Address):
        return []
    inside = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
    if ip in _NAT64:
        inside.append(IPv4Address(int(ip) & _LOW_32_BITS))
    return [one for one in inside if one is not None]


class ConfinedBackend(httpcore.AsyncNetworkBackend):
    """Opens connections only to addresses that were resolved and checked here, so that none can be swapped in."""

    def __init__(
        self,
        resolver: Resolver = resolve,
        *,
        allow_private: bool = False,
        chosen: Collection[Origin] = (),
        inner: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._resolver = resolver
        self._allow_private = allow_private
        self._chosen = frozenset(chosen)
        self._inner = inner or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve, check every address, connect to the first that answers.

        Raises:
            OutboundRefused: when any address of the host is not public: a name that mixes them is an attack.
            httpcore.ConnectError: when none answers.
        """
        addresses = await self._resolver(host, port)
        private = [address for address in addresses if not is_public(address)]
        if private and not self._allow_private and (host, port) not in self._chosen:
            raise OutboundRefused(
                f"{host} is not called: {private[0]} is a private, local or reserved address."
                " Set BANDMATE_OUTBOUND_ALLOW_PRIVATE=1 if calls inside your own network are meant."
            )
        failure: Exception = httpcore.ConnectError(f"the name {host!r} has no address")
        for address in addresses:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        """Wait, as httpcore asks between its own tries."""
        await self._inner.sleep(seconds)


class ConfinedTransport(httpx.AsyncHTTPTransport):
    """httpx's transport over the confined backend; host names stay in TLS and in the ``Host`` header."""

    def __init__(
        self,
        resolver: Resolver = resolve,
        *,
        allow_private: bool = False,
        chosen: Collection[Origin] = (),
        connections: int = 20,
    ) -> None:
        # SSL_CERT_FILE and SSL_CERT_DIR are honoured: an organisation's own authority must be usable.
        context = httpx.create_ssl_context(trust_env=True)
        super().__init__(verify=context, trust_env=False)
        # httpx has no public way to pass a network backend on to httpcore; tests hold this line against upgrades.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=connections,
            keepalive_expiry=15,
            network_backend=ConfinedBackend(resolver, allow_private=allow_private, chosen=chosen),
        )
