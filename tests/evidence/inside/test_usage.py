"""Counting in bounded memory agrees with counting everything, as far as it can."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.evidence.inside.dnslog.lookup import Lookup
from downwind.evidence.inside.dnslog.usage import MOST_CLIENTS, Usages
from downwind.evidence.inside.names import Names

HOSTS = [f"h{n}.example.com" for n in range(12)]
LOOKUPS = st.builds(
    Lookup,
    name=st.sampled_from([*HOSTS, "db1", "H1.example.COM.", "9.in-addr.arpa", "not a host"]),
    type=st.sampled_from(["A", "AAAA", "MX", "TYPE9"]),
    client=st.sampled_from(["192.0.2.1", "192.0.2.2", "192.0.2.3"]),
    at=st.none() | st.floats(0, 2e9),
    rcode=st.sampled_from(["", "NOERROR", "NXDOMAIN", "SERVFAIL"]),
    aliases=st.lists(st.sampled_from(HOSTS), max_size=2).map(tuple),
)


def counted(lookups: list[Lookup], most: int) -> Usages:
    usages = Usages(Names(), most)
    for lookup in lookups:
        usages.add(lookup)
    return usages


@settings(max_examples=150, deadline=None)
@given(st.lists(LOOKUPS, max_size=60))
def test_with_room_for_all_every_count_is_that_of_a_plain_count(lookups: list[Lookup]) -> None:
    found = dict(counted(lookups, 1000).items())

    mine = [(each.name.rstrip(".").lower(), each) for each in lookups]
    public = [(name, each) for name, each in mine if name in HOSTS]
    asked = Counter((name, each.type) for name, each in public if not each.rcode)
    told = Counter((name, each.type) for name, each in public if each.rcode)
    assert set(found) == {name for name, _ in public}
    for name, usage in found.items():
        seen = {type_: max(asked[name, type_], told[name, type_]) for type_ in usage.types}
        assert usage.lookups == sum(seen.values())
        assert usage.connecting == seen.get("A", 0) + seen.get("AAAA", 0)
        times = [e.at for n, e in public if n == name and e.at is not None]
        assert (usage.first, usage.last) == (min(times, default=None), max(times, default=None))
        assert len(usage.clients) == len({e.client for n, e in public if n == name})
        there = [e.rcode for n, e in public if n == name and e.rcode]
        assert usage.exists == ("NOERROR" in there or "NXDOMAIN" not in there)


@settings(max_examples=150, deadline=None)
@given(st.lists(LOOKUPS, max_size=80), st.integers(2, 6))
def test_without_room_nothing_is_counted_too_often_and_what_is_lost_is_told(
    lookups: list[Lookup], most: int
) -> None:
    whole = dict(counted(lookups, 1000).items())
    bounded = counted(lookups, most)
    kept = dict(bounded.items())

    assert len(kept) <= most
    assert all(kept[name].lookups <= whole[name].lookups for name in kept)
    assert len(set(whole) - set(kept)) <= bounded.forgotten
    assert (bounded.forgotten == 0) == (kept.keys() == whole.keys() and len(whole) <= most)


def test_memory_for_machines_is_bounded() -> None:
    usages = counted([Lookup("a.example.com", "A", f"m{n}") for n in range(1000)], 10)

    assert len(dict(usages.items())["a.example.com"].clients) == MOST_CLIENTS
