"""Zone cuts are followed to the root, and what name servers stand on is mapped too."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import dns.message
import dns.rdatatype
import dns.rrset

from .look import look
from .tinydns import Authority, zone
from .tinynet import TinyInternet, usual


async def test_every_zone_on_the_way_to_the_root_is_found(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net, "deep.er A 198.18.2.80")
        await net.resolver()
        seen = await look(net.network(), "deep.er.x.test")
    assert seen.value("dns.zone_of", "deep.er.x.test") == {"zone": "x.test"}
    assert seen.value("dns.zone", "x.test")["parent"] == "test"
    assert seen.value("dns.zone", "test")["parent"] == "."
    assert seen.value("dns.zone", ".")["parent"] is None
    assert seen.value("dns.soa", "x.test")["ttl"] == 300


async def test_the_zones_of_the_name_servers_are_mapped_too(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        seen = await look(net.network(), "x.test")
    assert seen.value("dns.zone_of", "ns1.dnsco.test") == {"zone": "dnsco.test"}
    assert seen.value("dns.a", "ns1.dnsco.test")["addresses"] == ["198.18.1.1"]
    assert {"dnsco.test", "x.test", "test", "."} <= seen.subjects("dns.zone")


async def test_glue_is_read_from_the_parents_referral(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        seen = await look(net.network(), "x.test")
    assert seen.value("dns.zone", "x.test")["name_servers"] == [
        {"host": "ns1.dnsco.test", "in_bailiwick": False, "glue": ["198.18.1.1"]},
        {"host": "ns2.x.test", "in_bailiwick": True, "glue": ["198.18.1.2"]},
    ]
    assert seen.value("dns.zone", ".")["name_servers"] == [
        {"host": "a.root-servers.test", "in_bailiwick": True, "glue": ["198.18.0.1"]}
    ]


async def test_glue_that_could_not_be_seen_is_null_not_empty(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        del net.dial["198.18.0.2"]
        seen = await look(net.network(), "x.test")
    glue = {each["glue"] for each in seen.value("dns.zone", "x.test")["name_servers"]}
    assert glue == {None}


async def test_a_signed_delegation_is_told_from_an_unsigned_one(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        seen = await look(net.network(), "x.test")
    assert seen.value("dns.zone", "x.test")["signed"] is True
    assert seen.value("dns.ds", "x.test")["records"][0].startswith("12345 13 2")
    assert seen.value("dns.zone", "dnsco.test")["signed"] is False
    assert seen.absent("dns.ds", "dnsco.test").reason == "NODATA"


async def test_a_lame_name_server_is_found_beside_a_good_one(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        seen = await look(net.network(), "half.test")
    assert seen.value("dns.server", "half.test@ns1.dnsco.test") == {
        "address": "198.18.1.1",
        "authoritative": True,
        "rcode": "NOERROR",
        "lame": False,
    }
    lame = seen.value("dns.server", "half.test@ns.cdn.test")
    assert (lame["lame"], lame["rcode"]) == (True, "REFUSED")


async def test_a_name_server_that_does_not_answer_is_unanswered(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await net.name_server("198.18.1.2", lambda _: [])
        seen = await look(net.network(), "x.test")
    silent = seen.unanswered("dns.server", "x.test@ns2.x.test")
    assert silent.reason == "no answer: no answer within 3 s"
    assert silent.detail["tries"][0]["server"] == "198.18.1.2"


async def test_a_zone_whose_servers_are_all_lame_is_still_found_through_its_parent(
    tmp_path: Path,
) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        net.authorities["198.18.1.1"].zones.pop("half.test")
        await net.resolver()
        seen = await look(net.network(), "www.half.test")
    assert seen.unanswered("dns.a", "www.half.test").detail["rcode"] == "SERVFAIL"
    assert seen.value("dns.zone_of", "www.half.test")["zone"] == "half.test"
    assert seen.value("dns.zone", "half.test")["said_by"] == "parent"
    for host in ("ns1.dnsco.test", "ns.cdn.test"):
        assert seen.value("dns.server", f"half.test@{host}")["lame"] is True


async def test_name_servers_that_need_each_other_are_mapped_as_a_ring(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        seen = await look(net.network(), "www.a.test")
    assert seen.unanswered("dns.a", "www.a.test").detail["ede"] == [[22, "no reachable authority"]]
    assert seen.value("dns.zone_of", "www.a.test")["zone"] == "a.test"
    assert seen.value("dns.zone", "a.test")["name_servers"] == [
        {"host": "ns.b.test", "in_bailiwick": False, "glue": []}
    ]
    assert seen.value("dns.zone_of", "ns.b.test")["zone"] == "b.test"
    assert seen.value("dns.zone", "b.test")["name_servers"][0]["host"] == "ns.a.test"
    assert seen.unanswered("dns.server", "a.test@ns.b.test").reason == (
        "the name server has no address"
    )


async def test_a_parent_that_also_holds_the_child_shows_no_glue(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net, "sub NS ns1.dnsco.test")
        server: Authority = net.authorities["198.18.1.1"]
        apex, records = zone("sub.x.test", "@ NS ns1.dnsco.test", "@ A 198.18.2.80")
        server.zones[apex] = records
        await net.resolver()
        del net.dial["198.18.1.2"]
        seen = await look(net.network(), "sub.x.test")
    value = seen.value("dns.zone", "sub.x.test")
    assert value["parent"] == "x.test"
    assert value["name_servers"] == [
        {"host": "ns1.dnsco.test", "in_bailiwick": False, "glue": None}
    ]


async def test_zones_that_lead_on_for_ever_are_left_at_some_depth(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:

        def ever_deeper(wire: bytes) -> Iterable[bytes]:
            query = dns.message.from_wire(wire)
            return [_invent(query).to_wire()]

        await net.name_server("198.18.0.53", ever_deeper)
        seen = await look(net.network(), "z1.test", budget=6)
    reasons = {getattr(each.finding, "reason", "") for each in seen.evidence}
    assert any(reason.startswith("not followed: more than 24 steps") for reason in reasons)


def _invent(query: dns.message.Message) -> dns.message.Message:
    """Every name zN.test is a zone whose name server is zN+1.test."""
    name = query.question[0].name.to_text(omit_final_dot=True)
    kind = dns.rdatatype.to_text(query.question[0].rdtype)
    reply = dns.message.make_response(query)
    number = int(name[1:].split(".")[0]) if name.startswith("z") else 0
    data = {
        "SOA": f"ns.{name}. h.{name}. 1 1 1 1 1" if number else "a. b. 1 1 1 1 1",
        "NS": f"z{number + 1}.test.",
    }.get(kind)
    if data:
        reply.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", kind, data))
    return reply
