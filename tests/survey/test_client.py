"""Questions are tried again, forged replies ignored, and what fails says why."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from downwind.observe.dialer import Dialer
from downwind.observe.network import Endpoint
from downwind.survey.dns.client import Answer, Client
from downwind.survey.dns.wire import TYPES
from downwind.survey.limits.pace import Limits
from tests.observe.tinynet import RESOLVER, Answering, TinyInternet, plain_answering

A = TYPES["A"]


def _reply(query: dns.message.Message, address: str = "192.0.2.1") -> dns.message.Message:
    reply = dns.message.make_response(query)
    name = query.question[0].name
    reply.answer.append(dns.rrset.from_text(name, 60, "IN", "A", address))
    return reply


async def _ask(
    net: TinyInternet, name: str = "x.test", *, limits: Limits | None = None, **network: Any
) -> tuple[Answer, Client]:
    opened = net.network(**network)
    client = Client(opened, Dialer(opened), limits or Limits(queries=10_000))
    try:
        return await client.ask(name, A), client
    finally:
        await client.close()


def _addresses(answer: Answer) -> list[str]:
    assert answer.message is not None, answer.reason
    return [record.value for record in answer.message.answer]


async def test_a_question_is_answered(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await net.name_server(RESOLVER, plain_answering(_reply))
        answer, client = await _ask(net)
    assert _addresses(answer) == ["192.0.2.1"]
    assert client.counts.queries == 1


async def test_a_lost_reply_is_asked_for_again(tmp_path: Path) -> None:
    lost: list[bytes] = []

    def losing(wire: bytes) -> Iterable[bytes]:
        lost.append(wire)
        return plain_answering(_reply)(wire) if len(lost) > 2 else []

    async with TinyInternet(tmp_path) as net:
        await net.name_server(RESOLVER, losing)
        answer, client = await _ask(net)
    assert _addresses(answer) == ["192.0.2.1"]
    assert client.counts.queries == 3
    assert client.counts.timeouts == 2
    assert len({wire[:2] for wire in lost}) > 1, "each try has an id of its own"


async def test_silence_is_unanswered_with_its_reason(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await net.name_server(RESOLVER, lambda _: [])
        answer, _ = await _ask(net)
    assert answer.message is None
    assert answer.reason == (
        f"no usable answer: {RESOLVER}: no answer within 3 s; {RESOLVER}: no answer within 6 s"
    )


async def test_replies_to_something_else_are_ignored(tmp_path: Path) -> None:
    def lying(wire: bytes) -> Iterable[bytes]:
        query = dns.message.from_wire(wire)
        other = _reply(dns.message.make_query("evil.test", "A", id=query.id), "192.0.2.66")
        wrong_id = bytes((wire[0] ^ 1, wire[1])) + _reply(query, "192.0.2.66").to_wire()[2:]
        yield b""
        yield b"garbage"
        yield wire
        yield other.to_wire()
        yield wrong_id
        yield _reply(query, "192.0.2.66").to_wire()[:-2]
        yield _reply(query).to_wire()

    async with TinyInternet(tmp_path) as net:
        await net.name_server(RESOLVER, lying)
        answer, client = await _ask(net)
    assert _addresses(answer) == ["192.0.2.1"]
    assert client.counts.queries == 1


async def test_a_reply_from_another_port_is_ignored(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    forger, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
    )
    target: list[Any] = []

    def forged_first(wire: bytes) -> Iterable[bytes]:
        query = dns.message.from_wire(wire)
        forger.sendto(_reply(query, "192.0.2.66").to_wire(), target[0])
        time.sleep(0.05)
        return [_reply(query).to_wire()]

    class _Served(asyncio.DatagramProtocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: Any) -> None:
            target.append(addr)
            for reply in forged_first(data):
                self.transport.sendto(reply, addr)

    server, _ = await loop.create_datagram_endpoint(_Served, local_addr=("127.0.0.1", 0))
    async with TinyInternet(tmp_path) as net:
        net.dial[RESOLVER] = {"udp/53": list(server.get_extra_info("sockname"))}
        answer, _ = await _ask(net)
    server.close()
    forger.close()
    assert _addresses(answer) == ["192.0.2.1"]


async def test_a_cut_reply_is_asked_for_again_over_tcp(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        cut = plain_answering(_reply, truncate=["x.test"])
        await net.name_server(RESOLVER, cut, plain_answering(_reply))
        answer, client = await _ask(net)
    assert _addresses(answer) == ["192.0.2.1"]
    assert client.counts.over_tcp == 1


async def test_a_cut_reply_without_tcp_is_unanswered(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await net.name_server(RESOLVER, plain_answering(_reply, truncate=["x.test"]))
        del net.dial[RESOLVER]["tcp/53"]
        answer, _ = await _ask(net)
    assert answer.message is None
    assert "tcp/53 is not on the dial map" in answer.reason


def _failing(rcode: dns.rcode.Rcode) -> Answering:
    def fail(query: dns.message.Message) -> dns.message.Message:
        reply = dns.message.make_response(query)
        reply.set_rcode(rcode)
        return reply

    return plain_answering(fail)


async def test_where_one_resolver_fails_another_is_asked(tmp_path: Path) -> None:
    second = "198.18.0.54"
    async with TinyInternet(tmp_path) as net:
        await net.name_server(RESOLVER, _failing(dns.rcode.SERVFAIL))
        await net.name_server(second, plain_answering(_reply))
        answer, _ = await _ask(net, resolvers=[RESOLVER, second])
        failed, client = await _ask(net, resolvers=[RESOLVER])
    assert _addresses(answer) == ["192.0.2.1"]
    assert failed.message is not None
    assert failed.message.rcode_text == "SERVFAIL"
    assert client.counts.queries == 1, "whoever says that it failed is not asked again"


async def test_the_rate_is_kept(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await net.name_server(RESOLVER, plain_answering(_reply))
        opened = net.network()
        client = Client(opened, Dialer(opened), Limits(queries=50))
        began = time.monotonic()
        answers = await asyncio.gather(*(client.ask(f"x{n}.test", A) for n in range(30)))
        took = time.monotonic() - began
        await client.close()
    assert all(answer.message for answer in answers)
    assert took >= 27 / 50 * 0.9


async def test_no_more_is_under_way_than_allowed(tmp_path: Path) -> None:
    held: list[bytes] = []

    def holding(wire: bytes) -> Iterable[bytes]:
        held.append(wire)
        return []

    async with TinyInternet(tmp_path) as net:
        await net.name_server(RESOLVER, holding)
        opened = net.network()
        client = Client(opened, Dialer(opened), Limits(queries=10_000, resolver_at_once=7))
        asked = [client.ask(f"x{n}.test", A) for n in range(30)]
        await asyncio.sleep(0.1)
        assert len(held) == 7
        await client.close()
        for each in asked:
            each.cancel()


async def test_addresses_that_do_not_belong_to_the_network_are_refused(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        opened = net.network()
        client = Client(opened, Dialer(opened), Limits())
        answer = await client.direct("x.test", A, "127.0.0.1")
        await client.close()
    assert "is not on the dial map" in answer.reason


async def test_what_is_no_name_is_not_asked(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await net.name_server(RESOLVER, plain_answering(_reply))
        answer, client = await _ask(net, "a" * 64 + ".test")
    assert answer.reason.startswith("not asked: ")
    assert client.counts.queries == 0


def test_an_endpoint_is_compared_in_the_form_of_the_kernel() -> None:
    # 2001:DB8:0::1 is how somebody writes it; replies come from 2001:db8::1.
    async def same() -> tuple[Any, Any]:
        from downwind.survey.dns.socket_pool import SocketPool

        pool: SocketPool[str] = SocketPool(asyncio.get_running_loop(), lambda *_: True)
        pair = (
            pool._address(Endpoint("2001:DB8:0::1", 53)),
            pool._address(Endpoint("2001:db8::1", 53)),
        )
        pool.close()
        return pair

    first, second = asyncio.run(same())
    assert first == second
