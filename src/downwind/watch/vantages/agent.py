"""A vantage: probes as the hub orders, and keeps what it sees until the hub has it.

It goes on while the hub is away, with the orders that it had, and forgets nothing that fails.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from downwind.evidence.segments import make_directory
from downwind.observe import Clock
from downwind.observe.network import agent_of
from downwind.terms import CannotMeasure, DownwindError, Evidence, Seen
from downwind.watch.vantages.batch import MOST_RECORDS, Head, pack
from downwind.watch.vantages.chunks import write_safely
from downwind.watch.vantages.clock import Offset, OffsetMeter
from downwind.watch.vantages.confirmations import LONGEST_WAIT, Asked, asked_from_json
from downwind.watch.vantages.link import HubAddress, HubAway, HubLink
from downwind.watch.vantages.orders import Orders, orders_from_json, orders_to_json
from downwind.watch.vantages.outbox import Batch, Outbox
from downwind.watch.vantages.rounds import Prober, Rounds
from downwind.watch.vantages.spec import VantageSpec, check_vantage

_SETTLES = 0.1
"""Real seconds for which what came in may grow before it goes on."""


def _say_nothing(_: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class VantageOptions:
    """All that a vantage is started with. Times are seconds."""

    name: str
    hub: HubAddress
    folder: Path
    """Where its outbox and its last orders lie."""
    probe: Prober
    clock: Clock = field(default_factory=Clock.real)
    bound: int = 256 * 1024 * 1024
    """Bytes that the outbox may take."""
    orders_every: float = 60.0
    send_every: float = 2.0
    """What fails, and what the hub asked for at once, does not wait for it."""
    at_once: int = 64
    """Probes under way at once."""
    batch: int = 1_000
    """Records sent together."""
    shortest_wait: float = 1.0
    """After a first failure to reach the hub; each further one doubles it."""
    longest_wait: float = 60.0
    random: random.Random = field(default_factory=random.Random)
    told: Callable[[str], None] = _say_nothing
    """Takes what an operator should read."""


async def run_vantage(options: VantageOptions) -> None:
    """Probe and report until cancelled; what was seen is on disk then."""
    check_vantage(VantageSpec(options.name))
    make_directory(options.folder)
    outbox = Outbox(options.folder / "outbox", bound=options.bound)
    try:
        async with HubLink(options.hub, agent_of()) as link:
            agent = Agent(options, outbox, link)
            agent.remember()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(agent.rounds.run())
                tasks.create_task(agent.follow_orders())
                tasks.create_task(agent.send_all())
                tasks.create_task(agent.follow_confirmations())
    finally:
        outbox.close()


class Agent:
    """The four tasks of a vantage, and what they share."""

    def __init__(self, options: VantageOptions, outbox: Outbox, link: HubLink) -> None:
        self._options = options
        self._clock = options.clock
        self._outbox = outbox
        self._link = link
        self._meter = OffsetMeter()
        self._batch = min(options.batch, MOST_RECORDS)
        self._away = ""
        self._ordered = -1
        """How many orders it told of."""
        self._urgent = asyncio.Event()
        """Something waits that the hub should have now."""
        self.rounds = Rounds(
            options.probe, options.clock, options.name, self.heard, options.at_once
        )

    def remember(self) -> None:
        """Go on with the orders and the clock of an earlier process, until the hub is heard."""
        path = self._options.folder / "orders.json"
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            orders = orders_from_json(told["orders"], self._options.name)
            offset = Offset(*(float(told["offset"][name]) for name in ("seconds", "within", "at")))
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError, CannotMeasure) as error:
            self._options.told(f"{path}: The last orders cannot be read ({error}); the hub's wait.")
            return
        self._meter.restore(offset)
        self.rounds.set(orders.orders)

    def heard(self, evidence: Evidence, asked: bool = False) -> None:
        """Keep what a probe saw, in this vantage's name and in the hub's time."""
        try:
            kept = self._outbox.add(self._dated(evidence))
        except (DownwindError, OSError) as error:
            self._options.told(f"{evidence.subject!a:.200}: it could not be kept: {error}")
            return
        if asked or _fails(evidence):
            self._urgent.set()
        if not kept:
            left = self._outbox.left_out
            self._options.told(
                f"{self._outbox.folder}: No room for what was seen; {left.failing} failing and"
                f" {left.healthy} healthy records were left out so far."
            )

    async def follow_orders(self) -> None:
        """Ask the hub for orders, again and again."""
        wait = self._options.shortest_wait
        while True:
            try:
                orders = await self._ask_orders()
            except (HubAway, CannotMeasure) as error:
                self._tell_away(error)
                await self._sleep(self._jittered(max(wait, getattr(error, "wait", 0.0))))
                wait = min(2 * wait, self._options.longest_wait)
                continue
            wait = self._options.shortest_wait
            self.rounds.set(orders.orders)
            self._tell_ordered(len(orders.orders))
            self._save(orders)
            await self._sleep(self._options.orders_every)

    async def follow_confirmations(self) -> None:
        """Probe at once what the hub asks for: somebody saw it fail.

        While the hub is away the rounds go on; `follow_orders` tells of it.
        """
        number, wait = 0, self._options.shortest_wait
        while True:
            try:
                asked = await self._ask_confirmations(number)
            except (HubAway, CannotMeasure) as error:
                await self._sleep(self._jittered(max(wait, getattr(error, "wait", 0.0))))
                wait = min(2 * wait, self._options.longest_wait)
                continue
            number, wait = asked.number, self._options.shortest_wait
            for target in asked.targets:
                self.rounds.ask(target)
            await self._sleep(_SETTLES)

    async def send_all(self) -> None:
        """Send what waits, oldest first; each batch once the receipt for the last one is kept."""
        wait = self._options.shortest_wait
        while True:
            batch = None
            try:
                batch = self._next()
                if batch is None:
                    await self._until_urgent()
                    continue
                await self._send(batch)
                wait = self._options.shortest_wait
            except HubAway as error:
                if not (batch and self._shrunk(error, batch)):
                    self._tell_away(error)
                    await self._sleep(self._jittered(max(wait, error.wait)))
                    wait = min(2 * wait, self._options.longest_wait)
            except DownwindError as error:
                self._options.told(str(error))
                await self._sleep(self._jittered(wait))
                wait = min(2 * wait, self._options.longest_wait)

    async def _ask_orders(self) -> Orders:
        sent = self._clock.now()
        orders = orders_from_json(await self._link.orders(self._options.name), self._options.name)
        self._meter.heard(sent, self._clock.now(), orders.at)
        self._tell_back()
        return orders

    async def _ask_confirmations(self, number: int) -> Asked:
        return asked_from_json(await self._link.confirmations(number, LONGEST_WAIT))

    async def _until_urgent(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._options.send_every):
                await self._urgent.wait()
                await self._sleep(_SETTLES)  # many fail together: they share a batch
        self._urgent.clear()

    def _next(self) -> Batch | None:
        self._outbox.sync()
        # Nothing is sent before the clock is known: a hub would refuse the times of a wrong one.
        return self._outbox.next(self._batch) if self._offset() else None

    async def _send(self, batch: Batch) -> None:
        sent = self._clock.now()
        receipt = await self._link.send(pack(self._head(sent), batch.records))
        self._meter.heard(sent, self._clock.now(), receipt.at)
        self._outbox.acknowledge(batch)
        self._tell_back()
        self._batch = min(self._options.batch, MOST_RECORDS, self._batch * 2)
        if receipt.refused:
            number, why = receipt.refused[0]
            self._options.told(
                f"The hub refused {len(receipt.refused)} of {len(batch.records)} records;"
                f" record {number}: {why!a:.300}"
            )

    def _head(self, now: float) -> Head:
        offset, left = self._offset(), self._outbox.left_out
        return Head(
            vantage=self._options.name,
            sent_at=now,
            offset=offset.seconds if offset else None,
            within=offset.within if offset else None,
            waiting=self._outbox.waiting,
            left_out_healthy=left.healthy,
            left_out_failing=left.failing,
        )

    def _offset(self) -> Offset | None:
        return self._meter.offset(self._clock.now())

    def _dated(self, evidence: Evidence) -> Evidence:
        """In the hub's time; where the clock is off by more than a second, the record says so."""
        evidence = replace(evidence, vantage=self._options.name)
        offset = self._offset()
        if offset is None or not offset.skewed:
            return evidence
        finding = evidence.finding
        if isinstance(finding, Seen):
            told = {"corrected": round(offset.seconds, 3), "within": round(offset.within, 3)}
            finding = Seen({**finding.value, "clock": told})
        return replace(evidence, finding=finding, at=evidence.at + offset.seconds)

    def _shrunk(self, error: HubAway, batch: Batch) -> bool:
        """Whether the next batch is another one, since this one was too large for the hub."""
        if error.status != 413:
            return False
        if len(batch.records) == 1:
            self._options.told(f"A record of {len(batch.records[0])} bytes is dropped: {error}")
            self._outbox.acknowledge(batch)
        self._batch = max(1, len(batch.records) // 4)
        return True

    def _save(self, orders: Orders) -> None:
        offset = self._offset()
        assert offset is not None
        clock = {"seconds": offset.seconds, "within": offset.within, "at": offset.at}
        told = {"orders": orders_to_json(orders), "offset": clock}
        with contextlib.suppress(DownwindError):  # a full disk: a restart waits for the hub then
            write_safely(self._options.folder / "orders.json", json.dumps(told).encode("ascii"))

    def _tell_away(self, error: DownwindError) -> None:
        """Once for each reason, not once for each try."""
        if error.what != self._away:
            self._away = error.what
            self._options.told(f"{error} {self._outbox.waiting} records wait.")

    def _tell_ordered(self, count: int) -> None:
        if count != self._ordered:
            self._ordered = count
            noun = "target" if count == 1 else "targets"
            self._options.told(f"{self._options.hub.url} orders {count} {noun}.")

    def _tell_back(self) -> None:
        if self._away:
            self._away = ""
            self._options.told("The hub answers again.")

    def _jittered(self, wait: float) -> float:
        return wait * self._options.random.uniform(0.5, 1.5)

    async def _sleep(self, seconds: float) -> None:
        """Real seconds: sockets and disks keep the machine's time."""
        await asyncio.sleep(seconds)


def _fails(evidence: Evidence) -> bool:
    return evidence.value is not None and evidence.value.get("state") != "up"
