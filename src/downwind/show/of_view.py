"""Shows who falls: a table for people, an object for programs."""

import math
from typing import Any

from rich.console import Console
from rich.text import Text

from downwind.model import say_duration
from downwind.questions.whatif import Fate, WhatIf
from downwind.show.curve_view import curve_form
from downwind.show.screen import plain, state_text
from downwind.terms import State

_MOST_OTHERS = 12
_SHOWN_WITH_CHAIN = ("page", "host")


def of_form(answer: WhatIf, *, curve: bool = False) -> dict[str, Any]:
    """The JSON form. Times are seconds since the fault began; null where it does not happen."""
    form = {
        "causes": list(answer.causes),
        "for_seconds": answer.duration,
        "capabilities": [_form(fate, answer.duration) for fate in answer.capabilities],
        "others": [_form(fate, answer.duration) for fate in answer.others],
        "ungrounded": list(answer.ungrounded),
    }
    return form | ({"curve": curve_form(answer.curve())} if curve else {})


def show_of(out: Console, answer: WhatIf) -> None:
    """Print who falls, when, and why; the capabilities first."""
    causes = " and ".join(plain(cause) for cause in answer.causes)
    verb = "fails" if len(answer.causes) == 1 else "fail"
    out.print(Text(f"If {causes} {verb} for {say_duration(answer.duration)}", style="bold"))
    out.print()
    if not answer.capabilities:
        out.print("No capability is known: name a model with --model. Components:")
    for fate in sorted(answer.capabilities, key=_gravity):
        _show_fate(out, fate, answer.duration)
    others = [fate for fate in answer.others if fate.node not in answer.causes]
    if others:
        what = (
            "1 component falls or may fall"
            if len(others) == 1
            else (f"{len(others)} components fall or may fall")
        )
        out.print(Text(f"{what} with it:", style="bold"))
        for fate in sorted(others, key=_gravity)[:_MOST_OTHERS]:
            brief = bool(answer.capabilities) or fate.kind not in _SHOWN_WITH_CHAIN
            _show_fate(out, fate, answer.duration, brief=brief)
        if len(others) > _MOST_OTHERS:
            out.print(f"  and {len(others) - _MOST_OTHERS} more (--json lists all)")
    if not others and all(fate.possibly is State.UP for fate in answer.capabilities):
        out.print("Nobody that was mapped or declared falls.")
    if answer.ungrounded:
        names = ", ".join(plain(name) for name in answer.ungrounded)
        out.print(Text(f"A defect of the model: these stand only on each other: {names}."))


def _show_fate(out: Console, fate: Fate, duration: float, *, brief: bool = False) -> None:
    line = Text("  ")
    line.append_text(state_text(fate.possibly, f"{_word(fate):<10}"))
    line.append(plain(fate.node), style="bold")
    if fate.label != fate.node and not fate.node.endswith(f":{fate.label}"):
        line.append(f"  {plain(fate.label)}")
    if when := _when(fate, duration):
        line.append(f"  {when}", style="dim")
    out.print(line)
    if brief:
        return
    if fate.reason:
        out.print(Text(f"            possibly: {plain(fate.reason)}", style="dim"))
    for link, following in zip(fate.chain, fate.chain[1:], strict=False):
        out.print(
            Text(f"            needs {plain(following.node)}: {plain(link.why)}", style="dim")
        )


def _word(fate: Fate) -> str:
    return str(fate.possibly) + ("?" if fate.possibly is not fate.state else "")


def _when(fate: Fate, duration: float) -> str:
    if fate.state is State.UP:
        return ""
    at = fate.down_at if fate.state is State.DOWN else fate.degraded_at
    since = "at once" if at == 0 else f"after at most {say_duration(at)}"
    if fate.state is State.DEGRADED:
        return since
    return f"{since}, {say_return(fate.back_at - duration)}"


def say_return(lag: float) -> str:
    """When a node is back, by the seconds after the end of the fault."""
    if math.isinf(lag):
        return "and does not come back by itself"
    return "back with it" if lag <= 0 else f"back {say_duration(lag)} after it"


def _gravity(fate: Fate) -> tuple[int, int, bool, float, str]:
    order = (State.DOWN, State.DEGRADED, State.UP)
    at = min(fate.down_at, fate.degraded_at)
    known = fate.kind in _SHOWN_WITH_CHAIN
    return (order.index(fate.state), order.index(fate.possibly), not known, at, fate.node)


def _form(fate: Fate, duration: float) -> dict[str, Any]:
    fallen = fate.state is State.DOWN
    return {
        "node": fate.node,
        "label": fate.label,
        "kind": fate.kind,
        "state": fate.state,
        "possibly": fate.possibly,
        "reason": fate.reason or None,
        "down_after": _seconds(fate.down_at) if fallen else None,
        "degraded_after": _seconds(fate.degraded_at) if fate.degraded_at < duration else None,
        "back_after": _seconds(fate.back_at) if fallen else None,
        "chain": [{"node": link.node, "why": link.why} for link in fate.chain],
    }


def _seconds(value: float) -> float | None:
    return value if math.isfinite(value) else None
