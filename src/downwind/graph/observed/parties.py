"""Whether a component is a site's own or a third party's, with the reason.

After Kashaf, Sekar and Agarwal (IMC 2020): one registered domain, or a certificate that names both,
says private; another start of authority says third party. Where both zones name the same start of
authority their method counts customers; here the catalogue speaks, or it stays unknown.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from downwind.catalog import Match
from downwind.evidence.domains import registered_domain
from downwind.graph.observed.drawing import Drawing
from downwind.graph.observed.sightings import Sightings


@dataclass(frozen=True, slots=True)
class Party:
    """The verdict; `private` is None where the evidence does not say."""

    private: bool | None
    reason: str

    def __str__(self) -> str:
        if self.private is None:
            return f"private or third party is unknown: {self.reason}"
        return f"{'private' if self.private else 'third party'}: {self.reason}"


def party(drawing: Drawing, site: str, host: str, matches: Sequence[Match] = ()) -> Party:
    """Whose `host` is, seen from `site`; both are names, `matches` what the catalogue says."""
    own, other = registered_domain(site), registered_domain(host)
    if own is None or other is None:
        return Party(None, "one of the two is no name that somebody registered")
    if own == other:
        return Party(True, f"{host} is named inside {own}")
    if other in drawing.certified.get(own, ()):
        return Party(True, f"a certificate of {own} names {other} too")
    if matches:
        return Party(False, matches[0].rule)
    return _by_authority(drawing.sightings, site, host, own)


def parties(
    drawing: Drawing,
    site: str,
    hosts: Sequence[str],
    known: Callable[[str], Sequence[Match]],
) -> str:
    """The verdicts on several hosts in a few words: those alike are told once, by the first."""
    first: dict[bool | None, Party] = {}
    count: dict[bool | None, int] = {}
    for host in hosts:
        found = party(drawing, site, host, known(host))
        first.setdefault(found.private, found)
        count[found.private] = count.get(found.private, 0) + 1
    several = len(first) > 1
    return "; ".join(
        f"{count[private]} of {len(hosts)} {each}" if several else str(each)
        for private, each in first.items()
    )


def _by_authority(sightings: Sightings, site: str, host: str, own: str) -> Party:
    mine, theirs = _authority(sightings, site), _authority(sightings, host)
    if not mine or not theirs:
        return Party(None, "the start of authority (SOA) of one of the two was not seen")
    if any(registered_domain(name) == own for name in theirs):
        return Party(True, f"the SOA of {host} names {own}")
    if not set(mine) & set(theirs):
        return Party(False, f"its SOA names {theirs[0]}, that of {site} {mine[0]}")
    shared = next(name for name in theirs if name in mine)
    return Party(None, f"both SOAs name {shared}, as those of an owner and of a customer do")


def _authority(sightings: Sightings, name: str) -> tuple[str, ...]:
    """The primary server and the mailbox (MNAME, RNAME) of the zone that holds a name."""
    zone_of = sightings.seen("dns.zone_of", name)
    zone = zone_of[1]["zone"] if zone_of else name
    soa = sightings.seen("dns.soa", zone)
    if soa is None:
        return ()
    fields = str(next(iter(soa[1].get("records", ())), "")).lower().split()
    return tuple(field.rstrip(".") for field in fields[:2])
