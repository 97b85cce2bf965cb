"""A family of addresses that is never told of holds up nobody who has an address already."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import dns.message
import dns.rcode
import dns.rdatatype
import pytest

from downwind.model import Step
from downwind.observe import run_journey
from downwind.observe.dialer import Dialer
from downwind.observe.probes import HttpProbe, Prober
from downwind.observe.resolve import Resolver
from downwind.terms import Seen, Unanswered

from .tinynet import RESOLVER, TinyInternet, page, usual

IP, IP6 = "198.18.2.80", "2001:db8:2::80"
Spoils = Callable[[dns.message.Message], Iterable[dns.message.Message]]


def _silent(_: dns.message.Message) -> Iterable[dns.message.Message]:
    return ()


def _says(rcode: dns.rcode.Rcode) -> Spoils:
    def spoils(reply: dns.message.Message) -> Iterable[dns.message.Message]:
        reply.answer.clear()
        reply.set_rcode(rcode)
        return (reply,)

    return spoils


async def _resolver(net: TinyInternet, spoilt: str, spoils: Spoils) -> None:
    """A resolver that does not do well on one type."""

    def answering(wire: bytes) -> Iterable[bytes]:
        query = dns.message.from_wire(wire)
        reply = net.recursion.answer(query)
        wrong = query.question[0].rdtype == dns.rdatatype.from_text(spoilt)
        return [each.to_wire() for each in (spoils(reply) if wrong else (reply,))]

    await usual(net, f"both A {IP}", f"both AAAA {IP6}", f"six AAAA {IP6}")
    await net.name_server(RESOLVER, answering)
    await net.web(IP, page("hello"))
    await net.web(IP6, page("hello"))


@pytest.mark.parametrize(
    "spoils",
    [
        _silent,
        _says(dns.rcode.SERVFAIL),
        _says(dns.rcode.NXDOMAIN),  # of old load balancers (RFC 4074, 4.2)
        _says(dns.rcode.NOTIMP),
        _says(dns.rcode.REFUSED),
    ],
)
@pytest.mark.parametrize(("spoilt", "host"), [("AAAA", "x.test"), ("A", "both.x.test")])
async def test_a_name_of_which_one_family_is_told_is_probed_there_in_time(
    tmp_path: Path, spoils: Spoils, spoilt: str, host: str
) -> None:
    async with TinyInternet(tmp_path, speed=20.0) as net:
        await _resolver(net, spoilt, spoils)
        network, url = net.network(), f"http://{host}/"
        prober = Prober(network)
        began = time.monotonic()
        record = await prober.probe("x", HttpProbe(url), timeout=10.0)
        walk = await run_journey("x/use", [Step(url=url)], network)
        took = time.monotonic() - began
        await prober.close()
    for each in (record, walk):
        assert isinstance(each.finding, Seen)
        assert each.finding.value["ok"] is True, each.finding.value["steps"][0]["reason"]
    assert took < 2.5


async def test_both_families_are_told_where_the_second_comes_soon(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await _resolver(net, "MX", _silent)
        network = net.network()
        resolver = Resolver(network, Dialer(network))
        both = await resolver.addresses_soon("both.x.test")
        six = await resolver.addresses_soon("six.x.test")
        await resolver.close()
    assert [each.addresses for each in both] == [(IP,), (IP6,)]
    assert [each.addresses for each in six] == [(), (IP6,)]


async def test_what_did_not_come_soon_is_unanswered_and_not_absent(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await _resolver(net, "AAAA", _silent)
        network = net.network()
        resolver = Resolver(network, Dialer(network))
        _, aaaa = await resolver.addresses_soon("both.x.test")
        await resolver.close()
    assert isinstance(aaaa.finding, Unanswered)
    assert "within 2 s of the other family's" in aaaa.finding.reason
