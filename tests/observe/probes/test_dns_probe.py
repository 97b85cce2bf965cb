"""DNS probes, and the addresses that probes go to, on real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from downwind.observe.probes import DnsProbe, HttpProbe, Probe, Prober
from downwind.observe.probes.directory import sorted_out
from downwind.terms import Unanswered

from ..tinydns import zone
from ..tinynet import TinyInternet, page, plain_answering, usual
from .test_http_probe import step
from .test_tls_probe import told

IP = "198.18.2.80"


async def test_a_resolver_is_asked_for_a_name(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        found = await told(net, DnsProbe("x.test"))
        alias = await told(net, DnsProbe("www.x.test"))
        expected = await told(net, DnsProbe("x.test", expects=(IP, "198.18.9.9")))
        other = await told(net, DnsProbe("x.test", expects=("198.18.9.9",)))
        none = await told(net, DnsProbe("x.test", "AAAA"))
        nobody = await told(net, DnsProbe("nobody.x.test"))
    assert (found["ok"], found["records"], found["passed"]) == (True, [IP], ["dns"])
    assert (found["host"], found["address"]) == ("x.test", "198.18.0.53")
    assert found["url"] == "dns:x.test?type=A"
    assert (alias["ok"], alias["records"]) == (True, [IP])
    assert expected["ok"] is True
    assert (other["layer"], other["reason"]) == ("expect", "none of the records is 198.18.9.9")
    assert (none["layer"], none["reason"]) == ("dns", "x.test AAAA: NODATA")
    assert (nobody["layer"], nobody["reason"]) == ("dns", "nobody.x.test A: NXDOMAIN")
    assert nobody["dns"]["rcode"] == "NXDOMAIN"


async def test_a_host_that_has_ipv6_alone_resolves(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net, "six AAAA 2001:db8:2::80", "text TXT hush")
        await net.resolver()
        six = await told(net, DnsProbe("six.x.test"))
        expected = await told(net, DnsProbe("six.x.test", expects=(IP,)))
        neither = await told(net, DnsProbe("text.x.test"))
    assert (six["ok"], six["records"]) == (True, ["2001:db8:2::80"])
    assert (expected["ok"], expected["layer"]) == (False, "dns")
    assert neither["reason"] == "text.x.test A: NODATA"


async def test_each_authoritative_server_is_asked_directly(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        good = await told(net, DnsProbe("x.test", "SOA", server="ns1.dnsco.test"))
        by_address = await told(net, DnsProbe("x.test", server="198.18.1.2"))
        lame = await told(net, DnsProbe("half.test", server="ns.cdn.test"))
    assert (good["ok"], good["address"], good["server"]) == (True, "198.18.1.1", "ns1.dnsco.test")
    assert good["host"] == "", "it tells of the server, not of how the name resolves"
    assert good["url"] == "dns://ns1.dnsco.test/x.test?type=SOA"
    assert by_address["records"] == [IP]
    assert (lame["ok"], lame["layer"]) == (False, "dns")


async def test_a_silent_name_server_ends_within_the_time(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await net.name_server("198.18.5.1", lambda _: [])
        found = await told(net, DnsProbe("x.test", server="198.18.5.1"), timeout=6.0)
    assert (found["ok"], found["layer"]) == (False, "dns")
    assert "no answer within" in found["reason"]
    assert found["milliseconds"] < 2_000


async def test_a_name_server_that_answers_with_an_empty_no_is_lame(tmp_path: Path) -> None:
    def empty(query: dns.message.Message) -> dns.message.Message:
        return dns.message.make_response(query)

    async with TinyInternet(tmp_path) as net:
        await net.name_server("198.18.5.1", plain_answering(empty))
        found = await told(net, DnsProbe("x.test", server="198.18.5.1"))
    assert found["reason"] == "x.test A: lame: it does not answer for this name"


async def test_answers_are_kept_for_their_ttl_and_asked_once(tmp_path: Path) -> None:
    asked: list[bytes] = []
    async with TinyInternet(tmp_path, speed=10.0) as net:
        await usual(net)
        counted = plain_answering(net.recursion.answer)

        def answering(wire: bytes) -> Any:
            asked.append(wire)
            return counted(wire)

        await net.authority("198.18.1.1", zone("x.test", "@ NS ns1.dnsco.test", f"@ A {IP}", ttl=3))
        await net.name_server("198.18.0.53", answering)
        await net.web(IP, page("hi"))
        prober = Prober(net.network())
        probe = HttpProbe("http://x.test/")
        await asyncio.gather(*(prober.probe("x", probe) for _ in range(20)))
        await prober.probe("x", probe)
        first = len(asked)
        await asyncio.sleep(0.35)
        await prober.probe("x", probe)
        again = len(asked)
        await prober.close()
    assert first == 2, "A and AAAA, once for twenty probes at a time"
    assert again == 4


@pytest.mark.parametrize(
    ("lost", "there", "left_out"),
    [
        ([], ["8.8.8.8", "2600::1", "8.8.4.4"], []),
        (["2600::1"], ["8.8.8.8", "8.8.4.4"], ["2600::1"]),
        (["8.8.8.8", "8.8.4.4"], ["2600::1"], ["8.8.8.8", "8.8.4.4"]),
        (["8.8.8.8", "2600::1", "8.8.4.4"], ["8.8.8.8", "2600::1", "8.8.4.4"], []),
    ],
)
def test_a_family_without_a_route_is_left_out(
    lost: list[str], there: list[str], left_out: list[str]
) -> None:
    found = ["8.8.8.8", "2600::1", "8.8.4.4"]
    kept = sorted_out(found, lambda ip: ip not in lost)
    assert kept == (tuple(there), tuple(left_out))


async def test_a_failure_is_kept_for_seconds_only(tmp_path: Path) -> None:
    asked: list[bytes] = []

    def nothing(query: dns.message.Message) -> dns.message.Message:
        asked.append(query.to_wire())
        reply = dns.message.make_response(query)
        reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply

    async with TinyInternet(tmp_path) as net:
        await net.name_server("198.18.0.53", plain_answering(nothing))
        prober = Prober(net.network())
        probe = HttpProbe("http://x.test/")
        for _ in range(5):
            assert step(await prober.probe("x", probe))["layer"] == "dns"
        at_first = len(asked)
        await asyncio.sleep(0.6)  # six seconds of this clock
        await prober.probe("x", probe)
        await prober.close()
    assert at_first in (2, 4), "A and AAAA, again where the machine took five seconds for it"
    assert len(asked) == at_first + 2


async def test_only_a_resolver_is_asked_to_go_on_asking(tmp_path: Path) -> None:
    wanted: list[bool] = []

    def answer(query: dns.message.Message) -> dns.message.Message:
        wanted.append(bool(query.flags & dns.flags.RD))
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.AA
        reply.answer.append(dns.rrset.from_text("x.test.", 60, "IN", "A", IP))
        return reply

    async with TinyInternet(tmp_path) as net:
        await net.name_server("198.18.0.53", plain_answering(answer))
        await net.name_server("198.18.5.1", plain_answering(answer))
        assert (await told(net, DnsProbe("x.test")))["ok"] is True
        assert (await told(net, DnsProbe("x.test", server="198.18.5.1")))["ok"] is True
    assert wanted == [True, False]


@pytest.mark.parametrize("probe", [DnsProbe("x.test"), HttpProbe("http://x.test/")])
async def test_a_machine_that_cannot_ask_blames_no_name(
    tmp_path: Path, no_files_left: Callable[[], None], monkeypatch: pytest.MonkeyPatch, probe: Probe
) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        prober = Prober(net.network())
        no_files_left()
        evidence = await prober.probe("x/front", probe)
        monkeypatch.undo()
        await prober.close()
    assert isinstance(evidence.finding, Unanswered)
    assert evidence.finding.reason == "too many open files"
