"""Reads feeds of entries: any RSS or Atom history, Azure's, and AWS's of before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from downwind.observe.feeds.endings import begins_over, is_over, told_state
from downwind.observe.feeds.markup import History, Item
from downwind.observe.feeds.reading import FeedComponent, FeedIncident
from downwind.observe.feeds.values import Unproven, text

_QUIET = 24 * 3600.0
"""Seconds after which an entry that says nothing of its state is taken for closed."""
_LINGERS = 72 * 3600.0
"""Seconds after which an entry of Azure's that is still listed is no news."""
_MAINTENANCE = re.compile(r"\bmaintenance\b", re.I)
_AWS_GUID = re.compile(
    r"https?://status\.aws\.amazon\.com/#([a-z0-9-]{1,80}?)"
    r"(?:-((?:us|eu|ap|sa|ca|cn|af|me|il|mx)(?:-gov)?-[a-z]+-\d))?_(\d{9,11})"
)
_AWS_WELL = "service is operating normally"
_AWS_SEVERITY = (
    ("service disruption", "major"),
    ("performance issues", "partial"),
    ("informational message", "minor"),
)


def read_history(feed: History, now: float | None = None) -> tuple[FeedIncident, ...]:
    """Each entry as an incident: open or not by its title, its marked states, or else its age.

    Without `now`, age is counted from the latest entry.
    """
    latest = now if now is not None else feed.newest
    return tuple(_entry(each, latest) for each in feed.items if each.id)


def _entry(item: Item, now: float | None) -> FeedIncident:
    state = _state(item, now)
    said = item.updated or item.published
    planned = bool(_MAINTENANCE.search(item.title)) or state == "scheduled"
    return FeedIncident(
        id=item.id,
        kind="maintenance" if planned else "incident",
        state=state,
        severity="none" if planned else "unknown",
        components=tuple(FeedComponent("", each) for each in item.categories),
        regions=(),
        started_at=item.published,
        updated_at=said,
        resolved_at=said if state == "resolved" else None,
        title=item.title,
        text=text(item.body),
        url=item.link,
    )


def _state(item: Item, now: float | None) -> str:
    if begins_over(item.title) or is_over(item.title):
        return "resolved"
    told = told_state(item.body)
    if told is not None:
        return told
    said = item.updated or item.published
    old = now is not None and said is not None and now - said > _QUIET
    return "resolved" if old else "open"


def read_azure(feed: History, now: float | None = None) -> tuple[FeedIncident, ...]:
    """The incidents of Azure's feed; raises Unproven.

    No entry at all is its normal state, so that only the channel's title proves it.
    """
    if feed.form != "rss" or feed.title != "Azure Status":
        raise Unproven("its channel is not titled Azure Status")
    return tuple(_azure(each, now) for each in feed.items if each.id)


def _azure(item: Item, now: float | None) -> FeedIncident:
    over = is_over(item.title)
    found = _entry(item, None)
    found = replace(
        found,
        kind="incident",
        severity="unknown",
        state="resolved" if over else "open",
        resolved_at=found.updated_at if over else None,
    )
    said = found.updated_at
    if not over and now is not None and said is not None and now - said > _LINGERS:
        return replace(found, kind="notice", severity="none")
    return found


def read_aws_rss(feed: History, now: float | None = None) -> tuple[FeedIncident, ...]:
    """The incidents of status.aws.amazon.com/rss; raises Unproven.

    Its entries are updates: those of one service less than a day apart are one incident, and one
    without an end is closed a day after its last word.
    """
    named = [(found, each) for each in feed.items if (found := _AWS_GUID.fullmatch(each.id))]
    if feed.form != "rss" or len(named) < len(feed.items):
        raise Unproven("an entry is not of a service of AWS, as status.aws.amazon.com has them")
    if not named and "Amazon" not in feed.title and "AWS" not in feed.title:
        raise Unproven("its channel is not AWS's")
    by_service: dict[tuple[str, str], list[tuple[float, Item]]] = {}
    for found, each in named:
        by_service.setdefault((found[1], found[2] or ""), []).append((float(found[3]), each))
    latest = now if now is not None else feed.newest
    return tuple(
        _aws(service, region, updates, latest)
        for (service, region), told in by_service.items()
        for updates in _runs(told)
    )


def _runs(told: list[tuple[float, Item]]) -> list[list[tuple[float, Item]]]:
    """Updates in order, parted where a day lies between two."""
    runs: list[list[tuple[float, Item]]] = []
    for each in sorted(told, key=lambda pair: pair[0]):
        if runs and each[0] - runs[-1][-1][0] <= _QUIET:
            runs[-1].append(each)
        else:
            runs.append([each])
    return runs


def _aws(
    service: str, region: str, updates: Sequence[tuple[float, Item]], now: float | None
) -> FeedIncident:
    (begun, first), (said, last) = updates[0], updates[-1]
    words = last.title.lower()
    over = "[resolved]" in words or words.startswith(_AWS_WELL)
    over = over or (now is not None and now - said > _QUIET)
    told = [each.title.lower() for _, each in updates]
    severity = next(
        (level for mark, level in _AWS_SEVERITY if any(each.startswith(mark) for each in told)),
        "unknown",
    )
    return FeedIncident(
        id=first.id,
        kind="incident",
        state="resolved" if over else "open",
        severity=severity,
        components=(FeedComponent(service, service),),
        regions=(region,) if region else (),
        started_at=begun,
        updated_at=said,
        resolved_at=said if over else None,
        title=last.title,
        text=text(last.body),
        url=last.link,
    )
