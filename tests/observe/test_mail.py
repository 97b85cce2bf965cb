"""A domain's mail is looked at: exchangers, policies with what they include, keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from downwind.catalog import Catalog
from downwind.graph import build_graph
from downwind.model import Model
from downwind.observe.mail.records import SELECTORS

from .look import Map, look
from .tinydns import Query, ask_text
from .tinynet import RESOLVER, TinyInternet, page, plain_answering, usual

POLICY = "version: STSv1\nmode: enforce\nmx: mail.dnsco.test\nmax_age: 86400\n"
LINES = (
    '@ TXT "v=spf1 include:spf.dnsco.test a:out.x.test " "ip4:198.18.2.0/24 ~all"',
    '@ TXT "site-verification=0123456789abcdef"',
    '_dmarc TXT "v=DMARC1; p=reject; rua=mailto:jo@reports.test"',
    '_mta-sts TXT "v=STSv1; id=1"',
    '_smtp._tls TXT "v=TLSRPTv1; rua=mailto:tls@reports.test"',
    "google._domainkey CNAME x.dkim.dnsco.test",
    's1._domainkey TXT "v=DKIM1; p="',
    "mta-sts A 198.18.2.90",
    "out A 198.18.2.91",
)
DNSCO = (
    'spf.dnsco.test TXT "v=spf1 ip4:198.18.1.0/24 -all"',
    'x.dkim.dnsco.test TXT "v=DKIM1; k=rsa; p=MIGf"',
    "mail.dnsco.test A 198.18.1.25",
)


async def _mail(tmp_path: Path, *lines: str, policy: str = POLICY) -> tuple[Map, TinyInternet]:
    async with TinyInternet(tmp_path) as net:
        await usual(net, *lines)
        company = net.authorities["198.18.1.1"].zones["dnsco.test"]
        for line in DNSCO:
            owner, rdtype, data = line.split(maxsplit=2)
            company.append(type(company[0])(owner, rdtype, data))
        await net.resolver()
        await net.web("198.18.2.90", page(policy), tls=net.certificate("mta-sts.x.test"))
        return await look(net.network(), "www.x.test"), net


async def test_a_domain_is_looked_at_from_its_exchangers_to_its_keys(tmp_path: Path) -> None:
    seen, _ = await _mail(tmp_path, *LINES)
    assert seen.value("dns.a", "mail.dnsco.test")["addresses"] == ["198.18.1.25"]
    assert seen.value("dns.txt", "x.test")["records"] == [
        "site-verification=[redacted]",
        "v=spf1 include:spf.dnsco.test a:out.x.test ip4:198.18.2.0/24 ~all",
    ]
    assert seen.value("dns.txt", "spf.dnsco.test")["records"] == ["v=spf1 ip4:198.18.1.0/24 -all"]
    assert seen.value("dns.zone_of", "spf.dnsco.test")["zone"] == "dnsco.test"
    assert seen.value("dns.a", "out.x.test")["addresses"] == ["198.18.2.91"]
    assert seen.value("dns.txt", "_dmarc.x.test")["records"] == [
        "v=DMARC1; p=reject; rua=mailto:[redacted]@reports.test"
    ]
    assert seen.value("dns.txt", "_smtp._tls.x.test")
    assert seen.value("mail.sts", "x.test") == {
        "url": "https://mta-sts.x.test/.well-known/mta-sts.txt",
        "address": "198.18.2.90",
        "mode": "enforce",
        "max_age": 86400,
        "mx": ["mail.dnsco.test"],
    }
    assert seen.value("tls.certificate", "mta-sts.x.test")["problems"] == []
    assert seen.value("mail.dkim", "x.test") == {
        "selectors": [
            {"selector": "google", "target": "x.dkim.dnsco.test", "ttl": 300, "revoked": False},
            {"selector": "s1", "target": None, "ttl": 300, "revoked": True},
        ],
        "asked": list(SELECTORS),
    }


async def test_what_was_seen_becomes_a_mailbox_a_sender_and_their_needs(tmp_path: Path) -> None:
    seen, _ = await _mail(tmp_path, *LINES)
    catalog = Catalog.from_texts(
        [
            """
