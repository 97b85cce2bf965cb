"""Certificates are recorded whatever they are, with what is wrong with them."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from downwind.observe import Dialer, Network
from downwind.observe.certificate import covers, read_certificate
from downwind.observe.tls import record_certificate
from downwind.terms import Finding, Seen, Unanswered

from .look import look
from .tinynet import TinyInternet, page, usual

IP = "198.18.2.80"


async def _record(net: TinyInternet, host: str = "x.test", **changes: Any) -> Finding:
    network: Network = net.network(**changes)
    return await record_certificate(network, Dialer(network), host, IP)


def _seen(finding: Finding) -> dict[str, Any]:
    assert isinstance(finding, Seen), finding
    return dict(finding.value)


async def test_a_good_certificate_is_read_in_full(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        context = net.certificate("x.test", "*.x.test", revocation="ca.test")
        hellos: list[str] = []
        context.sni_callback = lambda _, name, __: hellos.append(name)
        await net.web(IP, page(""), tls=context)
        value = _seen(await _record(net))
    assert hellos == ["x.test"]
    assert value["verified"] is True
    assert value["problems"] == []
    assert value["issuer_organization"] == "Tiny Trust"
    assert value["issuer_name"] == "Tiny CA 1"
    assert value["names"] == ["x.test", "*.x.test"]
    assert value["chain"] == ["x.test", "Tiny CA 1"]
    assert value["ocsp"] == ["http://ocsp.ca.test/"]
    assert value["crl"] == ["http://crl.ca.test/1.crl"]
    assert value["protocol"] == "TLSv1.3"
    assert value["not_after"] - value["not_before"] == 70 * 86_400
    assert value["address"] == IP


async def test_whether_an_answer_is_stapled_is_unknown_with_the_reason(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await net.web(IP, page(""), tls=net.certificate("x.test"))
        value = _seen(await _record(net))
    assert value["stapled"] is None
    assert "ssl module" in value["stapled_reason"]


async def test_a_certificate_that_asks_for_a_stapled_answer_says_so(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await net.web(IP, page(""), tls=net.certificate("x.test", must_staple=True))
        asking = _seen(await _record(net))
        await net.web(IP, page(""), tls=net.certificate("x.test"))
        silent = _seen(await _record(net))
    assert (asking["must_staple"], silent["must_staple"]) == (True, False)


async def test_an_expired_certificate_says_since_when(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await net.web(IP, page(""), tls=net.certificate("x.test", ends=-3))
        value = _seen(await _record(net))
    assert value["problems"] == ["expired 3 d ago"]
    assert value["verified"] is False


async def test_expiry_is_judged_by_the_clock_of_the_network(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await net.web(IP, page(""), tls=net.certificate("x.test", ends=60))
        later = {"scenario": time.time() + 90 * 86_400, "monotonic": time.monotonic(), "speed": 1}
        value = _seen(await _record(net, clock=later))
        earlier = {**later, "scenario": time.time() - 20 * 86_400}
        before = _seen(await _record(net, clock=earlier))
    assert value["problems"] == ["expired 30 d ago"]
    assert before["problems"] == ["not valid for another 10 d"]


async def test_a_self_signed_certificate_is_recorded(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await net.web(IP, page(""), tls=net.certificate("x.test", self_signed=True))
        value = _seen(await _record(net))
    assert value["problems"][0] == "self-signed"
    assert "refused by a careful client" in value["problems"][1]
    assert value["verified"] is False


async def test_names_that_do_not_cover_the_host_are_told(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await net.web(IP, page(""), tls=net.certificate("y.test"))
        value = _seen(await _record(net))
    assert value["problems"][0] == "names do not cover x.test"
    assert value["names"] == ["y.test"]


async def test_an_issuer_that_nobody_trusts_is_told(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net, TinyInternet(tmp_path) as stranger:
        await net.web(IP, page(""), tls=net.certificate("x.test"))
        value = _seen(await _record(net, trust=stranger.issuer.pem))
    assert len(value["problems"]) == 1
    assert value["problems"][0].startswith("refused by a careful client: ")


async def test_garbage_instead_of_tls_is_unanswered(tmp_path: Path) -> None:
    async def garbage(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-nothing\r\n" + bytes(range(256)))
        await writer.drain()

    async with TinyInternet(tmp_path) as net:
        await net.stream(IP, 443, garbage)
        finding = await _record(net)
    assert isinstance(finding, Unanswered)
    assert finding.detail == {"layer": "tls", "address": IP}
    assert finding.reason.startswith("no TLS handshake: ")


async def test_a_server_that_hangs_up_is_unanswered(tmp_path: Path) -> None:
    async def gone(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(1)

    async with TinyInternet(tmp_path) as net:
        await net.stream(IP, 443, gone)
        finding = await _record(net)
    assert isinstance(finding, Unanswered)
    assert finding.detail["layer"] == "tls"


async def test_a_certificate_of_ten_thousand_names_ends_as_a_finding(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        names = [f"n{number}.x.test" for number in range(10_000)]
        await net.web(IP, page(""), tls=net.certificate("x.test", *names))
        finding = await _record(net)
    assert isinstance(finding, Unanswered)
    assert "excessive message size" in finding.reason


async def test_a_thousand_names_are_cut_and_counted(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        names = [f"n{number}.x.test" for number in range(999)]
        await net.web(IP, page(""), tls=net.certificate(*names, "x.test"))
        value = _seen(await _record(net))
    assert (len(value["names"]), value["names_left_out"]) == (500, 500)
    assert value["verified"] is True


async def test_an_address_without_a_name_can_have_a_certificate(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await net.web(IP, page(""), tls=net.certificate(IP))
        seen = await look(net.network(), f"https://{IP}/")
    assert seen.value("tls.certificate", IP)["verified"] is True
    assert seen.value("http.page", f"https://{IP}/")["status"] == 200


async def test_hosts_of_the_revocation_addresses_are_mapped(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await net.web(IP, page(""), tls=net.certificate("x.test", revocation="ca.test"))
        seen = await look(net.network(), "x.test")
    assert seen.value("dns.a", "ocsp.ca.test")["addresses"] == ["198.18.3.1"]
    assert seen.value("dns.zone_of", "crl.ca.test") == {"zone": "ca.test"}
    assert seen.subjects("tls.certificate") == {"x.test"}


async def test_both_address_families_are_shaken_hands_with(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        for ip in (IP, "2001:db8:2::80"):
            await net.web(ip, page(""), tls=net.certificate("www.x.test"))
        seen = await look(net.network(), "www.x.test")
    told = [e.value for e in seen.evidence if e.kind == "tls.certificate"]
    assert {value["address"] for value in told if value} == {IP, "2001:db8:2::80"}


@pytest.mark.parametrize(
    ("names", "host", "answer"),
    [
        (["x.test"], "x.test", True),
        (["*.x.test"], "a.x.test", True),
        (["*.x.test"], "x.test", False),
        (["*.x.test"], "a.b.x.test", False),
        (["*.test"], "x.test", True),
        (["*"], "test", False),
        ([], "x.test", False),
        (["198.18.0.1"], "198.18.0.1", True),
        (["*.18.0.1"], "198.18.0.1", False),
        (["2001:db8::1"], "2001:0db8::0001", True),
    ],
)
def test_a_wildcard_covers_one_label(names: list[str], host: str, answer: bool) -> None:
    assert covers(names, host) is answer


@pytest.mark.parametrize("der", [b"", b"\x30\x82", bytes(range(256)), b"\x30" * 1000])
def test_bytes_that_are_no_certificate_are_refused(der: bytes) -> None:
    with pytest.raises(ValueError):
        read_certificate(der)
