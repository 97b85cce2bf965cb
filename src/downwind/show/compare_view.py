"""Shows a comparison of two services: a table for people, an object for programs."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from downwind.jobs.compare import EmulatedComparison
from downwind.model import say_duration
from downwind.questions.compare import Compared, LoneFault, Side
from downwind.questions.whatif import Link
from downwind.show.screen import narrow, plain, state_text
from downwind.terms import Scope, State

Group = tuple[str, str, tuple[LoneFault, ...]]
"""A key for programs, a heading for people, and the faults."""


def compare_form(compared: Compared, emulated: EmulatedComparison | None = None) -> dict[str, Any]:
    """The JSON form: one object, of JSON values only."""
    return {
        "emulation": "modelled on public reports" if emulated else None,
        "world": emulated.world if emulated else None,
        "walls": list(emulated.walls) if emulated else [],
        "observations": emulated.observations if emulated else None,
        "for_seconds": compared.duration,
        "a": _side_form(compared.a),
        "b": _side_form(compared.b),
        "shared": [
            {"scope": str(each.scope), "a": _chain_form(each.a), "b": _chain_form(each.b)}
            for each in compared.shared
        ],
        "faults": [
            {
                "scope": str(fault.scope),
                "hits": key,
                "a": fault.a,
                "b": fault.b,
                "a_possibly": fault.a_possibly,
                "b_possibly": fault.b_possibly,
            }
            for key, _, faults in _groups(compared)
            for fault in faults
        ],
    }


def show_compare(
    out: Console, compared: Compared, emulated: EmulatedComparison | None = None
) -> None:
    """Print what each stands on, what they share, and who falls with what."""
    a, b = _name(compared.a), _name(compared.b)
    out.print(Text(f"{a} and {b}", style="bold"))
    if emulated:
        walls = " and ".join(emulated.walls) or "no walls"
        out.print(
            Text(
                f"EMULATION, modelled on public reports: the world {plain(emulated.world)}, mapped "
                f"through its sockets ({walls}, {emulated.observations} observations)",
                style="yellow",
            )
        )
    out.print()
    _show_scopes(out, f"{a} stands on", compared.a.stands_on)
    _show_scopes(out, f"{b} stands on", compared.b.stands_on)
    _show_scopes(out, "Both stand on", [each.scope for each in compared.shared])
    for each in compared.shared:
        out.print(Text(f"  {plain(str(each.scope))}"))
        for name, chain in ((a, each.a), (b, each.b)):
            steps = " > ".join(plain(link.label) for link in chain)
            out.print(Padding(Text(f"{name}: {steps}", style="dim"), (0, 0, 0, 4), expand=False))
    out.print()
    lasts = say_duration(compared.duration)
    out.print(Text(f"If one thing alone fails for {lasts}", style="bold"))
    for _, heading, faults in _groups(compared):
        _show_group(out, heading, faults, a, b)
    if not compared.faults:
        out.print("Neither falls with anything that was mapped or declared.")


def _name(side: Side) -> str:
    return plain(side.title or side.name)


def _side_form(side: Side) -> dict[str, Any]:
    return {
        "service": side.name,
        "title": side.title or None,
        "stands_on": [str(scope) for scope in side.stands_on],
    }


def _chain_form(chain: Sequence[Link]) -> list[dict[str, str]]:
    return [{"node": link.node, "why": link.why} for link in chain]


def _groups(compared: Compared) -> Iterator[Group]:
    a, b = _name(compared.a), _name(compared.b)
    yield "a", f"only {a} is hit", compared.only_a
    yield "b", f"only {b} is hit", compared.only_b
    yield "both", "both are hit", compared.both
    yield "possibly", "possibly: the evidence stops short of saying", compared.perhaps


def _show_scopes(out: Console, what: str, scopes: Sequence[Scope]) -> None:
    listed = ", ".join(plain(str(scope)) for scope in scopes) or "nothing that is known"
    out.print(Text(f"{what}: ", style="bold").append(listed, style="not bold"))


def _show_group(out: Console, heading: str, faults: Sequence[LoneFault], a: str, b: str) -> None:
    if not faults:
        return
    out.print()
    out.print(Text(f"{heading} ({len(faults)})", style="bold"))
    if narrow(out):
        for fault in faults:
            out.print(Text(f"  {plain(str(fault.scope))}"))
            for name, state in ((a, _state(fault.a, fault.a_possibly)), (b, _of_b(fault))):
                out.print(Text(f"    {name}: ").append_text(state))
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("  fails", a, b):
        table.add_column(column, overflow="fold")
    for fault in faults:
        scope = Text(f"  {plain(str(fault.scope))}")
        table.add_row(scope, _state(fault.a, fault.a_possibly), _of_b(fault))
    out.print(table)


def _of_b(fault: LoneFault) -> Text:
    return _state(fault.b, fault.b_possibly)


def _state(sure: State, possibly: State) -> Text:
    """The worst state, with a question mark where it is not certain."""
    return state_text(possibly, f"{possibly}?" if possibly is not sure else str(possibly))
