"""Shows what the catalogue knows: of artefacts, of roles and who offers them."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from downwind.catalog import ROLES, Catalog
from downwind.catalog.alternatives import Offer
from downwind.catalog.explain import Explained
from downwind.catalog.unrecognised import Suggestion
from downwind.jobs.update import Outcome
from downwind.show.lines import print_lines
from downwind.show.screen import narrow, plain

_UNKNOWN = "unknown"
_WIDEST_VALUE = 44


def show_explained(out: Console, answer: Explained, catalog: Catalog) -> None:
    """One artefact: a line for each thing that is known, and what is not."""
    print_lines(out, f"{answer.kind} {_short(answer.value)}", "bold")
    if answer.owner is None and answer.fault in (None, _UNKNOWN):
        print_lines(out, "Nobody in the catalogue shows this.", "yellow")
        return
    lines = {
        "owner": _named(answer.owner, catalog),
        "served by": _carrier(answer, catalog),
        "role": answer.role or _UNKNOWN,
        "region": answer.region or _UNKNOWN,
        "fault": answer.fault,
        "confidence": f"{answer.confidence:.0%}",
        "because": answer.rule,
    }
    for head, text in lines.items():
        if text:
            print_lines(out, text, head=f"  {head:<11}")


def show_explained_list(out: Console, answers: Sequence[Explained]) -> None:
    """Many artefacts: a row for each, then how many are known."""
    if narrow(out):
        for each in answers:
            print_lines(out, f"{each.kind} {_short(each.value)}")
            print_lines(out, f"  {_summary(each)}", "dim" if each.owner is None else "")
    else:
        out.print(_table(answers))
        for each in answers:
            if each.owner is None and each.fault in (None, _UNKNOWN) and each.rule:
                print_lines(out, f"{each.kind} {_short(each.value)}: {each.rule}", "yellow")
    known = sum(each.owner is not None for each in answers)
    print_lines(out, f"{known} of {len(answers)} known.", "bold")


def show_alternatives(out: Console, role: str, offers: Sequence[Offer]) -> None:
    """Who offers a role, under their owners."""
    print_lines(out, f"{role}: {ROLES[role]}", "bold")
    owner = None
    for offer in offers:
        if offer.owner != owner:
            owner = offer.owner
            print_lines(out, owner, "cyan")
        carried = f" (on {', '.join(offer.served_by)})" if offer.served_by else ""
        print_lines(out, f"{offer.provider}/{offer.product}  {offer.name}{carried}", head="  ")
    owners = len({offer.owner for offer in offers})
    print_lines(out, f"{len(offers)} offers of {owners} owners.", "bold")


def show_roles(out: Console, counts: Mapping[str, int]) -> None:
    """The roles, and how many offers each has."""
    width = max(map(len, counts))
    for role, count in counts.items():
        print_lines(out, f"{count:>4}  {ROLES[role]}", head=f"{role:<{width}} ")


def show_suggestions(out: Console, found: Sequence[Suggestion], top: int, *, stubs: bool) -> None:
    """What was not recognised, and how many names stand on it."""
    if not found:
        print_lines(out, "Everything was recognised.", "green")
        return
    for each in found[:top]:
        names = "name" if each.weight == 1 else "names"
        print_lines(out, f"{each.value}: {each.weight:,} {names}", head=f"{each.kind:<12}")
        if each.example != each.value:
            print_lines(out, f"such as {_short(each.example)}", "dim", head=" " * 12)
        if stubs:
            # A file to copy: no line of it may be folded.
            out.print(Text(plain(each.stub.rstrip("\n"))), soft_wrap=True)
    left = len(found) - top
    if left > 0:
        print_lines(out, f"and {left:,} more (--top)", "dim")


_STATES = {
    "updated": "green",
    "unchanged": "green",
    "kept": "green",
    "packaged": "",
    "absent": "dim",
    "refused": "bold red",
    "unreachable": "yellow",
}


def show_outcomes(out: Console, outcomes: Sequence[Outcome]) -> None:
    """What came of each list, and which is in use now."""
    for each in outcomes:
        print_lines(out, Text(each.state, style=_STATES[each.state]), head=f"{each.list:<13}")
        indent = " " * 13
        if each.reason:
            print_lines(out, each.reason, head=indent)
        print_lines(out, _in_use(each), "dim", head=indent)


def _in_use(outcome: Outcome) -> str:
    if outcome.rows is None:
        return "in use: what comes with Downwind"
    count = outcome.regions or 0
    regions = f" in {count} region{'' if count == 1 else 's'}" if count else ""
    prefixes = "1 prefix" if outcome.rows == 1 else f"{outcome.rows:,} prefixes"
    return f"in use: {prefixes}{regions}, of {outcome.confirmed}"


def _table(answers: Sequence[Explained]) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False)
    for head in ("kind", "value", "owner", "served by", "role", "region", "fault"):
        table.add_column(head, overflow="fold")
    table.add_column("sure", justify="right")
    for each in answers:
        known = (each.owner, each.served_by, each.role, each.region, each.fault)
        cells = [each.kind, _short(each.value), *(value or "-" for value in known)]
        sure = f"{each.confidence:.0%}" if each.confidence else "-"
        table.add_row(*(Text(plain(cell)) for cell in (*cells, sure)))
    return table


def _summary(each: Explained) -> str:
    if each.owner is None and each.fault in (None, _UNKNOWN):
        return f"{_UNKNOWN}, {each.rule}" if each.rule else _UNKNOWN
    parts = [each.owner or _UNKNOWN]
    if each.served_by and each.served_by != each.owner:
        parts.append(f"served by {each.served_by}")
    parts += [part for part in (each.role, each.region) if part]
    if each.fault:
        parts.append(f"fault: {each.fault}")
    return f"{', '.join(parts)} ({each.confidence:.0%})"


def _carrier(answer: Explained, catalog: Catalog) -> str:
    if answer.served_by is not None and answer.served_by == answer.owner:
        return "itself"
    return _named(answer.served_by, catalog)


def _named(provider: str | None, catalog: Catalog) -> str:
    found = catalog.provider(provider) if provider else None
    if provider is None or found is None:
        return provider or _UNKNOWN
    belongs = "" if found.owner == found.name else f", of {found.owner}"
    bought = found.acquired
    since = f", since {bought.year}" if bought and belongs else ""
    return f"{found.name} ({provider}{belongs}{since})"


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _WIDEST_VALUE else f"{flat[: _WIDEST_VALUE - 1]}…"
