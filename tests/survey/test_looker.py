"""A listed name is looked at with all that it stands on, and what names share is asked for once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from downwind.terms import Absent, Seen, Unanswered
from tests.observe import look as mapped
from tests.observe.tinydns import ask_text, zone
from tests.observe.tinynet import RESOLVER, TinyInternet, plain_answering, usual

from .look import look


async def _resolver(net: TinyInternet) -> Counter[tuple[str, str]]:
    """The resolver, and what it was asked."""
    asked: Counter[tuple[str, str]] = Counter()

    def answer(query: dns.message.Message) -> dns.message.Message:
        asked[ask_text(query)] += 1
        return net.recursion.answer(query)

    await net.name_server(RESOLVER, plain_answering(answer))
    return asked


async def test_the_records_of_a_name_are_complete(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net, '@ TXT "v=spf1 include:dnsco.test -all"', '@ TXT "proof=1234"')
        await net.resolver()
        seen = await look(net.network(), "x.test", looked_at=("caa",))
    assert seen.value("dns.a", "x.test") == {
        "addresses": ["198.18.2.80"],
        "ttl": 300,
        "canonical": "x.test",
    }
    assert isinstance(seen.finding("dns.aaaa", "x.test"), Absent)
    assert seen.value("dns.zone_of", "x.test") == {"zone": "x.test"}
    assert seen.value("dns.mx", "x.test") == {"records": ["10 mail.dnsco.test."], "ttl": 300}
    assert seen.value("dns.txt", "x.test")["records"] == [
        "proof=[redacted]",
        "v=spf1 include:dnsco.test -all",
    ]
    assert seen.value("dns.caa", "x.test")["records"] == ['0 issue "ca.test"']
    assert seen.value("dns.soa", "x.test")["records"][0].startswith("ns.x.test. hostmaster.x.test.")
    assert seen.value("dns.ds", "x.test")["records"] == ["12345 13 2 " + "ab" * 32]
    assert seen.value("dns.zone", "x.test") == {
        "parent": "test",
        "ttl": 3600,
        "name_servers": [
            {"host": "ns1.dnsco.test", "in_bailiwick": False, "glue": ["198.18.1.1"]},
            {"host": "ns2.x.test", "in_bailiwick": True, "glue": ["198.18.1.2"]},
        ],
        "signed": True,
        "said_by": "parent",
    }


async def test_a_referral_alone_says_whether_a_zone_is_signed(tmp_path: Path) -> None:
    """RFC 4035, 3.1.4: whoever knows DNSSEC puts DS records into a referral, if there are any."""
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net)
        registry = net.authorities["198.18.0.2"]

        def with_ds(query: dns.message.Message) -> dns.message.Message:
            reply = registry.answer(query)
            if query.ednsflags & dns.flags.DO:
                reply.use_edns(0, dns.flags.DO)
                if ask_text(query)[0] == "x.test" and reply.authority:
                    text = "12345 13 2 " + "ab" * 32
                    reply.authority.append(dns.rrset.from_text("x.test.", 60, "IN", "DS", text))
            return reply

        await net.name_server("198.18.0.2", plain_answering(with_ds))
        asked = await _resolver(net)
        seen = await look(net.network(), "x.test")
    assert seen.value("dns.ds", "x.test") == {"records": ["12345 13 2 " + "ab" * 32], "ttl": 60}
    assert seen.value("dns.zone", "x.test")["signed"] is True
    assert isinstance(seen.finding("dns.ds", "dnsco.test"), Absent)
    assert seen.value("dns.zone", "dnsco.test")["signed"] is False
    assert {("x.test", "DS"), ("x.test", "NS"), ("dnsco.test", "DS")}.isdisjoint(asked)


async def test_what_it_stands_on_is_looked_at_up_to_the_root(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net)
        await net.resolver()
        seen = await look(net.network(), "x.test")
    assert seen.subjects("dns.zone") == {"x.test", "dnsco.test", "test", "."}
    assert seen.value("dns.a", "ns1.dnsco.test")["addresses"] == ["198.18.1.1"]
    assert isinstance(seen.finding("dns.a", "mail.dnsco.test"), Absent)
    assert seen.value("dns.zone", ".")["parent"] is None


async def test_the_name_is_done_only_after_all_that_it_stands_on(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net)
        await net.resolver()
        seen = await look(net.network(), "x.test", "www.x.test", "half.test")
    done = min(seen.place("survey.name", name) for name in ("x.test", "half.test"))
    assert seen.place("dns.zone", "dnsco.test") < done
    assert seen.place("dns.zone", ".") < done


async def test_the_digest_says_what_a_name_stands_on_at_first_hand(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net, '@ TXT "v=spf1 include:dnsco.test redirect=cdn.test"')
        await net.resolver()
        seen = await look(net.network(), "www.x.test")
    assert seen.value("survey.name", "www.x.test") == {
        "line": 1,
        "labels": {},
        "exists": True,
        "zone": "x.test",
        "name_servers": ["ns1.dnsco.test", "ns2.x.test"],
        "aliases": ["x.edge.cdn.test"],
        "addresses": ["198.18.2.80", "2001:db8:2::80"],
        "mail": ["mail.dnsco.test"],
        "senders": ["dnsco.test", "cdn.test"],
        "unknown": {},
    }


async def test_names_that_share_something_ask_for_it_once(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net)
        asked = await _resolver(net)
        seen = await look(net.network(), "x.test", "www.x.test", "half.test", "ads.test", "ca.test")
    assert not [question for question, times in asked.items() if times > 1]
    told = Counter((each.kind, each.subject) for each in seen.evidence)
    assert not [one for one, times in told.items() if times > 1]


async def test_the_target_of_an_alias_costs_no_question_for_its_addresses(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net)
        asked = await _resolver(net)
        seen = await look(net.network(), "www.x.test")
    assert {rdtype for name, rdtype in asked if name == "x.edge.cdn.test"} == {"SOA"}
    assert seen.value("dns.a", "x.edge.cdn.test")["addresses"] == ["198.18.2.80"]
    assert seen.value("dns.aaaa", "x.edge.cdn.test")["addresses"] == ["2001:db8:2::80"]


async def test_a_further_name_of_a_known_provider_costs_five_questions(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net)
        await net.resolver()
        before = await look(net.network(), "half.test", "ca.test")
        after = await look(net.network(), "half.test", "ca.test", "ads.test")
    # A, AAAA, MX, TXT, and the parent's referral; this parent knows nothing of DNSSEC, so
    # that DS is a sixth. Servers that do say it in the referral.
    assert after.counts.queries - before.counts.queries == 6


async def test_a_name_that_does_not_exist_costs_little_and_is_absent(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net)
        asked = await _resolver(net)
        seen = await look(net.network(), "none.test")
    assert {question for question in asked if question[0] == "none.test"} == {
        ("none.test", "A"),
        ("none.test", "MX"),
    }
    for kind in ("dns.a", "dns.aaaa", "dns.mx", "dns.txt"):
        finding = seen.finding(kind, "none.test")
        assert isinstance(finding, Absent)
        assert finding.reason == "NXDOMAIN"
    assert seen.value("survey.name", "none.test")["zone"] == "test"
    assert seen.value("survey.name", "none.test")["exists"] is False


async def test_what_the_resolver_would_not_say_is_unknown_with_its_reason(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net)
        net.recursion.fail["x.test"] = (22, "no reachable authority")
        await net.resolver()
        seen = await look(net.network(), "x.test")
    reason = "SERVFAIL (extended error 22 no reachable authority)"
    for kind in ("dns.a", "dns.aaaa", "dns.mx", "dns.txt", "dns.soa"):
        finding = seen.finding(kind, "x.test")
        assert isinstance(finding, Unanswered), kind
        assert finding.reason == reason
    assert seen.value("survey.name", "x.test")["unknown"]["dns.a"] == reason
    # The parent still says who should answer for it.
    assert seen.value("dns.zone_of", "x.test") == {"zone": "x.test", "said_by": "parent"}
    assert seen.value("survey.name", "x.test")["name_servers"] == ["ns1.dnsco.test", "ns2.x.test"]


async def test_where_the_parent_is_silent_the_resolver_tells_the_name_servers(
    tmp_path: Path,
) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net)
        await net.resolver()
        del net.dial["198.18.0.2"]
        seen = await look(net.network(), "x.test")
    value = seen.value("dns.zone", "x.test")
    assert value["said_by"] == "child"
    assert value["signed"] is True
    assert [(each["host"], each["glue"]) for each in value["name_servers"]] == [
        ("ns1.dnsco.test", None),
        ("ns2.x.test", None),
    ]
    assert seen.value("dns.a", "ns2.x.test")["addresses"] == ["198.18.1.2"]


@pytest.mark.parametrize("loop", ["@", "l1"])
async def test_a_loop_of_aliases_is_unknown_not_endless(tmp_path: Path, loop: str) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net, "l1 CNAME l2.x.test", "l2 CNAME l1.x.test")

        def answer(query: dns.message.Message) -> dns.message.Message:
            # A resolver that hands on the loop instead of giving up.
            return net.authorities["198.18.1.1"].answer(query)

        await net.name_server(RESOLVER, plain_answering(answer))
        seen = await look(net.network(), "l1.x.test")
    finding = seen.finding("dns.a", "l1.x.test")
    assert isinstance(finding, Unanswered)
    assert finding.reason == "CNAME loop: l1.x.test -> l2.x.test -> l1.x.test"


async def test_zones_that_stand_on_each_other_end(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net)
        await net.resolver()
        seen = await look(net.network(), "a.test", "b.test")
    assert seen.subjects("survey.name") == {"a.test", "b.test"}
    assert isinstance(seen.finding("dns.a", "a.test"), Unanswered)
    assert seen.value("dns.zone", "a.test")["name_servers"][0]["host"] == "ns.b.test"


async def test_no_domain_speaks_for_its_registry(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net)
        answer = net.recursion.answer

        def lying(query: dns.message.Message) -> dns.message.Message:
            """The domain's servers pretend that its names lie in `test` itself."""
            if ask_text(query)[0] != "x.test" or ask_text(query)[1] == "A":
                return answer(query)
            reply = dns.message.make_response(query)
            soa = "evil.x.test. evil.x.test. 666 1 1 1 1"
            reply.authority.append(dns.rrset.from_text("test.", 60, "IN", "SOA", soa))
            return reply

        await net.name_server(RESOLVER, plain_answering(lying))
        seen = await look(net.network(), "x.test")
    assert seen.value("dns.soa", "test")["records"][0].startswith("ns.test. hostmaster.test. 1 ")


