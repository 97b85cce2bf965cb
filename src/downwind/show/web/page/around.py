"""What stands, and what the picture rests on: targets, feeds, vantages, needs, changes."""

from __future__ import annotations

from collections.abc import Sequence

from downwind.model.durations import say_duration
from downwind.show.html import Html, join, tag
from downwind.show.watch_words import fails, line, title_of
from downwind.show.web.page.parts import Seen, chip, folded, link, names, state, table, time
from downwind.watch.picture import FeedSeen, TargetSeen

_MOST = 200
"""Rows of a table; the API has the rest."""
_SOON = 14 * 86400.0


def alone(seen: Seen) -> Html | None:
    """What fails or is unknown and belongs to no open incident."""
    in_one = {key for each in seen.picture.running() for key in each.victims}
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


def soon(seen: Seen) -> Html | None:
    """Certificates and domains that end before long."""
    told = []
    for each in seen.picture.targets:
        for what, at in (("certificate", each.certificate_ends), ("domain", each.domain_ends)):
            if at is not None and at - seen.now < _SOON:
                verb = "ended" if at < seen.now else "ends"
                told.append((at, join(f"{title_of(each)}: its {what} {verb} ", time(at, seen.now))))
    if not told:
        return None
    told.sort(key=lambda each: each[0])
    items = tag("ul", *(tag("li", words) for _, words in told[:20]))
    return tag("section", tag("h2", "Ends soon", id="soon"), items, aria_labelledby="soon")


def around(seen: Seen) -> list[Html]:
    """Folded: the watcher, its vantages, feeds, suspected needs and changes."""
    parts = (_vantages(seen), _feeds(seen), _needs(seen), _changes(seen))
    watcher = folded("watcher", _watcher_title(seen), _watcher(seen))
    return [watcher, *(part for part in parts if part is not None)]


def _vantages(seen: Seen) -> Html | None:
    found = seen.picture.vantages
    rows = [
        (
            line(each.name, 80),
            line(", ".join(filter(None, (each.network, each.provider)))) or "-",
            time(each.heard_at, seen.now),
            "well" if each.healthy else line(each.reason) or "not well",
            f"{each.buffered:,} held back" if each.buffered else "-",
        )
        for each in found[:_MOST]
    ]
    heads = ("Vantage", "Network", "Last heard", "State", "Buffer")
    title = _counted("Vantages", len(found), sum(not each.healthy for each in found), "not well")
    return folded("vantages", title, table("Vantages", heads, rows)) if rows else None


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
        )
        for each in waiting[:_MOST]
    ]
    told = table("Suspected needs", ("Node", "Seems to need", "How sure", "Why"), rows)
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
        for each in seen.picture.changes[:50]
    ]
    told = table("Changes of your own", ("When", "Kind", "Service", "What", "By"), rows)
    title = f"Changes of your own ({len(seen.picture.changes):,})"
    return folded("changes", title, told) if rows else None


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
    return line(each.reason) or "-"


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
    return name, says[each.state], health, time(each.fetched_at, now), delay


def _signed(seconds: float) -> str:
    return f"-{say_duration(-seconds)}" if seconds < 0 else say_duration(seconds)


def _watcher_title(seen: Seen) -> str:
    watcher = seen.picture.watcher
    if watcher.blind:
        return "The watcher: blind"
    if not watcher.healthy:
        return "The watcher: not well"
    shared = len(watcher.independent) + len(watcher.unreportable)
    found = f", {shared} finding{'' if shared == 1 else 's'}" if shared else ""
    return f"The watcher: well{found}"


def _watcher(seen: Seen) -> Html:
    watcher, picture = seen.picture.watcher, seen.picture
    lines = [
        join("Started ", time(picture.started_at, seen.now), f"; {watcher.probes:,} probes since, "
             f"{watcher.skipped:,} left out, the latest {watcher.lag:.1f} s late."),
        f"{watcher.unsaved:,} observations wait for the disk." if watcher.unsaved else None,
        line(watcher.reason, 500) or None,
    ]  # fmt: skip
    parts = [tag("p", each) for each in lines if each]
    for title, told in (
        ("It shares with those it watches:", watcher.independent),
        ("It could not report, falling with them:", watcher.unreportable),
    ):
        if told:
            parts += [tag("p", title), names(line(each, 300) for each in told)]
    return join(*parts)