id: post
name: Post
products: [{id: mail, role: mail, name: Mail}]
facts:
  - {kind: mx, suffix: mail.dnsco.test, product: mail, source: t, last_confirmed: 2026-01-01}
  - {kind: spf, suffix: spf.dnsco.test, product: mail, source: t, last_confirmed: 2026-01-01}
"""
        ]
    )
    graph = build_graph([(str(n), e) for n, e in enumerate(seen.evidence)], catalog, Model())
    assert {"post/mail", "zone:dnsco.test", "host:mta-sts.x.test"} <= set(
        graph.reach("mail:x.test")
    )
    assert {need.name for need in graph.nodes["mail-from:x.test"].needs} == {
        "SPF policy",
        "sender spf.dnsco.test",
        "sender out.x.test",
        "DKIM key google",
    }
    assert "mail:x.test" not in graph.reach("host:www.x.test")


async def test_no_mailbox_and_no_token_is_kept(tmp_path: Path) -> None:
    seen, _ = await _mail(tmp_path, *LINES)
    told = str(seen.evidence)
    assert "0123456789abcdef" not in told
    assert "jo@" not in told
    assert "MIGf" not in told


async def test_without_anything_below_domainkey_no_selector_is_asked(tmp_path: Path) -> None:
    asked: list[str] = []

    async with TinyInternet(tmp_path) as net:
        await usual(net, '@ TXT "v=spf1 -all"')
        answer = net.recursion.answer

        def listening(query: Query) -> Query:
            asked.append(ask_text(query)[0])
            return answer(query)

        await net.name_server(RESOLVER, plain_answering(listening))
        seen = await look(net.network(), "x.test")
    assert seen.absent("mail.dkim", "x.test").reason == "NXDOMAIN"
    assert [name for name in asked if "_domainkey" in name] == ["_domainkey.x.test"]


async def test_what_a_wildcard_answers_is_no_key(tmp_path: Path) -> None:
    lines = [f'{name}._domainkey TXT "v=spf1 -all"' for name in SELECTORS]
    seen, _ = await _mail(tmp_path, '@ TXT "v=spf1 -all"', *lines)
    assert seen.absent("mail.dkim", "x.test").reason == "no key under a well-known selector"


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ("<html>", "the policy cannot be used: it is no policy of version STSv1"),
        ("version: STSv1\nmode: enforce\nmax_age: 1", "the policy cannot be used: it names no mx"),
    ],
)
async def test_a_policy_that_cannot_be_used_says_why(
    tmp_path: Path, policy: str, reason: str
) -> None:
    seen, _ = await _mail(tmp_path, *LINES, policy=policy)
    assert seen.unanswered("mail.sts", "x.test").reason == reason


async def test_where_much_waits_mail_is_looked_at_last(tmp_path: Path) -> None:
    asked: list[str] = []
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        answer = net.recursion.answer

        def listening(query: Query) -> Query:
            asked.append(ask_text(query)[1])
            return answer(query)

        await net.name_server(RESOLVER, plain_answering(listening))
        await look(net.network(), *(f"h{n}.x.test" for n in range(20)))
    assert {"MX", "TXT"} & set(asked[:40]) == set()
    assert {"MX", "TXT"} <= set(asked)


async def test_includes_that_go_on_and_on_end(tmp_path: Path) -> None:
    lines = [f'p{n} TXT "v=spf1 include:p{n + 1}.x.test"' for n in range(60)]
    seen, _ = await _mail(tmp_path, '@ TXT "v=spf1 include:p0.x.test"', *lines)
    followed = [name for name in seen.subjects("dns.txt") if name.startswith("p")]
    assert len(followed) == 19


async def test_exchangers_of_others_lead_no_further(tmp_path: Path) -> None:
    seen, _ = await _mail(tmp_path, *LINES)
    assert "dnsco.test" not in seen.subjects("dns.mx")
    assert "_dmarc.spf.dnsco.test" not in seen.subjects("dns.txt")
