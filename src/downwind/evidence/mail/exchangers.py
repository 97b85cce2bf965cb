"""MX records: the hosts that take a domain's mail, the preferred first."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Exchanger:
    """One host that takes mail; the lower its preference, the sooner it is tried."""

    preference: int
    host: str


def exchangers_of(records: Iterable[str]) -> tuple[Exchanger, ...]:
    """The exchangers in MX records (`10 mx.x.test.`); () for a null MX, and broken ones count not.

    A host that is there twice counts with its better preference.
    """
    best: dict[str, Exchanger] = {}
    for exchanger in sorted(each for record in records if (each := _read(record)) is not None):
        best.setdefault(exchanger.host, exchanger)
    return tuple(best.values())


def refuses_mail(records: Iterable[str]) -> bool:
    """True for a null MX (RFC 7505): the domain takes no mail, and says so."""
    return [record.split() for record in records] == [["0", "."]]


def _read(record: str) -> Exchanger | None:
    preference, _, host = record.strip().partition(" ")
    name = host.strip().lower().rstrip(".")
    return Exchanger(int(preference), name) if name and preference.isdecimal() else None
