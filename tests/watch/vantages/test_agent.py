"""A vantage reports to its hub over real sockets, and loses nothing while it is away."""

from __future__ import annotations

import asyncio
import hashlib
import random
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from downwind.evidence.log import EvidenceLog
from downwind.observe import Clock
from downwind.terms import Evidence, Unanswered, UsageError
from downwind.watch.vantages import HubAddress, Inbox, Order, VantageOptions, run_vantage
from downwind.watch.vantages.link import check_hub

from ...observe.tinyca import Issuer
from .hubserver import TOKEN, HubServer, logged
from .probes import probed

ORDERS = (
    Order("x.test/feed", "http", 1.0, 0.9, {"url": "https://x.test/"}),
    Order("x.test/post", "http", 1.0, 0.9, {"url": "https://x.test/post"}),
)
SPEED = 20.0
"""Scenario seconds in a second: orders of one second come 20 times a second."""


def clock(skew: float = 0.0) -> Clock:
    return Clock(scenario=time.time() + skew, monotonic=time.monotonic(), speed=SPEED, floor=0.05)


class Prober:
    """Sees each target up, and counts."""

    def __init__(self, time_of: Clock) -> None:
        self.clock = time_of
        self.count = 0

    async def __call__(self, order: Order) -> Evidence:
        self.count += 1
        return probed(order.target, self.clock.now(), vantage="whatever", body=str(self.count))


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[HubServer]:
    now = clock().now
    with EvidenceLog(tmp_path / "hub") as log:
        yield HubServer(log, Inbox(now=now), ORDERS)


