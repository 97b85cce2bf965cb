"""An alert's words, in English; another function of the same form may take its place."""

from __future__ import annotations

import time

from downwind.model.durations import say_duration
from downwind.watch.incidents import Incident, Parts, parts_of

_SHOWN = 10


def title_of(incident: Incident, kind: str) -> str:
    """One line: what is at fault, and how many it took down."""
    parts = parts_of(incident, incident.updated_at)
    number = f"{len(parts.victims)} of {parts.of}" if parts.of else str(len(parts.victims))
    if kind == "closed" and incident.failing:
        lasted = say_duration(parts.lasted)
        left = f"{len(incident.failing)} still {'slow' if incident.slow else 'down or degraded'}"
        return f"{incident.closed_why.capitalize()} after {lasted}: {_who(parts)}; {left}"
    if kind == "closed":
        return f"Over after {say_duration(parts.lasted)}: {_who(parts)}"
    if kind == "merged":
        return f"One with {incident.merged_into}: {_who(parts)}"
    unsure = "" if parts.sure or parts.blame == "unknown" else "perhaps "
    how = "slower than usual" if incident.slow else "down or degraded"
    return f"{unsure}{_who(parts)}: {number} {how}".replace("\n", " ")


def text_of(incident: Incident, kind: str) -> str:
    """A few sentences: whose fault, how sure, since when, whom it hit, and what speaks against."""
    parts = parts_of(incident, incident.updated_at)
    lines = [f"{_blame(parts)}, since {_when(parts.since)}."]
    if incident.slow:
        lines.append("Nothing fails by it: they answer slower than they used to.")
    if kind == "closed":
        lines = [f"{incident.closed_why.capitalize()}. It was: {_who(parts)}."]
        if incident.failing:
            how = "slow" if incident.slow else "down or degraded"
            lines.append(f"Still {how}: {_list(tuple(sorted(incident.failing)))}.")
    elif kind == "merged":
        lines = [f"This turned out to be the same as {incident.merged_into}."]
    elif kind == "moved":
        lines.insert(0, "The verdict changed.")
    elif kind == "grew":
        lines.insert(0, "It hits more than was told.")
    lines.append(f"Hit: {_list(parts.victims)} ({parts.hit} of {parts.of} watched).")
    if parts.parts:
        lines.append(f"What fails together: {_list(parts.parts)}.")
    if parts.alongside:
        lines.append(f"Nothing on the map leads to it from {_list(parts.alongside)}.")
    if parts.saved:
        lines.append(f"Saved by a second alternative: {_list(parts.saved)}.")
    lines += _beside(parts)
    lines.append(f"Incident {incident.id}")
    return "\n".join(lines)


def _beside(parts: Parts) -> list[str]:
    """What speaks for and against the verdict."""
    lines = []
    if parts.changes:
        told = (f"{c.title or 'a change'} of {c.service} at {_when(c.at)}" for c in parts.changes)
        lines.append(f"Changes of your own: {_list(tuple(told))}.")
    else:
        lines.append(f"No change of your own in {parts.changes_hours:.0f} h before.")
    if parts.page and parts.page.state == "posted":
        lines.append(f"Status page of {parts.page.provider}: {parts.page.title}")
    elif parts.page and parts.page.state == "green":
        lines.append(f"The status page of {parts.page.provider} is still green.")
    if parts.rivals:
        rivals = tuple(f"{name} ({weight:.0%})" for name, weight in parts.rivals)
        lines.append(f"It might be instead: {_list(rivals)}.")
    if parts.contradicts:
        lines.append(f"Against it: {_list(parts.contradicts)} hold.")
    if not parts.independent:
        lines.append(f"The watcher is not independent of this: {parts.dependent_why}")
    return lines


def _blame(parts: Parts) -> str:
    sure = "over 99% sure" if parts.confidence >= 0.995 else f"{parts.confidence:.0%} sure"
    layer = f", at {parts.layer}" if parts.layer else ""
    match parts.blame:
        case "them":
            return f"Them, probably not you: {parts.who}{layer} ({sure})"
        case "us":
            return f"Your own: {parts.who}{layer} ({sure})"
        case "vantage":
            return f"Seen from {parts.who} alone: probably the vantage{layer} ({sure})"
        case _:
            return f"Several fail together, and nothing known is shared{layer}"


def _who(parts: Parts) -> str:
    return parts.who or "unknown but shared"


def _when(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(at))


def _list(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
