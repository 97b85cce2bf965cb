"""Name servers are asked carefully, and what each of them did is kept."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from downwind.observe import Dialer, Network
from downwind.observe.resolve import Resolver
from downwind.terms import Absent, Seen, Unanswered

from .look import look
from .tinydns import Query, ask_text
from .tinynet import RESOLVER, Answering, TinyInternet, plain_answering, usual


def _resolver(network: Network) -> Resolver:
    return Resolver(network, Dialer(network))


def _right(query: Query) -> Query:
    reply = dns.message.make_response(query)
    reply.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "A", "198.18.2.80"))
    return reply


async def test_a_cname_chain_is_kept_link_by_link(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net, "a CNAME b.x.test", "b CNAME www.x.test")
        await net.resolver()
        seen = await look(net.network(), "a.x.test")
    assert seen.value("dns.cname", "a.x.test") == {"target": "b.x.test", "ttl": 300}
    assert seen.value("dns.cname", "b.x.test") == {"target": "www.x.test", "ttl": 300}
    assert seen.value("dns.cname", "www.x.test")["target"] == "x.edge.cdn.test"
    assert seen.value("dns.a", "a.x.test") == {
        "addresses": ["198.18.2.80"],
        "ttl": 60,
        "canonical": "x.edge.cdn.test",
    }
    assert seen.value("dns.aaaa", "a.x.test")["addresses"] == ["2001:db8:2::80"]
    assert seen.value("dns.zone", "cdn.test")["parent"] == "test"


async def test_a_resolver_that_stops_at_a_cname_is_asked_on(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        server = net.authorities["198.18.1.1"]
        cdn = net.authorities["198.18.2.1"]

        def one_zone_at_a_time(wire: bytes) -> Iterable[bytes]:
            query = dns.message.from_wire(wire)
            zone = cdn if ask_text(query)[0].endswith("cdn.test") else server
            return [zone.answer(query).to_wire()]

        await net.name_server(RESOLVER, one_zone_at_a_time)
        found = await _resolver(net.network()).address("www.x.test", "A")
    assert found.addresses == ("198.18.2.80",)
    assert [link.target for link in found.links] == ["x.edge.cdn.test"]


async def test_nxdomain_and_nodata_are_told_apart(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        seen = await look(net.network(), "nobody.x.test", "x.test")
    assert seen.absent("dns.a", "nobody.x.test").reason == "NXDOMAIN"
    assert seen.absent("dns.a", "nobody.x.test").detail["rcode"] == "NXDOMAIN"
    assert seen.absent("dns.aaaa", "x.test").reason == "NODATA"
    assert seen.value("dns.zone_of", "nobody.x.test") == {"zone": "x.test"}
    assert seen.value("dns.mx", "x.test")["records"] == ["10 mail.dnsco.test."]
    assert seen.unanswered("http.page", "https://nobody.x.test/").detail["layer"] == "dns"


async def test_servfail_keeps_its_extended_error(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        net.recursion.fail["www.x.test"] = (9, "DNSKEY missing")
        await net.resolver()
        found = await _resolver(net.network()).address("www.x.test", "A")
    assert isinstance(found.finding, Unanswered)
    assert found.finding.reason == "SERVFAIL (extended error 9 DNSKEY missing)"
    assert found.finding.detail["rcode"] == "SERVFAIL"
    assert found.finding.detail["ede"] == [[9, "DNSKEY missing"]]
    assert found.finding.detail["tries"] == [
        {"server": RESOLVER, "transport": "udp", "outcome": "SERVFAIL"}
    ]


async def test_a_mute_resolver_is_a_time_out_and_never_an_absence(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await net.name_server(RESOLVER, lambda _: [])
        found = await _resolver(net.network()).address("x.test", "A")
    assert isinstance(found.finding, Unanswered)
    assert "no answer within 3 s" in found.finding.reason
    assert found.rcode is None
    assert len(found.finding.detail["tries"]) == 2


async def test_the_second_resolver_answers_where_the_first_is_mute(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await net.name_server("198.18.0.54", lambda _: [])
        network = net.network(resolvers=["198.18.0.54", RESOLVER])
        found = await _resolver(network).address("x.test", "A")
        reply = await _resolver(network).ask("x.test", "A")
    assert found.addresses == ("198.18.2.80",)
    assert [tried.server for tried in reply.tries] == ["198.18.0.54", RESOLVER]


async def test_a_truncated_reply_is_asked_again_over_tcp(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net, *(f"big A 198.18.7.{n}" for n in range(200)))
        await net.resolver(truncate=["big.x.test"])
        reply = await _resolver(net.network()).ask("big.x.test", "A")
    found = reply.answer("big.x.test", "A")
    assert found is not None
    assert len(found) == 200
    assert [tried.transport for tried in reply.tries] == ["udp", "tcp"]


async def test_truncation_without_tcp_is_no_answer(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver(truncate=["x.test"])
        del net.dial[RESOLVER]["tcp/53"]
        found = await _resolver(net.network()).address("x.test", "A")
    assert isinstance(found.finding, Unanswered)
    assert "dial map" in found.finding.reason


def _lies() -> dict[str, Answering]:
    def other_id(wire: bytes) -> Iterable[bytes]:
        reply = _right(dns.message.from_wire(wire))
        reply.id ^= 1
        return [reply.to_wire()]

    def other_question(_: bytes) -> Iterable[bytes]:
        query = dns.message.make_query("evil.test", "A")
        query.id = int.from_bytes(_[:2], "big")
        return [_right(query).to_wire()]

    def no_reply(wire: bytes) -> Iterable[bytes]:
        return [wire]

    def garbage(wire: bytes) -> Iterable[bytes]:
        return [wire[:2] + b"\xff" * 40, b"", wire[:5], wire[:2] + bytes(range(250))]

    return {
        "another id": other_id,
        "another question": other_question,
        "no reply but a query": no_reply,
        "garbage": garbage,
    }


@pytest.mark.parametrize("lie", sorted(_lies()))
async def test_a_resolver_that_lies_is_not_believed(tmp_path: Path, lie: str) -> None:
    async with TinyInternet(tmp_path) as net:
        await net.name_server(RESOLVER, _lies()[lie])
        found = await _resolver(net.network()).address("x.test", "A")
    assert isinstance(found.finding, Unanswered)
    assert f"ignored ({lie})" in found.finding.reason


async def test_the_right_reply_behind_a_forged_one_is_found(tmp_path: Path) -> None:
    def forged_first(wire: bytes) -> Iterable[bytes]:
        right = _right(dns.message.from_wire(wire))
        forged = _right(dns.message.from_wire(wire))
        forged.id ^= 1
        return [forged.to_wire(), right.to_wire()]

    async with TinyInternet(tmp_path) as net:
        await net.name_server(RESOLVER, forged_first)
        reply = await _resolver(net.network()).ask("x.test", "A")
    assert reply.rcode == "NOERROR"
    assert reply.tries[-1].outcome == "NOERROR; 1 reply ignored (another id)"


async def test_a_server_without_edns_is_asked_plainly(tmp_path: Path) -> None:
    def old(wire: bytes) -> Iterable[bytes]:
        query = dns.message.from_wire(wire)
        if query.edns < 0:
            return [_right(query).to_wire()]
        reply = dns.message.make_response(query)
        reply.use_edns(-1)
        reply.set_rcode(dns.rcode.FORMERR)
        return [reply.to_wire()]

    async with TinyInternet(tmp_path) as net:
        await net.name_server(RESOLVER, old)
        found = await _resolver(net.network()).address("x.test", "A")
    assert found.addresses == ("198.18.2.80",)


async def test_queries_are_small_and_carry_no_client_subnet(tmp_path: Path) -> None:
    heard: list[Query] = []

    def listening(wire: bytes) -> Iterable[bytes]:
        heard.append(dns.message.from_wire(wire))
        return [_right(heard[-1]).to_wire()]

    async with TinyInternet(tmp_path) as net:
        await net.name_server(RESOLVER, listening)
        await _resolver(net.network()).ask("x.test", "A")
    assert heard[0].payload == 1232
    assert heard[0].options == ()
    assert heard[0].flags & dns.flags.RD


async def test_the_same_question_is_asked_once(tmp_path: Path) -> None:
    count = 0

    def counting(wire: bytes) -> Iterable[bytes]:
        nonlocal count
        count += 1
        return [_right(dns.message.from_wire(wire)).to_wire()]

    async with TinyInternet(tmp_path) as net:
        await net.name_server(RESOLVER, counting)
        resolver = _resolver(net.network())
        for _ in range(3):
            assert isinstance((await resolver.address("x.test", "A")).finding, Seen)
    assert count == 1


async def test_a_cname_loop_is_named_with_its_links(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net, "l1 CNAME l2.x.test", "l2 CNAME l3.x.test", "l3 CNAME l1.x.test")
        await net.name_server(RESOLVER, plain_answering(net.authorities["198.18.1.1"].answer))
        seen = await look(net.network(), "l1.x.test")
    reason = seen.unanswered("dns.a", "l1.x.test").reason
    assert reason == "CNAME loop: l1.x.test -> l2.x.test -> l3.x.test -> l1.x.test"
    assert seen.value("dns.cname", "l3.x.test")["target"] == "l1.x.test"
    assert seen.unanswered("http.page", "https://l1.x.test/").detail["layer"] == "dns"


async def test_a_cname_loop_that_the_resolver_gives_up_on_is_followed_by_hand(
    tmp_path: Path,
) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net, "l1 CNAME l2.x.test", "l2 CNAME l1.x.test")

        def giving_up(wire: bytes) -> Iterable[bytes]:
            query = dns.message.from_wire(wire)
            name, rdtype = ask_text(query)
            if name.startswith("l") and rdtype != "CNAME":
                reply = dns.message.make_response(query)
                reply.set_rcode(dns.rcode.SERVFAIL)
                return [reply.to_wire()]
            return [net.recursion.answer(query).to_wire()]

        await net.name_server(RESOLVER, giving_up)
        seen = await look(net.network(), "l1.x.test")
    looped = seen.unanswered("dns.a", "l1.x.test")
    assert looped.reason == "CNAME loop: l1.x.test -> l2.x.test -> l1.x.test"
    assert looped.detail["rcode"] == "SERVFAIL"
    assert seen.value("dns.cname", "l1.x.test")["target"] == "l2.x.test"
    assert seen.value("dns.cname", "l2.x.test")["target"] == "l1.x.test"


async def test_a_chain_without_end_has_an_end(tmp_path: Path) -> None:
    def endless(wire: bytes) -> Iterable[bytes]:
        query = dns.message.from_wire(wire)
        name, _ = ask_text(query)
        number = int(name.split(".")[0][1:]) + 1
        reply = dns.message.make_response(query)
        link = dns.rrset.from_text(query.question[0].name, 1, "IN", "CNAME", f"c{number}.x.test.")
        reply.answer.append(link)
        return [reply.to_wire()]

    async with TinyInternet(tmp_path) as net:
        await net.name_server(RESOLVER, endless)
        found = await _resolver(net.network()).address("c1.x.test", "A")
    assert isinstance(found.finding, Unanswered)
    assert found.finding.reason == "CNAME chain of more than 16 links"


async def test_the_whole_ttl_comes_from_the_zone_not_from_the_cache(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        net.recursion.aged = 59
        await net.resolver()
        seen = await look(net.network(), "www.x.test")
    assert seen.value("dns.a", "x.edge.cdn.test")["ttl"] == 60
    assert seen.value("dns.cname", "www.x.test")["ttl"] == 300
    assert seen.value("dns.zone", "x.test")["ttl"] == 3600


async def test_absent_is_kept_as_absent(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        seen = await look(net.network(), "www.x.test")
    assert isinstance(seen.finding("dns.mx", "www.x.test"), Absent)


async def test_a_link_that_many_names_share_is_told_once(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net, "a CNAME www.x.test", "b CNAME www.x.test")
        await net.resolver()
        seen = await look(net.network(), "a.x.test", "b.x.test")
    links = [each.subject for each in seen.evidence if each.kind == "dns.cname"]
    assert sorted(links) == ["a.x.test", "b.x.test", "www.x.test"]
