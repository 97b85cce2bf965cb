"""Shows what was read from inside, whose vendors these are, and what outside had missed."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from downwind.catalog import Catalog
from downwind.graph.types import Unknown
from downwind.jobs.inside import Look, Read
from downwind.questions.missed import Missed, Vendor
from downwind.show.lines import print_lines
from downwind.show.map_form import unknown_form, unknowns_of
from downwind.show.screen import plain
from downwind.terms import Scope

_MOST_ROWS = 40
_MOST_NAMED = 12
_NOT_COUNTED = {
    "internal": "internal {names}",
    "reverse": "reverse look-up{s}",
    "missing": "{names} that {do} not exist",
    "checking": "{names} asked only to check or deliver (MX, TXT and the like)",
    "odd": "{names} that no host can have",
    "suffix": "public suffix{es}",
    "addresses": "address{es} that {stand} in place of a host name",
}


def inside_form(read: Sequence[Read], look: Look, catalog: Catalog) -> dict[str, Any]:
    """The JSON form: what was read, the vendors, and what the outside view alone had missed."""
    found = look.missed
    return {
        "for": found.node,
        "from": list(look.kinds),
        "readings": [_reading_form(each) for each in read],
        "vendors": [_vendor_form(vendor, catalog) for vendor in found.inside],
        "missed": {
            "compared_with": found.compared or "all that was mapped",
            "outside": list(found.outside),
            "saw": len(found.outside),
            "of": found.total,
            "added": [vendor.id for vendor in found.added],
            "new_scopes": [str(scope) for scope in found.new_scopes],
            "hidden_providers": {p: list(vendors) for p, vendors in found.hidden.items()},
        },
        "unknown": unknown_form(_unknowns(read, look)),
    }


def show_inside(out: Console, read: Sequence[Read], look: Look, catalog: Catalog) -> None:
    """Print what was read, some lines a vendor, and the sentences on what was missed."""
    found = look.missed
    for each in read:
        _show_reading(out, each)
    out.print()
    out.print(Text(f"Vendors of {plain(found.node)}, as seen from inside", style="bold"))
    for vendor in found.inside[:_MOST_ROWS]:
        _show_vendor(out, vendor, catalog)
    if len(found.inside) > _MOST_ROWS:
        out.print(Text(f"  and {len(found.inside) - _MOST_ROWS} more; --json lists all"))
    _show_unnamed(out, _unknowns(read, look))
    out.print()
    for sentence in sentences(look, catalog):
        print_lines(out, sentence)


def sentences(look: Look, catalog: Catalog) -> list[str]:
    """What the outside view alone had missed."""
    found, added = look.missed, look.missed.added
    said = []
    if not found.compared and not found.outside:
        said.append("Nothing in the store was seen from outside; `downwind map NAME` looks.")
    elif not found.compared:
        said.append(
            f"Nothing that was mapped shows {found.node} itself; it is compared with "
            "everything in the store that was seen from outside."
        )
    saw = f"The outside view saw {len(found.outside)} of {_many(found.total, 'vendor')}"
    kinds = " and ".join(f"the {_CALLED[kind]}" for kind in look.kinds)
    verb = "adds" if len(look.kinds) == 1 else "add"
    if added:
        names = _listed([_name(vendor.id, catalog) for vendor in added])
        said.append(f"{saw}; {kinds} {verb} {len(added)}: {names}.")
        said += _beneath(found, added, catalog)
    else:
        said.append(f"{saw}; {kinds} {verb} none.")
    if found.new_scopes:
        scopes = _listed([str(scope) for scope in found.new_scopes])
        said.append(f"Of vendors that it did see, it missed these parts: {scopes}.")
    return said


_THINGS = {
    "dnslog": "host",
    "otel": "call",
    "terraform": "resource",
    "backstage": "entity",
}
_CALLED = {
    "dnslog": "log",
    "otel": "service graph",
    "terraform": "state",
    "backstage": "catalogue",
}


def _beneath(found: Missed, added: Sequence[Vendor], catalog: Catalog) -> list[str]:
    said = []
    on_hidden = {vendor for vendors in found.hidden.values() for vendor in vendors}
    if on_hidden:
        providers = _listed(
            [f"{_name(p, catalog)} ({len(vendors)})" for p, vendors in found.hidden.items()]
        )
        verb = "rests" if len(on_hidden) == 1 else "rest"
        said.append(
            f"{len(on_hidden)} of these {verb} on providers that nothing outside shows: "
            f"{providers}."
        )
    unmapped = [vendor for vendor in added if vendor.hosts and not vendor.rests_on]
    if unmapped:
        verb = "rests" if len(unmapped) == 1 else "rest"
        said.append(
            f"What {len(unmapped)} of these {verb} on is not known yet; --deeper maps their hosts."
        )
    return said


def _show_reading(out: Console, each: Read) -> None:
    reading, facts = each.reading, each.reading.facts
    head = f"{plain(each.source)} ({reading.format}): "
    head += _many(len(reading.statements), _THINGS[reading.kind])
    if reading.kind == "dnslog":
        verb = "is a look-up" if facts["lookups"] == 1 else "are look-ups"
        head += f"; {facts['lookups']:,} of {_many(facts['lines'], 'line')} {verb}"
    out.print(Text(head, style="bold"))
    left = [_left(sort, facts[sort]) for sort in _NOT_COUNTED if facts.get(sort, {}).get("names")]
    if left:
        print_lines(out, f"Left out: {', '.join(left)}.", head="  ")
    for line in _trouble(each):
        print_lines(out, line, style="yellow", head="  ")


def _unknowns(read: Sequence[Read], look: Look) -> tuple[Unknown, ...]:
    """What stayed unknown of the node, of what it leans on, and of what was read now."""
    stated = [s.value for each in read for s in each.reading.statements]
    said = (value.get(key) for value in stated for key in ("address", "client"))
    about = {*(each.source for each in read), *(str(subject) for subject in said if subject)}
    return unknowns_of(look.merged, [look.missed.node], about)


def _show_unnamed(out: Console, unknowns: Sequence[Unknown]) -> None:
    """Whom the documents lead to without a name; what could not be read is told above."""
    alike: dict[str, list[str]] = {}
    for unknown in unknowns:
        if unknown.kind in ("inside.call", "inside.resource"):
            alike.setdefault(unknown.reason, []).append(plain(unknown.subject))
    if alike:
        out.print()
        out.print(Text("What stays unknown, and why", style="bold"))
    for reason, subjects in alike.items():
        print_lines(out, f"{_listed(subjects)}: {plain(reason)}", style="yellow", head="  ")


def _trouble(each: Read) -> list[str]:
    reading, facts = each.reading, each.reading.facts
    lines = []
    if reading.broken:
        places = "; ".join(f"{b.place}: {b.why}" for b in reading.first_broken)
        lines.append(f"{_many(reading.broken, 'place')} could not be read. {places}.")
    if facts.get("cut"):
        lines.append(f"It was read up to its end as it is: {facts['cut']}.")
    if (facts.get("forgotten") or {}).get("names"):
        lines.append(
            f"{facts['forgotten']['names']:,} of the names asked for least were left out for "
            "want of room."
        )
    return lines


def _left(sort: str, tally: Mapping[str, int]) -> str:
    count = tally["names"]
    words = _NOT_COUNTED[sort].format(
        names="name" if count == 1 else "names",
        do="does" if count == 1 else "do",
        stand="stands" if count == 1 else "stand",
        s="" if count == 1 else "s",
        es="" if count == 1 else "es",
    )
    return f"{count:,} {words}"


def _show_vendor(out: Console, vendor: Vendor, catalog: Catalog) -> None:
    line = Text(f"  {plain(_name(vendor.id, catalog))}")
    line.append("  " + " and ".join(vendor.standings), style="dim")
    if not vendor.outside:
        line.append("  not seen outside", style="yellow")
    out.print(line, soft_wrap=False)
    if scopes := _beyond(vendor.scopes):
        print_lines(out, ", ".join(scopes), style="magenta", head="    ")
    if vendor.hosts:
        shown = ", ".join(vendor.hosts[:3])
        more = f" and {len(vendor.hosts) - 3} more" if len(vendor.hosts) > 3 else ""
        print_lines(out, f"{shown}{more}", style="dim", head="    ")
    if vendor.rests_on:
        named = ", ".join(_name(provider, catalog) for provider in vendor.rests_on)
        print_lines(out, f"rests on {named}", style="dim", head="    ")


def _beyond(scopes: Sequence[Scope]) -> list[str]:
    """The scopes that say more than the vendor's name."""
    return [str(scope) for scope in scopes if scope.product]


def _name(vendor: str, catalog: Catalog) -> str:
    provider = catalog.provider(vendor)
    return provider.name if provider else vendor


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    if more <= 0:
        return ", ".join(names)
    return f"{', '.join(names[:_MOST_NAMED])} and {more} more"


def _many(count: int, what: str) -> str:
    several = f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"
    return f"{count:,} {what if count == 1 else several}"


def _reading_form(each: Read) -> dict[str, Any]:
    reading = each.reading
    return {
        "source": each.source,
        "from": reading.kind,
        "format": reading.format,
        "statements": len(reading.statements),
        "broken": reading.broken,
        "first_broken": [{"place": b.place, "why": b.why} for b in reading.first_broken],
        **reading.facts,
    }


def _vendor_form(vendor: Vendor, catalog: Catalog) -> dict[str, Any]:
    return {
        "vendor": vendor.id,
        "name": _name(vendor.id, catalog),
        "known": vendor.known,
        "hosts": list(vendor.hosts),
        "scopes": [str(scope) for scope in vendor.scopes],
        "standing": list(vendor.standings),
        "seen_outside": vendor.outside,
        "rests_on": list(vendor.rests_on),
    }