def options(tmp_path: Path, server: HubServer, **changes: object) -> VantageOptions:
    made = VantageOptions(
        name="paris",
        hub=HubAddress(server.url, TOKEN, timeout=5.0),
        folder=tmp_path / "vantage",
        probe=Prober(clock()),
        clock=clock(),
        orders_every=0.3,
        send_every=0.02,
        shortest_wait=0.02,
        longest_wait=0.2,
        random=random.Random(1),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@asynccontextmanager
async def running(chosen: VantageOptions) -> AsyncIterator[None]:
    task = asyncio.create_task(run_vantage(chosen))
    try:
        yield
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def hub_log(tmp_path: Path) -> list[Evidence]:
    return logged(tmp_path / "hub")


async def test_what_a_vantage_sees_is_in_the_hubs_log_in_its_own_name(
    tmp_path: Path, hub: HubServer
) -> None:
    async with hub, running(options(tmp_path, hub)):
        await until(lambda: len(hub_log(tmp_path)) >= 6)

    found = hub_log(tmp_path)
    assert {record.subject for record in found} == {"x.test/feed", "x.test/post"}
    assert {record.vantage for record in found} == {"paris"}
    assert hub.inbox.heard()[0].head.offset is not None


async def test_while_the_hub_is_away_it_probes_on_and_all_arrives_once(
    tmp_path: Path, hub: HubServer
) -> None:
    prober = Prober(clock())
    told: list[str] = []
    chosen = options(tmp_path, hub, probe=prober, told=told.append)
    async with hub:
        chosen = replace(chosen, hub=HubAddress(hub.url, TOKEN, timeout=5.0))
        task = asyncio.create_task(run_vantage(chosen))
        await until(lambda: len(hub_log(tmp_path)) >= 2)
    seen = prober.count
    await until(lambda: prober.count >= seen + 20)
    hub.loses, hub.refuses = 2, 3
    async with hub:
        await until(lambda: len(hub_log(tmp_path)) >= seen + 20)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    bodies = [record.value["steps"][0]["body"] for record in hub_log(tmp_path) if record.value]
    assert len(bodies) == len(set(bodies))
    assert sorted(map(int, bodies))[: seen + 20] == list(range(1, seen + 21))
    assert hub.inbox.heard()[0].duplicates > 0  # the lost receipts made it send again
    assert any("cannot be reached" in text for text in told)
    assert "The hub answers again." in told


async def test_a_killed_vantage_sends_the_rest_when_it_is_started_again(
    tmp_path: Path, hub: HubServer
) -> None:
    prober = Prober(clock())
    async with hub:
        async with running(options(tmp_path, hub, probe=prober)):
            await until(lambda: len(hub_log(tmp_path)) >= 2)
            hub.refuses = 10**6
            seen = prober.count
            await until(lambda: prober.count >= seen + 10)
        hub.refuses = 0
        before = prober.count
        async with running(options(tmp_path, hub, probe=prober)):
            await until(lambda: len(hub_log(tmp_path)) >= before)

    bodies = [record.value["steps"][0]["body"] for record in hub_log(tmp_path) if record.value]
    assert len(bodies) == len(set(bodies))


async def test_it_starts_with_its_last_orders_while_the_hub_is_away(
    tmp_path: Path, hub: HubServer
) -> None:
    async with hub, running(options(tmp_path, hub)):
        await until(lambda: len(hub_log(tmp_path)) >= 1)
    prober = Prober(clock())

    async with running(options(tmp_path, hub, probe=prober)):
        await until(lambda: prober.count >= 4)


@pytest.mark.parametrize("skew", [-3_600.0, 500.0])
async def test_a_clock_that_is_wrong_is_corrected_and_the_record_says_so(
    tmp_path: Path, hub: HubServer, skew: float
) -> None:
    wrong = clock(skew)
    async with hub, running(options(tmp_path, hub, clock=wrong, probe=Prober(wrong))):
        await until(lambda: len(hub_log(tmp_path)) >= 3)
        now = hub.inbox.now()

    for record in hub_log(tmp_path):
        assert abs(record.at - now) < 60
        assert record.value is not None
        assert record.value["clock"]["corrected"] == pytest.approx(-skew, abs=20)
    (heard,) = hub.inbox.heard()
    assert heard.skew == pytest.approx(-skew, abs=60)


async def test_a_batch_that_is_too_large_for_the_hub_is_sent_in_parts(
    tmp_path: Path, hub: HubServer
) -> None:
    hub.largest, hub.takes = 4_000, False
    prober = Prober(clock())
    async with hub, running(options(tmp_path, hub, probe=prober)):
        await until(lambda: prober.count >= 40)
        hub.takes = True
        await until(lambda: len(hub_log(tmp_path)) >= 40)

    assert max(len(body) for body in hub.bodies) > hub.largest  # such a batch was refused


async def test_a_wrong_token_is_told_and_not_the_end(tmp_path: Path, hub: HubServer) -> None:
    told: list[str] = []
    async with hub:
        address = HubAddress(hub.url, "wrong")
        async with running(options(tmp_path, hub, hub=address, told=told.append)):
            await until(lambda: bool(told))

    assert "401" in told[0]
    assert "The token is not known." in told[0]
    assert hub_log(tmp_path) == []


async def test_a_probe_that_raises_or_hangs_is_told_and_the_others_go_on(
    tmp_path: Path, hub: HubServer
) -> None:
    good = Prober(clock())

    async def probe(order: Order) -> Evidence:
        if order.target == "x.test/post":
            raise ValueError("a defect")
        if good.count == 3:
            good.count += 1
            await asyncio.sleep(3600)
        return await good(order)

    async with hub, running(options(tmp_path, hub, probe=probe)):
        await until(lambda: good.count >= 6)
        await until(lambda: len(blind(tmp_path)) >= 2)

    assert "the probe failed: ValueError: a defect" in blind(tmp_path)


def blind(tmp_path: Path) -> list[str]:
    """Why the vantage could not look, each time that it could not."""
    findings = (record.finding for record in hub_log(tmp_path))
    return [finding.reason for finding in findings if isinstance(finding, Unanswered)]


@asynccontextmanager
async def secure_hub(tmp_path: Path, hub: HubServer) -> AsyncIterator[tuple[HubServer, Issuer]]:
    issuer = Issuer()
    hub.context = issuer.context(tmp_path, ["127.0.0.1"])
    async with hub:
        yield hub, issuer


async def test_the_hub_is_known_by_its_authority(tmp_path: Path, hub: HubServer) -> None:
    async with secure_hub(tmp_path, hub) as (server, issuer):
        ca = tmp_path / "ca.pem"
        ca.write_text(issuer.pem)
        address = HubAddress(server.url, TOKEN, ca=ca)
        async with running(options(tmp_path, server, hub=address)):
            await until(lambda: len(hub_log(tmp_path)) >= 1)


async def test_the_hub_is_known_by_its_one_certificate(tmp_path: Path, hub: HubServer) -> None:
    async with secure_hub(tmp_path, hub) as (server, _):
        pem = await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", server.port))
        der = ssl.PEM_cert_to_DER_cert(pem)
        address = HubAddress(server.url, TOKEN, fingerprint=hashlib.sha256(der).hexdigest())
        async with running(options(tmp_path, server, hub=address)):
            await until(lambda: len(hub_log(tmp_path)) >= 1)


@pytest.mark.parametrize("fingerprint", ["", "ab" * 32])
async def test_somebody_else_in_the_hubs_place_gets_no_token(
    tmp_path: Path, hub: HubServer, fingerprint: str
) -> None:
    told: list[str] = []
    async with secure_hub(tmp_path, hub) as (server, _):
        address = HubAddress(server.url, TOKEN, fingerprint=fingerprint)
        async with running(options(tmp_path, server, hub=address, told=told.append)):
            await until(lambda: bool(told))

    assert "certificate" in told[0].lower()
    assert fingerprint or "Give its authority (--authority)" in told[0]
    assert server.bodies == []
    assert hub_log(tmp_path) == []


@pytest.mark.parametrize(
    "address",
    [
        HubAddress("http://hub.x.test", TOKEN),
        HubAddress("http://127.0.0.1.x.test", TOKEN),
        HubAddress("http://10.0.0.1", TOKEN),
        HubAddress("ftp://hub.x.test", TOKEN),
        HubAddress("https://", TOKEN),
        HubAddress("https://u:p@hub.x.test", TOKEN),
        HubAddress("https://hub.x.test:99999", TOKEN),
        HubAddress("https://[::1", TOKEN),
        HubAddress("https://hub.x.test", ""),
        HubAddress("https://hub.x.test", "a\nb: c"),
        HubAddress("https://hub.x.test", TOKEN, fingerprint="abc"),
    ],
    ids=repr,
)
def test_an_address_that_would_lose_the_token_is_refused(address: HubAddress) -> None:
    with pytest.raises(UsageError):
        check_hub(address)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://[::1]:1/", "https://x.test/a/"])
def test_a_loopback_address_needs_no_tls(url: str) -> None:
    assert check_hub(HubAddress(url, TOKEN)).url == url.rstrip("/")
