"""What stands, and what the picture rests on: targets, feeds, vantages, needs, changes."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from downwind.model.durations import say_duration
from downwind.show.html import Html, join, tag
from downwind.show.watch_words import fails, line, title_of, voices_told
from downwind.show.web.page.parts import Seen, acts, chip, folded, link, names, state, table, time
from downwind.watch.incidents import OF_THE_MODEL
from downwind.watch.itself import RouteSeen, VantageSeen
from downwind.watch.picture import ChangeSeen, FeedSeen, TargetSeen

_MOST = 200
"""Rows of a table; the API has the rest."""


def alone(seen: Seen) -> Html | None:
    """What fails or is unknown and belongs to no open incident."""
    in_one = {key for each in seen.picture.running() if not each.slow for key in each.victims}
    rows = [
        each for each in seen.picture.targets
        if (fails(each) or (each.state is None and each.kind == "capability"))
        and each.key not in in_one
    ]  # fmt: skip
    if not rows:
        return None
    told = _targets("Targets that are not up", rows, seen)
    if all(each.state is None for each in rows):  # a blind watcher, or one that just began
        return tag("section", folded("unknown", f"Unknown ({len(rows):,})", told))
    title = tag("h2", f"Not up, and in no incident ({len(rows):,})", id="alone")
    return tag("section", title, told, aria_labelledby="alone")


def standing(seen: Seen) -> list[Html]:
    """What is up, folded: capabilities first, then what stands beneath."""
    up = [each for each in seen.picture.targets if each.state is not None and not fails(each)]
    above = [each for each in up if each.kind == "capability"]
    beneath = [each for each in up if each.kind != "capability"]
    return [
        folded(key, f"{title} ({len(rows):,})", _targets(title, rows, seen))
        for key, title, rows in (
            ("standing", "Standing capabilities", above),
            ("beneath", "Standing beneath them", beneath),
        )
        if rows
    ]


def around(seen: Seen) -> list[Html]:
    """Folded: the watcher, how it sees and tells, what waits for a person, what was changed."""
    parts = (
        _routes(seen), _vantages(seen), _feeds(seen), _needs(seen), _maintenance(seen),
        _changes(seen),
    )  # fmt: skip
    watcher = folded("watcher", _watcher_title(seen), _watcher(seen))
    return [watcher, *(part for part in parts if part is not None)]


def _routes(seen: Seen) -> Html | None:
    found = seen.picture.watcher.routes
    rows = [
        (
            line(each.name, 80),
            _sending(each),
            time(each.sent_at, seen.now),
            line(", ".join(each.apart)) or "none that is known",
            line("; ".join(each.shares), 300)
            or ("-" if each.known else "nothing is known of its hosts"),
        )
        for each in found[:_MOST]
    ]
    heads = ("Route", "State", "Last sent", "Stands apart from", "Falls together with")
    title = _counted("Alert routes", len(found), sum(each.failed > 0 for each in found), "failing")
    told = tag("p", line(seen.picture.watcher.alerting, 300))
    return folded("routes", title, told, table("Alert routes", heads, rows)) if rows else None


def _sending(each: RouteSeen) -> str:
    if each.failed:
        return f"failing: {line(each.reason)}; {each.pending:,} wait"
    return f"{each.pending:,} wait" if each.pending else "nothing waits"


def _fares(vantage: VantageSeen) -> str:
    if not vantage.healthy:
        return line(vantage.reason) or "not well"
    return "asked where something fails" if vantage.on_demand else "well"


def _vantages(seen: Seen) -> Html | None:
    found = seen.picture.vantages
    rows = [
        (
            line(each.name, 80),
            line(", ".join(filter(None, (each.network, each.provider)))) or "-",
            time(each.heard_at, seen.now),
            _fares(each),
            f"{each.buffered:,} held back" if each.buffered else "-",
        )
        for each in found[:_MOST]
    ]
    heads = ("Vantage", "Network", "Last heard", "State", "Buffer")
    title = _counted("Vantages", len(found), sum(not each.healthy for each in found), "not well")
    told = tag("p", voices_told(seen.picture.voices))
    return folded("vantages", title, told, table("Vantages", heads, rows)) if rows else None


def _feeds(seen: Seen) -> Html | None:
    found = seen.picture.feeds
    rows = [_feed(each, seen.now) for each in found[:_MOST]]
    heads = ("Provider", "Says", "Health", "Last fetched", "Speaks after us")
    stale = sum(each.health != "fresh" for each in found)
    title = _counted("Status feeds", len(found), stale, "not fresh")
    return folded("feeds", title, table("Status feeds", heads, rows)) if rows else None


def _needs(seen: Seen) -> Html | None:
    waiting = [each for each in seen.picture.needs if each.standing == "suspected"]
    rows = [
        (
            line(each.node),
            line(each.needs),
            f"{each.strength:.0%}",
            line(each.why) or f"fell together {each.together} of {each.times} times",
            acts(
                f"/api/v1/needs/{quote(each.id, safe='')}",
                f"{each.node} needs {each.needs}",
                "accept",
                "reject",
            ),
        )
        for each in waiting[:_MOST]
    ]
    heads = ("Node", "Seems to need", "How sure", "Why", "Decide")
    told = table("Suspected needs", heads, rows)
    title = f"Suspected needs that wait for you ({len(waiting):,})"
    return folded("needs", title, told) if rows else None


def _changes(seen: Seen) -> Html | None:
    rows = [
        (
            time(each.at, seen.now),
            each.kind,
            line(each.service, 60),
            link(each.title, each.url) or "-",
            line(each.by, 60) or "-",
        )
        for each in seen.picture.changes
        if not _planned(each, seen.now)
    ]
    told = table("Changes of your own", ("When", "Kind", "Service", "What", "By"), rows[:50])
    title = f"Changes of your own ({len(rows):,})"
    return folded("changes", title, told) if rows else None


def _maintenance(seen: Seen) -> Html | None:
    rows = [
        (
            line(each.service, 60),
            time(each.at, seen.now),
            time(each.until, seen.now),
            link(each.title, each.url) or "-",
            line(each.by, 60) or "-",
            _cancel(each),
        )
        for each in seen.picture.changes
        if _planned(each, seen.now)
    ]
    heads = ("Of", "Begins", "Ends", "What", "By", "Act")
    told = table("Maintenance", heads, rows[:_MOST])
    return folded("maintenance", f"Maintenance ({len(rows):,})", told) if rows else None


def _planned(each: ChangeSeen, now: float) -> bool:
    return each.kind == "maintenance" and (each.until or 0.0) > now


def _cancel(each: ChangeSeen) -> Html | str:
    if each.id.startswith(OF_THE_MODEL):
        return "by the model"
    path = f"/api/v1/maintenance/{quote(each.id, safe='')}"
    return acts(path, f"maintenance of {each.service}", "cancel")


def _counted(title: str, count: int, odd: int, words: str) -> str:
    return f"{title} ({count:,}{f', {odd:,} {words}' if odd else ''})"


def _targets(label: str, rows: Sequence[TargetSeen], seen: Seen) -> Html:
    heads = ("Target", "State", "Latency", "24 h", "Last probe", "What is seen")
    shown = [
        (title_of(each), _state(each), _latency(each), _share(each.availability),
         time(each.probed_at, seen.now), _remark(each))
        for each in rows[:_MOST]
    ]  # fmt: skip
    more = len(rows) - _MOST
    rest = tag("p", f"and {more:,} more: ", tag("a", "all of them", href="/api/v1/targets"))
    return join(table(label, heads, shown), rest if more > 0 else None)


def _state(each: TargetSeen) -> Html:
    return join(
        state(each.state),
        join(" ", chip("slow")) if each.slow else None,
        join(" ", chip("flapping")) if each.flapping else None,
    )


def _remark(each: TargetSeen) -> str:
    if each.saved_by:
        return f"saved by its second {line(each.saved_by, 40)}"
    return line(each.partly or each.reason) or "-"


def _latency(each: TargetSeen) -> str:
    if each.latency_p50 is None:
        return "-"
    tail = "" if each.latency_p95 is None else f", 95 %: {_short(each.latency_p95)}"
    return f"{_short(each.latency_p50)}{tail}"


def _short(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 10 else f"{seconds:.0f} s"


def _share(share: float | None) -> str:
    if share is None:
        return "-"
    return "100%" if share >= 1 else f"{min(share, 0.99999):.3%}"


def _feed(each: FeedSeen, now: float) -> tuple[Html | str, ...]:
    says = {"green": "all well", "posted": f"{each.incidents} open", "unknown": "not known"}
    health = each.health if not each.reason else f"{each.health}: {line(each.reason)}"
    if each.delay_median is None or each.delay_min is None or each.delay_max is None:
        delay = "not known yet"
    else:
        delay = (
            f"{_signed(each.delay_median)} ({_signed(each.delay_min)} to "
            f"{_signed(each.delay_max)}, n = {each.delays})"
        )
    name = link(each.provider, each.url)
    if each.silent:
        delay += f"; of {each.silent} that ended it never spoke"
    return name, says[each.state], health, time(each.fetched_at, now), delay


def _signed(seconds: float) -> str:
    return f"-{say_duration(-seconds)}" if seconds < 0 else say_duration(seconds)


def _watcher_title(seen: Seen) -> str:
    watcher = seen.picture.watcher
    if watcher.blind:
        return "The watcher: blind"
    if not watcher.healthy:
        return "The watcher: not well"
    count = len(watcher.unreportable)
    found = f", {count} finding{'' if count == 1 else 's'}" if count else ""
    return f"The watcher: well{found}"


def _watcher(seen: Seen) -> Html:
    watcher, picture = seen.picture.watcher, seen.picture
    lines = [
        join("Started ", time(picture.started_at, seen.now), f"; {watcher.probes:,} probes since, "
             f"{watcher.skipped:,} left out, the latest {watcher.lag:.1f} s late."),
        f"{watcher.unsaved:,} observations wait for the disk." if watcher.unsaved else None,
        line(watcher.reason, 500) or None,
        None if watcher.routes else line(watcher.alerting, 500) or None,
    ]  # fmt: skip
    parts = [tag("p", each) for each in lines if each]
    if watcher.unreportable:
        title = tag("p", "It could not report, falling with them:")
        parts += [title, names(line(each, 300) for each in watcher.unreportable)]
    return join(*parts)
