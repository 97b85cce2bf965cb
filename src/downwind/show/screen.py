"""The terminal: its width, its colours, and signs of progress."""

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.text import Text

from downwind.terms import State

COLOURS = {State.UP: "green", State.DEGRADED: "yellow", State.DOWN: "bold red"}
_NARROW = 78
_FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}")


def screen(*, stderr: bool = False, record: bool = False) -> Console:
    """A console that honours NO_COLOR, COLUMNS and pipes; text is never read as markup."""
    piped = not (sys.stderr if stderr else sys.stdout).isatty()
    width = 100 if piped and "COLUMNS" not in os.environ else None
    return Console(
        stderr=stderr, markup=False, highlight=False, emoji=False, width=width, record=record
    )


def save_picture(out: Console, file: Path, title: str) -> None:
    """Keep what was shown as an SVG picture that loads nothing from anywhere."""
    svg = out.export_svg(title=title)
    # rich names a font on a content network; a picture of an outage must not need one.
    file.write_text(_FONT_FACE.sub("", svg), encoding="utf-8")


def narrow(out: Console) -> bool:
    """True where a wide table would not fit."""
    return out.width < _NARROW


def plain(text: str) -> str:
    """Observed text made safe to show: no control characters, which could move the cursor."""
    kept = ("\n", "\N{NO-BREAK SPACE}")
    return "".join(c if c.isprintable() or c in kept else "\N{REPLACEMENT CHARACTER}" for c in text)


def state_text(state: State | None, word: str) -> Text:
    """A state in its colour; the word tells it too, for those who see no colours."""
    return Text(word, style=COLOURS[state] if state else "dim")


@contextmanager
def progress(what: str, quiet: bool) -> Iterator[Callable[[str], None]]:
    """A line on a terminal's standard error that says what is being looked at."""
    out = Console(stderr=True, markup=False, highlight=False)
    if quiet or not out.is_terminal:
        yield lambda _: None
        return
    count = 0
    with out.status(f"{what}...") as status:

        def seen(subject: str) -> None:
            nonlocal count
            count += 1
            status.update(f"{what}: {count} observations, {plain(subject)[:60]}")

        yield seen
