"""What is due when: pure, told the time, and never late twice for the same target."""

from __future__ import annotations

import hashlib
import heapq
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from downwind.terms import UsageError

_MOST_ASKED = 8
"""Extra probes that may wait for one target and vantage."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is probed, and how often."""

    name: str
    """The subject of its evidence: a capability's key, a node's id, or name:HOST."""
    what: Any
    """How it is probed; the schedule only hands it on."""
    interval: float = 30.0
    """Seconds of the network's clock."""
    timeout: float = 10.0
    """Seconds for one probe; less than the interval."""
    vantages: tuple[str, ...] = ()
    """From where; none given: from every vantage of the schedule."""

    def __post_init__(self) -> None:
        if not 0 < self.timeout < self.interval < math.inf:
            raise UsageError(
                f"A probe of {self.timeout:g} s does not fit an interval of {self.interval:g} s.",
                where=self.name[:80],
                todo="The time-out is above zero and below the interval.",
            )


@dataclass(frozen=True, slots=True)
class Order:
    """One probe that is to start now."""

    target: Target
    vantage: str
    due: float
    turn: int
    """How many went before it: the addresses of a name take turns by it."""
    address: str | None = None
    """Where to; none: whose turn it is."""
    extra: bool = False
    """True for one that was asked for, beside the regular ones."""


Key = tuple[str, str]
"""A target's name, and a vantage."""


@dataclass(slots=True)
class _Line:
    """One target from one vantage."""

    target: Target
    vantage: str
    turn: int = 0
    left_out: bool = False
    """Whether its latest turn came too late."""
    busy: bool = False
    busy_extra: bool = False
    paused: bool = False
    asked: set[tuple[float, str | None]] = field(default_factory=set)


class Agenda:
    """Targets and vantages with their next due times. Times are seconds of any one clock."""

    def __init__(
        self,
        targets: Iterable[Target] = (),
        vantages: Sequence[str] = ("here",),
        *,
        now: float,
        seed: int = 0,
        too_late: float = math.inf,
    ) -> None:
        """A regular probe that is later than `too_late` waits for its next turn: after a minute
        in which nothing was taken all are due, and would start in one moment. None waits twice in
        a row."""
        self._too_late = too_late
        self._vantages = tuple(vantages)
        self._seed = seed
        self._lines: dict[Key, _Line] = {}
        self._regular: list[tuple[float, int, _Line]] = []
        self._asked: list[tuple[float, int, _Line, str | None]] = []
        self._serial = 0
        self.skipped = 0
        """Probes left out: the one before had not ended, or it was too late for them."""
        self.replace(targets, now)

    def __len__(self) -> int:
        return len(self._lines)

    def replace(self, targets: Iterable[Target], now: float) -> None:
        """From now on these. Those that were there keep their rhythm, where it is the same."""
        wanted: dict[Key, Target] = {}
        for target in targets:
            for vantage in target.vantages or self._vantages:
                key = (target.name, vantage)
                if vantage not in self._vantages:
                    raise UsageError(f"There is no vantage {vantage!r:.80}.", where=target.name)
                if key in wanted:
                    raise UsageError("Two targets have this name.", where=target.name[:80])
                wanted[key] = target
        for key in [key for key in self._lines if key not in wanted]:
            del self._lines[key]
        for key, target in wanted.items():
            self._put(key, target, now)

    def _put(self, key: Key, target: Target, now: float) -> None:
        line = self._lines.get(key)
        if line is not None and line.target.interval == target.interval:
            line.target = target
            return
        line = self._lines[key] = _Line(target, key[1])
        self._push(now + self._phase(key) * target.interval, line)

    def _phase(self, key: Key) -> float:
        """From 0 to 1, by a hash of the name: thousands of targets start evenly spread."""
        text = f"{self._seed}\0{key[0]}\0{key[1]}".encode("utf-8", "surrogatepass")
        return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") / 2**64

    def _push(self, due: float, line: _Line) -> None:
        self._serial += 1
        heapq.heappush(self._regular, (due, self._serial, line))

    def pause(self, name: str, paused: bool = True) -> bool:
        """Stop (or go on with) the regular probes of a target; False where there is none."""
        lines = [line for key, line in self._lines.items() if key[0] == name]
        for line in lines:
            line.paused = paused
        return bool(lines)

    def ask(self, name: str, vantage: str, due: float, address: str | None = None) -> bool:
        """One more probe at this time, before regular ones; False where it is not taken on.

        It is not for an unknown target or vantage, or when the same or too many wait already.
        """
        line = self._lines.get((name, vantage))
        if line is None or (due, address) in line.asked or len(line.asked) >= _MOST_ASKED:
            return False
        line.asked.add((due, address))
        self._serial += 1
        heapq.heappush(self._asked, (due, self._serial, line, address))
        return True

    def next_due(self) -> float | None:
        """When something is due again."""
        dues = [heap[0][0] for heap in (self._asked, self._regular) if heap]
        return min(dues, default=None)

    def take(self, now: float) -> list[Order]:
        """All that is to start now: what was asked for first, then by due time."""
        return [*self._take_asked(now), *self._take_regular(now)]

    def done(self, order: Order) -> None:
        """This probe has ended."""
        line = self._lines.get((order.target.name, order.vantage))
        if line is None:
            return
        if order.extra:
            line.busy_extra = False
        else:
            line.busy = False

    def release(self) -> None:
        """All probes have ended, however."""
        for line in self._lines.values():
            line.busy = line.busy_extra = False

    def _take_asked(self, now: float) -> list[Order]:
        orders: list[Order] = []
        while self._asked and self._asked[0][0] <= now:
            due, _, line, address = heapq.heappop(self._asked)
            line.asked.discard((due, address))
            if not self._lives(line):
                continue
            if line.busy_extra:
                self.skipped += 1
                continue
            line.busy_extra = True
            orders.append(self._order(line, due, address, extra=True))
        return orders

    def _take_regular(self, now: float) -> list[Order]:
        orders: list[Order] = []
        while self._regular and self._regular[0][0] <= now:
            due, _, line = heapq.heappop(self._regular)
            if not self._lives(line):
                continue
            interval = line.target.interval
            late = now - due
            missed = int(late // interval)
            due += missed * interval
            self._push(due + interval, line)
            if line.paused:
                continue
            self.skipped += missed
            line.left_out = late > self._too_late and not line.left_out
            if line.busy or line.left_out:
                self.skipped += 1
                continue
            line.busy = True
            orders.append(self._order(line, due))
        return orders

    def _lives(self, line: _Line) -> bool:
        return self._lines.get((line.target.name, line.vantage)) is line

    def _order(
        self, line: _Line, due: float, address: str | None = None, extra: bool = False
    ) -> Order:
        order = Order(line.target, line.vantage, due, line.turn, address, extra)
        line.turn += 1
        return order
