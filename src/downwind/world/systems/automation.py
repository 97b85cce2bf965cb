"""The automation that keeps the DNS name of a key-value product, and the race that empties it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from downwind.world.net.addresses import Address
from downwind.world.net.names import put_addresses
from downwind.world.net.zone import Zone


@dataclass(frozen=True, slots=True)
class DnsPlan:
    """The addresses that the name should have; plans are numbered as they are made."""

    number: int
    addresses: tuple[Address, ...]


class RecordKeeper:
    """A planner and its enactors, modelled on the public report of 2025-10-20.

    A slow enactor puts an old plan in place while a quick one, done with a newer plan, cleans up
    what is old: the plan in use is deleted, and the record is left empty.
    """

    def __init__(self, zone: Zone, name: str, ttl: int, addresses: Sequence[Address]) -> None:
        self._zone = zone
        self._name = name
        self._ttl = ttl
        self._addresses = tuple(addresses)
        self._plans: dict[int, DnsPlan] = {}
        self._in_use: int | None = None
        self.enact(self.plan())

    def plan(self) -> DnsPlan:
        """The planner makes a newer plan."""
        number = max(self._plans, default=0) + 1
        made = DnsPlan(number, self._addresses)
        self._plans[number] = made
        return made

    def enact(self, plan: DnsPlan) -> None:
        """An enactor puts a plan in place, without asking whether it is the newest."""
        self._in_use = plan.number
        self._write(plan.addresses)

    def clean_up(self, older_than: int) -> None:
        """An enactor deletes the plans that are older, the one in use among them."""
        self._plans = {n: plan for n, plan in self._plans.items() if n >= older_than}
        if self._in_use not in self._plans:
            self._write(())

    def race(self) -> None:
        """The order of events that empties the record."""
        old = self.plan()
        new = self.plan()
        self.enact(new)
        self.enact(old)
        self.clean_up(new.number)

    def repair(self) -> None:
        """Operators put a whole plan in place by hand."""
        self.enact(self.plan())

    def move(self, addresses: Sequence[Address]) -> None:
        """The name is to lead somewhere else from now on."""
        if tuple(addresses) != self._addresses:
            self._addresses = tuple(addresses)
            self.enact(self.plan())

    def _write(self, addresses: tuple[Address, ...]) -> None:
        put_addresses(self._zone, self._name, self._ttl, addresses)
