"""The names of a world: delegated from the root down, resolved for real, aged by its clock."""

import asyncio

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import pytest
from dns.message import Message

from .conftest import Outside, Starter


def records(reply: Message, rdtype: str) -> set[str]:
    kind = dns.rdatatype.from_text(rdtype)
    return {
        record.to_text()
        for rrset in (*reply.answer, *reply.authority)
        for record in rrset
        if rrset.rdtype == kind
    }


def extended_errors(reply: Message) -> list[int]:
    return [int(option.code) for option in reply.extended_errors()]


async def root_address(outside: Outside) -> str:
    reply = await outside.resolve(".", "NS")
    return next(iter(records(await outside.resolve(min(records(reply, "NS"))), "A")))


async def walk(outside: Outside, name: str, rdtype: str = "A") -> tuple[list[str], Message]:
    """Follow referrals from the root, as a resolver does; the zones on the way, and the answer."""
    ip = await root_address(outside)
    zones: list[str] = []
    for _ in range(8):
        reply = await outside.ask(ip, name, rdtype)
        if reply.flags & dns.flags.AA:
            return zones, reply
        zones.append(reply.authority[0].name.to_text())
        glue = [r.address for rrset in reply.additional for r in rrset if rrset.rdtype == 1]
        host = min(records(reply, "NS"))
        ip = glue[0] if glue else min(records(await outside.resolve(host), "A"))
    raise AssertionError(f"no end: {zones}")


async def test_every_name_is_delegated_from_the_root_down(start_world: Starter) -> None:
    async with start_world() as outside:
        zones, reply = await walk(outside, "news.test")
        assert zones == ["test.", "news.test."]
        assert len(records(reply, "A")) == 1

        zones, reply = await walk(outside, "www.plain.test")
        assert zones == ["test.", "plain.test."]
        assert records(reply, "CNAME") == {"www-plain.proxy.acme.test."}

        # A host with name servers of its own has a zone of its own.
        zones, _ = await walk(outside, "old.shop.test")
        assert zones == ["test.", "shop.test.", "old.shop.test."]
        _, reply = await walk(outside, "shop.test", "NS")
        assert records(reply, "NS") == {
            f"ns{n}.dns.{provider}.test." for n in (1, 2) for provider in ("acme", "nimbus")
        }

        # A provider without name servers stands on another's.
        _, reply = await walk(outside, "stratus.test", "NS")
        assert records(reply, "NS") == {"ns1.dns.acme.test.", "ns2.dns.acme.test."}
        _, reply = await walk(outside, "tables.north-1.stratus.test", "AAAA")
        assert records(reply, "AAAA").pop().startswith("2001:db8:")


async def test_what_is_not_there_is_told_with_the_soa(start_world: Starter) -> None:
    async with start_world() as outside:
        for name, rdtype, rcode in (
            ("news.test", "TXT", dns.rcode.NOERROR),
            ("news.test", "DS", dns.rcode.NOERROR),
            ("no.news.test", "A", dns.rcode.NXDOMAIN),
            ("nobody.test", "A", dns.rcode.NXDOMAIN),
            ("dns.acme.test", "A", dns.rcode.NOERROR),
        ):
            reply = await outside.resolve(name, rdtype)
            assert (reply.rcode(), len(records(reply, "SOA"))) == (rcode, 1), name
        assert records(await outside.resolve("plain.test", "MX"), "MX") == {"10 www.plain.test."}
        caa = records(await outside.resolve("news.test", "CAA"), "CAA")
        assert caa == {'0 issue "certificates.nimbus.test"'}


async def test_a_server_refuses_zones_that_it_does_not_hold(start_world: Starter) -> None:
    async with start_world() as outside:
        acme = min(records(await outside.resolve("ns1.dns.acme.test"), "A"))
        assert (await outside.ask(acme, "plain.test", "A")).rcode() == dns.rcode.REFUSED
        over_tcp = await outside.ask(acme, "news.test", "A", tcp=True)
        assert over_tcp.flags & dns.flags.AA


async def test_the_resolver_ages_ttls_by_the_scenario_clock(start_world: Starter) -> None:
    async with start_world(speed=250) as outside:
        first = (await outside.resolve("news.test")).answer[0].ttl
        await outside.clock.sleep(60)
        second = (await outside.resolve("news.test")).answer[0].ttl
        await outside.clock.sleep(300)
        third = (await outside.resolve("news.test")).answer[0].ttl
        assert first == 300
        assert 100 <= second <= 240
        assert third > second


@pytest.mark.parametrize(
    ("mode", "said"), [("silent", "timed out"), ("servfail", "SERVFAIL"), ("lame", "REFUSED")]
)
async def test_name_servers_that_fail_make_servfail_with_the_reason(
    start_world: Starter, mode: str, said: str
) -> None:
    async with start_world(speed=500) as outside:
        await outside.tell("break", "zephyr/names", mode)
        began = asyncio.get_running_loop().time()
        reply = await outside.resolve("www.plain.test")
        lasted = asyncio.get_running_loop().time() - began
        assert reply.rcode() == dns.rcode.SERVFAIL
        assert extended_errors(reply)[:2] == [22, 23]
        assert said in str(reply.extended_errors()[1])
        assert lasted < 1.0
        assert (await outside.resolve("news.test")).rcode() == dns.rcode.NOERROR
        await outside.tell("mend", "zephyr/names")
        await asyncio.sleep(0.4)
        assert (await outside.resolve("www.plain.test")).rcode() == dns.rcode.NOERROR


async def test_two_providers_of_names_stand_in_for_each_other(start_world: Starter) -> None:
    async with start_world(speed=500) as outside:
        await outside.tell("break", "nimbus/dns", "silent")
        assert (await outside.resolve("shop.test")).rcode() == dns.rcode.NOERROR