async def test_name_servers_of_ever_new_zones_are_not_followed_for_ever(tmp_path: Path) -> None:
    def endless(query: dns.message.Message) -> dns.message.Message:
        """Every name exists, and every zone is served from a deeper one."""
        reply = dns.message.make_response(query)
        name, rdtype = ask_text(query)
        origin = query.question[0].name
        if rdtype == "A":
            reply.answer.append(dns.rrset.from_text(origin, 60, "IN", "A", "198.18.2.80"))
        elif rdtype == "SOA":
            text = "ns.evil.test. h.evil.test. 1 2 3 4 5"
            reply.answer.append(dns.rrset.from_text(origin, 60, "IN", "SOA", text))
        elif rdtype == "NS":
            number = int(name.split(".")[0][1:] or 0) if name[0] == "z" else 0
            targets = [f"ns.z{number * 3 + n}.test." for n in (1, 2, 3)]
            reply.answer.append(dns.rrset.from_text(origin, 60, "IN", "NS", *targets))
        return reply

    async with TinyInternet(tmp_path, speed=1) as net:
        await net.name_server(RESOLVER, plain_answering(endless))
        seen = await look(net.network(), "z0.test")
    assert seen.value("survey.name", "z0.test")["not_followed"] > 0
    assert len(seen.evidence) < 3_000


