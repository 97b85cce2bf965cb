"""The live picture on one screen of a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from downwind.show.screen import COLOURS
from downwind.show.watch_text import sure
from downwind.show.watch_words import (
    STATES,
    ago,
    clock,
    fails,
    leading,
    line,
    sentence,
    summary,
    title_of,
)
from downwind.watch.picture import IncidentSeen, Picture, TargetSeen, as_seen

_INCIDENTS, _TARGETS, _NAMES = 3, 10, 4
"""How many are shown; the rest is counted."""
_MARK = {"open": "bold red", "acknowledged": "yellow", "maintenance": "cyan", "closed": "dim"}


def watch_view(picture: Picture, now: float) -> RenderableType:
    """The picture in some 30 lines: the sentence, the incidents, what fails, what watches."""
    picture = as_seen(picture)
    parts: list[RenderableType] = [_lead(picture, now)]
    running = picture.running()
    first = leading(picture)
    parts += [
        Padding(_incident(each, picture, now, told=each is first), (1, 0, 0, 0))
        for each in running[:_INCIDENTS]
    ]
    if len(running) > _INCIDENTS:
        parts.append(Text(f"and {len(running) - _INCIDENTS} more incidents", style="dim"))
    in_one = {key for each in running for key in each.victims}
    alone = [each for each in picture.targets if fails(each) and each.key not in in_one]
    if alone:
        parts.append(Padding(_failing(alone), (1, 0, 0, 0)))
    parts.append(Padding(Text(_foot(picture, now), style="dim"), (1, 0, 0, 0)))
    return Group(*parts)


def _lead(picture: Picture, now: float) -> Text:
    style = "bold"
    if picture.watcher.blind:
        style = "bold yellow"
    elif leading(picture) is not None:
        style = "bold red"
    return Text(summary(picture, now), style=style)


def _incident(incident: IncidentSeen, picture: Picture, now: float, *, told: bool) -> Table:
    """The incident's name and phase, and below it what a person asks next."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(ratio=1, overflow="fold")
    name = line(incident.who or incident.scope or incident.suspect or "not known who", 60)
    head = Text(f"{name} ", style="bold")
    head.append(incident.phase, style=_MARK[incident.phase])
    head.append(
        f"  {ago(incident.since, now)}, {sure(incident.confidence)} sure  {line(incident.id)}"
    )
    grid.add_row("incident", head)
    if not told:
        grid.add_row("", Text(sentence(incident, picture, now)))
    called = {each.key: title_of(each) for each in picture.targets}
    for title, names in (
        ("hit", [called.get(key, line(key, 80)) for key in incident.victims]),
        ("alongside", [called.get(key, line(key, 80)) for key in incident.alongside]),
        ("parts", [line(each, 80) for each in incident.parts]),
        ("against", [called.get(key, line(key, 80)) for key in incident.contradicting]),
        ("or else", [f"{line(each.name, 80)} {each.weight:.0%}" for each in incident.rivals]),
        ("or same", [line(each, 80) for each in incident.same]),
        ("not free", [line(each) for each in incident.dependent]),
    ):
        if names:
            grid.add_row(title, Text(_some(names)))
    return grid


def _failing(targets: list[TargetSeen]) -> Group:
    grid = Table.grid(padding=(0, 2))
    for each in targets[:_TARGETS]:
        state = Text(STATES[each.state], style=COLOURS[each.state] if each.state else "dim")
        grid.add_row(state, Text(title_of(each)), Text(line(each.reason, 100), style="dim"))
    more = len(targets) - _TARGETS
    rest = [Text(f"and {more} more", style="dim")] if more > 0 else []
    return Group(Text("Failing, and in no incident", style="bold"), grid, *rest)


def _foot(picture: Picture, now: float) -> str:
    watcher = picture.watcher
    sick = sum(not each.healthy for each in picture.vantages)
    stale = sum(each.health != "fresh" for each in picture.feeds)
    failing = sum(each.failed > 0 for each in watcher.routes)
    parts = [
        f"as of {clock(picture.at, now)}",
        f"{len(picture.targets):,} targets",
        f"{watcher.probes:,} probes, 99 of 100 within {watcher.lag:.1f} s",
        _counted(len(picture.vantages), "vantage", sick, "not well"),
        _counted(len(picture.feeds), "feed", stale, "not fresh"),
        _counted(len(watcher.routes), "alert route", failing, "failing"),
        f"{watcher.unsaved:,} observations wait for the disk" if watcher.unsaved else "",
    ]
    return "; ".join(part for part in parts if part)


def _counted(count: int, word: str, odd: int, words: str) -> str:
    if not count:
        return ""
    return f"{count} {word}{'' if count == 1 else 's'}{f', {odd} {words}' if odd else ''}"


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = len(listed) - _NAMES
    return ", ".join(listed[:_NAMES]) + (f" and {more} more" if more > 0 else "")
