"""A vantage's own connection against the hub's server: orders, a batch, its receipt, refusals."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from downwind.evidence.records import to_payload
from downwind.show.web import Access, build_app, serving
from downwind.terms import Evidence, Seen
from downwind.watch.vantages import Inbox
from downwind.watch.vantages.batch import Head, Receipt, pack
from downwind.watch.vantages.link import HubAddress, HubAway, HubLink
from tests.show.web.hub import PARIS, TOKENS, MemoryHub
from tests.show.web.pictures import NOON


@dataclass(slots=True)
class _Hub(MemoryHub):
    """A hub with the real inbox."""

    inbox: Inbox = field(default_factory=lambda: Inbox(now=lambda: NOON + 5))
    log: list[Evidence] = field(default_factory=list)

    async def take_evidence(self, who: str, body: bytes) -> Receipt:
        return self.inbox.receive(who, body, self._log)

    def _log(self, records: Sequence[Evidence]) -> None:
        self.log.extend(records)


def _probe(second: int) -> Evidence:
    step = {"step": 0, "do": "get", "url": "https://shop.test/", "ok": True, "status": 200}
    value = {"ok": True, "state": "up", "steps": [step]}
    return Evidence("shop/buy", "probe.http", Seen(value), NOON - second, "paris")


async def test_a_vantage_hands_over_its_batches_and_each_record_counts_once() -> None:
    hub = _Hub()
    head = Head("paris", NOON)
    probes = [_probe(second) for second in (3, 2, 1)]
    async with (
        serving(build_app(hub, Access(TOKENS)), "127.0.0.1", 0) as url,
        HubLink(HubAddress(url, PARIS), "a test") as link,
    ):
        assert (await link.orders("paris"))["vantage"] == "paris"
        first = await link.send(pack(head, [to_payload(each) for each in probes[:2]]))
        again = await link.send(pack(head, [to_payload(each) for each in probes]))
        with pytest.raises(HubAway) as other:
            await link.send(pack(Head("oslo", NOON), [to_payload(probes[0])]))
        with pytest.raises(HubAway) as broken:
            await link.send(b"\x1f\x8bno gzip")
    told = [(each.accepted + each.duplicates + len(each.refused)) for each in (first, again)]
    assert told == [2, 3]
    assert (again.accepted, again.duplicates) == (1, 2), (first, again)
    assert hub.log == probes
    assert other.value.status == 403
    assert broken.value.status == 400


async def test_a_vantage_with_another_token_is_told_so() -> None:
    async with (
        serving(build_app(_Hub(), Access(TOKENS)), "127.0.0.1", 0) as url,
        HubLink(HubAddress(url, "no-such-secret-0123456789"), "a test") as link,
    ):
        with pytest.raises(HubAway) as refused:
            await link.orders("paris")
    assert refused.value.status == 401


async def test_a_server_that_ends_does_not_wait_for_a_vantage_that_does() -> None:
    loop = asyncio.get_running_loop()
    async with serving(build_app(_Hub(), Access(TOKENS)), "127.0.0.1", 0) as url:
        link = await HubLink(HubAddress(url, PARIS), "a test").__aenter__()
        told = await link.confirmations(1_763_463_600_000_017, 1)
        waiting = asyncio.create_task(link.confirmations(0, 15))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        began = loop.time()
    assert loop.time() - began < 3.0
    assert told == {"number": 1_763_463_600_000_018, "targets": ["shop/buy"]}
    with pytest.raises(HubAway) as ended:
        await waiting
    await link.__aexit__(None, None, None)
    assert ended.value.status == 503