async def test_leads_that_take_too_long_are_left_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("downwind.survey.looker._BUDGET", -1.0)
    async with TinyInternet(tmp_path, floor=0.0) as net:
        await usual(net)
        await net.resolver()
        seen = await look(net.network(), "x.test")
    assert seen.value("survey.name", "x.test")["not_followed"] > 0
    assert seen.value("dns.a", "x.test")["addresses"] == ["198.18.2.80"]


async def test_a_thousand_name_servers_are_cut_and_the_rest_counted(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net)
        parent = net.authorities["198.18.0.2"].zones["test"]
        parent += zone("test", *(f"many NS ns{n}.dnsco.test" for n in range(60)))[1][1:]
        await net.resolver()
        seen = await look(net.network(), "many.test")
    value = seen.value("dns.zone", "many.test")
    assert len(value["name_servers"]) == 32
    assert value["left_out"] == 28


_SHARED_KINDS = frozenset(
    f"dns.{kind}" for kind in ("a", "aaaa", "cname", "zone_of", "zone", "mx", "txt", "caa", "ds")
)
# The two may ask at different times, and of parent or child.
_MAY_DIFFER = ("ttl", "ttl_from", "said_by")


def _plain(finding: Any) -> Any:
    if not isinstance(finding, Seen):
        return type(finding).__name__, getattr(finding, "reason", "").partition(":")[0]
    return {k: v for k, v in finding.value.items() if k not in _MAY_DIFFER}


@pytest.mark.parametrize(
    "name",
    ["x.test", "www.x.test", "half.test", "ads.test", "none.test", "deep.er.x.test", "a.test"],
)
async def test_it_sees_what_the_mapper_of_single_names_sees(tmp_path: Path, name: str) -> None:
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net, "deep.er A 198.18.2.80", '@ TXT "v=spf1 mx -all"', "@ AAAA 2001:db8::1")
        await net.resolver()
        surveyed = await look(net.network(), name, looked_at=("caa",))
        one = await mapped.look(net.network(), name)
    for each in surveyed.evidence:
        if each.kind in _SHARED_KINDS and each.subject in one.subjects(each.kind):
            expected = one.finding(each.kind, each.subject)
            assert _plain(each.finding) == _plain(expected), (each.kind, each.subject)
    for kind in ("dns.zone", "dns.zone_of", "dns.a"):
        assert one.subjects(kind) <= surveyed.subjects(kind) | _only_mapped(one, kind)


def _only_mapped(one: mapped.Map, kind: str) -> set[str]:
    """What the mapper looks at besides: servers named in their zone, which have glue."""
    servers = {
        server["host"]
        for each in one.evidence
        if each.kind == "dns.zone" and isinstance(each.finding, Seen)
        for server in each.finding.value["name_servers"]
        if server["in_bailiwick"] and server["glue"]
    }
    # And the domain's own addresses, where its SPF record speaks of them.
    return servers | {"x.test"} if kind != "dns.zone" else set()
