"""The dialer is the one way out, and refuses what does not belong to the network."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import ssl
from asyncio import sslproto
from pathlib import Path
from typing import Any

import pytest

from downwind.observe import Dialer, DialFailed, DialMap, DialRefused, Endpoint, Network, TlsFailed
from downwind.observe.dialer import dial_failure
from downwind.observe.failures import NoSocket
from downwind.observe.network import Prefix
from downwind.terms import UsageError

from .tinynet import TinyInternet, page


def _real(*allowed: str) -> Network:
    prefixes: tuple[Prefix, ...] = tuple(ipaddress.ip_network(each) for each in allowed)
    return Network((), None, None, allowed_private=prefixes)


@pytest.mark.parametrize(
    "ip",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "224.0.0.1",
        "198.18.0.1",
        "::1",
        "fe80::1",
        "fd00::1",
        "::ffff:127.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::10.0.0.1",
    ],
)
def test_without_a_map_private_addresses_are_refused(ip: str) -> None:
    with pytest.raises(DialRefused, match="private or special"):
        Dialer(_real()).route(ip, "tcp", 443)


def test_without_a_map_public_addresses_lead_where_they_lead() -> None:
    assert Dialer(_real()).route("1.1.1.1", "tcp", 443) == Endpoint("1.1.1.1", 443)


def test_a_private_prefix_can_be_allowed() -> None:
    dialer = Dialer(_real("10.0.0.0/8"))
    assert dialer.route("10.1.2.3", "tcp", 443) == Endpoint("10.1.2.3", 443)
    with pytest.raises(DialRefused):
        dialer.route("192.168.0.1", "tcp", 443)


def test_the_machines_own_resolver_may_be_private_but_only_as_a_resolver() -> None:
    network = Network((Endpoint("192.168.0.1", 53),), None, None)
    assert Dialer(network).route("192.168.0.1", "udp", 53) == Endpoint("192.168.0.1", 53)
    with pytest.raises(DialRefused):
        Dialer(network).route("192.168.0.1", "tcp", 80)


@pytest.mark.parametrize("ip", ["127.0.0.1", "1.1.1.1", "198.18.9.9", "::1"])
def test_with_a_map_whatever_it_does_not_hold_is_refused(ip: str) -> None:
    dial = DialMap.from_handout({"198.18.0.1": {"tcp/443": ["127.0.0.1", 40000]}})
    network = Network((), dial, None, allowed_private=(ipaddress.ip_network("0.0.0.0/0"),))
    with pytest.raises(DialRefused, match="not on the dial map"):
        Dialer(network).route(ip, "tcp", 443)
    with pytest.raises(DialRefused, match="udp/443"):
        Dialer(network).route("198.18.0.1", "udp", 443)


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(DialRefused, match="not an address"):
        Dialer(_real()).route("0x7f.1", "tcp", 443)


async def test_a_closed_port_is_a_refused_connection(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        net.dial["198.18.0.9"] = {"tcp/443": ["127.0.0.1", 1], "udp/53": ["127.0.0.1", 1]}
        dialer = Dialer(net.network())
        with pytest.raises(DialFailed, match="connection refused"):
            await dialer.open_tcp("198.18.0.9", 443, 5)
        with pytest.raises(DialFailed, match="connection refused"):
            await dialer.udp_exchange("198.18.0.9", 53, b"?", 5)


async def test_a_handshake_that_never_ends_has_an_end(tmp_path: Path) -> None:
    async def mute(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with TinyInternet(tmp_path) as net:
        await net.stream("198.18.0.9", 443, mute)
        network = net.network()
        with pytest.raises(TlsFailed, match="no TLS handshake within"):
            await Dialer(network).open_tls("198.18.0.9", 443, "x.test", network.verifying, 1)


@pytest.mark.parametrize("name", ["", ".", "a..b", "ä" * 70])
async def test_a_name_that_tls_cannot_send_is_a_failed_handshake(tmp_path: Path, name: str) -> None:
    async with TinyInternet(tmp_path) as net:
        await net.web("198.18.0.9", page("hello"), tls=net.certificate("x.test"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        with pytest.raises(TlsFailed):
            await Dialer(net.network()).open_tls("198.18.0.9", 443, name, context, 5)


async def test_trust_is_loaded_once_for_a_network(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        network = net.network()
        assert network.verifying is network.verifying


@pytest.mark.parametrize("missing", ["vantage", "resolvers", "dial", "trust", "allowed", "clock"])
def test_a_handout_with_a_part_missing_says_which(missing: str) -> None:
    handout = {
        "vantage": "v",
        "resolvers": ["198.18.0.53"],
        "dial": {},
        "trust": "",
        "allowed": [],
        "clock": {"scenario": 1.0, "monotonic": 1.0, "speed": 1.0},
    }
    del handout[missing]
    with pytest.raises(UsageError, match=missing):
        Network.from_handout(handout)


def test_time_outs_are_scenario_time_with_a_floor() -> None:
    handout = {
        "vantage": "v",
        "resolvers": [],
        "dial": {},
        "trust": "",
        "allowed": [],
        "clock": {"scenario": 1000.0, "monotonic": 0.0, "speed": 500.0},
    }
    clock = Network.from_handout(handout).clock
    assert clock.wall(5) == 0.01
    assert clock.timeout(5) == 0.5
    assert clock.timeout(5000) == 10


def test_the_resolvers_of_this_machine_are_read(tmp_path: Path) -> None:
    file = tmp_path / "resolv.conf"
    file.write_text("# c\nsearch x.test\nnameserver 192.0.2.1\nnameserver fe80::1%eth0\n")
    network = Network.real(resolv_conf=file, contact="ops@x.test")
    assert network.resolvers == (Endpoint("192.0.2.1", 53), Endpoint("fe80::1%eth0", 53))
    assert network.agent.endswith("(contact=ops@x.test)")
    assert network.clock.now() > 1.7e9


async def test_a_time_out_at_the_end_of_a_handshake_leaves_no_connection_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete = sslproto.SSLProtocol._on_handshake_complete
    dialing: list[asyncio.Task[Any]] = []

    def just_then(protocol: Any, error: BaseException | None) -> None:
        complete(protocol, error)
        if not protocol._server_side:
            dialing[-1].cancel()

    monkeypatch.setattr(sslproto.SSLProtocol, "_on_handshake_complete", just_then)
    async with TinyInternet(tmp_path) as net:
        await net.web("198.18.0.9", page("hello"), tls=net.certificate("x.test"))
        await net.web("198.18.0.9", page("hello"))
        dialer, context = Dialer(net.network()), net.network().recording
        opening = dialer.open_tls("198.18.0.9", 443, "x.test", context, 50)
        dialing.append(asyncio.ensure_future(opening))
        with pytest.raises(asyncio.CancelledError):
            await dialing[-1]
        # The kernel hands out first the descriptor that was freed last.
        _, writer = await dialer.open_tcp("198.18.0.9", 80, 50)
        writer.transport.abort()


NO_WAY = Endpoint("255.255.255.255", 80)
"""The kernel refuses a datagram to all without being told so: as if there were no route."""


@pytest.mark.parametrize(
    ("number", "to", "ours"),
    [
        (errno.EMFILE, Endpoint("127.0.0.1", 80), True),
        (errno.EADDRNOTAVAIL, Endpoint("127.0.0.1", 80), True),
        (errno.ENETDOWN, Endpoint("127.0.0.1", 80), True),
        (errno.EPERM, Endpoint("127.0.0.1", 80), True),
        (errno.ENETUNREACH, NO_WAY, True),
        (errno.ENETUNREACH, Endpoint("127.0.0.1", 80), False),
        (errno.EHOSTUNREACH, NO_WAY, False),
        (errno.ECONNREFUSED, NO_WAY, False),
    ],
)
def test_an_error_says_whose_it_is(number: int, to: Endpoint, ours: bool) -> None:
    failed = dial_failure(OSError(number, os.strerror(number)), "192.0.2.1", to)
    assert isinstance(failed, NoSocket) is ours
    assert failed.where == "192.0.2.1"
