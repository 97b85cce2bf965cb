"""Shows how many are down against how long a fault lasts."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from downwind.model import say_duration
from downwind.questions.curve import Step

_MOST_BARS = 20


def curve_form(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """The JSON form: so many are down when it has lasted longer than so many hours."""
    return [
        {"hours": step.after / 3600, "down": step.down, "down_weight": step.down_weight}
        for step in steps
    ]


def show_curve(out: Console, steps: Sequence[Step], what: str) -> None:
    """Print a bar for each step, or for some of them where they are many (JSON has more)."""
    out.print()
    out.print(Text(f"{what} down, by how long it lasts", style="bold"))
    if not steps:
        out.print("  none, however long it lasts")
        return
    most = max(step.down for step in steps)
    width = max(10, min(50, out.width - 34))
    shown = {f"> {say_duration(step.after)}": step for step in _thinned(steps)}
    for longer, step in shown.items():
        bar = "█" * max(1, round(width * step.down / most))
        out.print(Text(f"  {longer:>12}  {step.down:>12,}  {bar}"))


def _thinned(steps: Sequence[Step]) -> Sequence[Step]:
    """The steps at which more fall than a bar's smallest part can show; the last one always."""
    least = max(step.down for step in steps) / _MOST_BARS
    kept: list[Step] = []
    for step in steps:
        if not kept or step.down >= kept[-1].down + least or step is steps[-1]:
            kept.append(step)
    return kept
