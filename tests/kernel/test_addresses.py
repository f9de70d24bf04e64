"""Which addresses are public, and that a connection goes to a checked one."""

from __future__ import annotations

import asyncio
from typing import Any

import httpcore
import pytest

from bandmate.kernel.addresses import ConfinedBackend, is_public


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::1",
        "2001:0:7f00:1::",
        "fc00::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "no address",
    ],
)
def test_special_addresses_are_not_public(address: str) -> None:
    """Private, loopback, link-local, shared, multicast, reserved and documentation addresses are refused."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_addresses_of_the_public_internet_are_public(address: str) -> None:
    """Ordinary addresses pass, also when IPv6 carries them."""
    assert is_public(address)


def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    """The name is resolved once; a second, different answer of its server is never asked for."""
    answers = iter([["93.184.215.14"], ["127.0.0.1"]])
    called: list[str] = []

    async def rebinding(host: str, port: int) -> list[str]:
        return next(answers)

    class Recorder(httpcore.AsyncMockBackend):
        async def connect_tcp(self, host: str, *args: Any, **rest: Any) -> httpcore.AsyncNetworkStream:
            called.append(host)
            return await super().connect_tcp(host, *args, **rest)

    backend = ConfinedBackend(rebinding, inner=Recorder([]))
    asyncio.run(backend.connect_tcp("boards.example", 443))
    assert called == ["93.184.215.14"]


def test_the_next_address_is_tried_when_the_first_does_not_answer() -> None:
    """A host with a dead address is still reached by another one."""
    called: list[str] = []

    async def two(host: str, port: int) -> list[str]:
        return ["2606:4700:4700::1111", "93.184.215.14"]

    class HalfDead(httpcore.AsyncMockBackend):
        async def connect_tcp(self, host: str, *args: Any, **rest: Any) -> httpcore.AsyncNetworkStream:
            called.append(host)
            if ":" in host:
                raise httpcore.ConnectError("no route")
            return await super().connect_tcp(host, *args, **rest)

    asyncio.run(ConfinedBackend(two, inner=HalfDead([])).connect_tcp("boards.example", 443))
    assert called == ["2606:4700:4700::1111", "93.184.215.14"]
