"""Shows who falls in an edge table: a table for people, an object for programs."""

import math
from itertools import islice
from typing import Any

from rich.console import Console
from rich.text import Text

from downwind.model import say_duration
from downwind.questions.spread import Spread, TableFate
from downwind.show.curve_view import curve_form, show_curve
from downwind.show.of_view import say_return
from downwind.show.screen import plain, state_text
from downwind.terms import State

_MOST = 12


def spread_form(answer: Spread, *, curve: bool) -> dict[str, Any]:
    """The JSON form. Times are seconds since the fault began; null where it does not happen."""
    down, degraded = answer.down, answer.degraded
    form: dict[str, Any] = {
        "causes": list(answer.causes),
        "for_seconds": answer.duration,
        "down": len(down),
        "down_weight": answer.weight_of(down),
        "degraded": len(degraded),
        "sites": [_form(answer.site(int(place)), answer.duration) for place in (*down, *degraded)],
        "others": [_form(fate, answer.duration) for fate in answer.core_fates()],
        "ungrounded": list(answer.ungrounded),
    }
    if curve:
        form["curve"] = curve_form(answer.curve())
    return form


def show_spread(out: Console, answer: Spread, *, curve: bool) -> None:
    """Print how many sites fall, some of them with their chains, and what falls between."""
    causes = " and ".join(plain(cause) for cause in answer.causes)
    verb = "fails" if len(answer.causes) == 1 else "fail"
    out.print(Text(f"If {causes} {verb} for {say_duration(answer.duration)}", style="bold"))
    down, degraded = answer.down, answer.degraded
    sites = answer.table.sites.size
    out.print(
        f"{len(down):,} of {sites:,} sites fall (weight {answer.weight_of(down):,.0f}), "
        f"{len(degraded):,} are degraded."
    )
    out.print()
    for place in (*down[:_MOST], *degraded[: max(0, _MOST - len(down))]):
        _show(out, answer.site(int(place)), answer.duration)
    more = len(down) + len(degraded) - _MOST
    if more > 0:
        out.print(f"  and {more:,} more sites (--json lists all)")
    others = list(islice(answer.core_fates(), _MOST + 1))
    if others:
        out.print(Text("Between them fall or are degraded:", style="bold"))
    for fate in others[:_MOST]:
        _show(out, fate, answer.duration)
    if len(others) > _MOST:
        out.print("  and more (--json lists all)")
    if answer.ungrounded:
        names = ", ".join(plain(name) for name in answer.ungrounded[:8])
        out.print(Text(f"A defect of the graph: these stand only on each other: {names}."))
    if curve:
        show_curve(out, answer.curve(), "Sites")


def _show(out: Console, fate: TableFate, duration: float) -> None:
    at = fate.down_at if fate.state is State.DOWN else fate.degraded_at
    when = "at once" if at == 0 else f"after at most {say_duration(at)}"
    if fate.state is State.DOWN:
        when += f", {say_return(fate.back_at - duration)}"
    line = Text.assemble(
        "  ", state_text(fate.state, fate.state), "  ", plain(fate.node), f"  {when}"
    )
    out.print(line)
    if len(fate.chain) > 1:
        links = [
            f"{plain(link.node)}{f' -{plain(link.need)}->' if link.need else ' ->'}"
            for link in fate.chain[:-1]
        ]
        out.print(Text(f"      {' '.join(links)} {plain(fate.chain[-1].node)}", style="dim"))


def _form(fate: TableFate, duration: float) -> dict[str, Any]:
    fallen = fate.state is State.DOWN
    return {
        "node": fate.node,
        "kind": fate.kind,
        "weight": fate.weight,
        "state": fate.state,
        "down_after": fate.down_at if fallen else None,
        "degraded_after": fate.degraded_at if fate.degraded_at < duration else None,
        "back_after": fate.back_at if fallen and math.isfinite(fate.back_at) else None,
        "chain": [{"node": link.node, "need": link.need} for link in fate.chain],
    }
