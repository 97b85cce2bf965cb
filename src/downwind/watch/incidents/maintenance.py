"""Planned work: windows in which the failing of some is expected, and nobody is woken."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from downwind.model.watching import Maintenance as Wanted
from downwind.terms import Evidence, Scope, Seen, UsageError
from downwind.watch.incidents.types import Cause

KIND = "change.maintenance"
EVERYTHING = "*"
OF_THE_MODEL = "model:"
"""Begins the id of each window that the model plans."""
_LONGEST_TEXT = 2000
_MOST = 500


@dataclass(frozen=True, slots=True)
class Window:
    """One planned piece of work, or one that comes again and again."""

    id: str
    of: str
    """A service, a target, a provider or a narrower scope; * for everything."""
    starts: float
    ends: float
    """Seconds since 1970 UTC."""
    every: float = 0.0
    """Seconds after which it comes again; 0 for once."""
    title: str = ""
    by: str = ""

    def runs(self, at: float) -> bool:
        """Whether it is under way; its end does not belong to it."""
        if at < self.starts:
            return False
        begun = (at - self.starts) % self.every if self.every else at - self.starts
        return begun < self.ends - self.starts

    def over(self, at: float) -> bool:
        """Whether it will never run again."""
        return not self.every and at >= self.ends

    def holds(self, target: str, service: str, cause: Cause) -> bool:
        """Whether the failing of this target by this cause is expected while it runs."""
        if self.of in (EVERYTHING, target, service):
            return True
        mine, blamed = Scope.read(self.of), cause.scope
        return mine is not None and blamed is not None and mine.covers(blamed)


@dataclass(frozen=True, slots=True)
class Maintenance:
    """All windows that are known, by id."""

    windows: Mapping[str, Window]

    @classmethod
    def of(cls, windows: Iterable[Window] = ()) -> Maintenance:
        return cls({window.id: window for window in windows})

    def heard(self, evidence: Evidence) -> Maintenance:
        """With the window that this record tells, or without the one that it takes back."""
        window = window_of_evidence(evidence)
        if window is None:
            return self
        kept = {id: each for id, each in self.windows.items() if not each.over(evidence.at)}
        kept.pop(window.id, None)
        if window.ends > window.starts:
            kept[window.id] = window
        # The oldest give way, so that a stranger with a token cannot fill the memory.
        return Maintenance(dict(list(kept.items())[-_MOST:]))

    def running(self, at: float) -> tuple[Window, ...]:
        return tuple(window for window in self.windows.values() if window.runs(at))

    def touching(
        self, at: float, failing: Mapping[str, str], cause: Cause
    ) -> tuple[tuple[str, ...], bool]:
        """Ids of running windows that hold some of those failing (target -> service), by id;
        and whether they hold all of them."""
        running = self.running(at)
        found: set[str] = set()
        held = 0
        for target, service in failing.items():
            ids = {w.id for w in running if w.holds(target, service, cause)}
            found |= ids
            held += bool(ids)
        return tuple(sorted(found)), bool(failing) and held == len(failing)


def read_window(id: str, data: Mapping[str, Any]) -> Window:
    """A window as a person, a model or the API gives it; raises UsageError where it is none."""
    unknown = set(data) - {"of", "service", "starts", "ends", "every", "title", "by", "url"}
    if unknown:
        raise _refused(id, f"it has {', '.join(sorted(map(repr, unknown)))}", "Leave it out.")
    of = data.get("of", data.get("service"))
    if not isinstance(of, str) or not of or len(of) > 300:
        raise _refused(id, "it is of nothing", "Give `of`: a service, a target, a scope, or *.")
    starts, ends = (_seconds(id, data.get(name), name) for name in ("starts", "ends"))
    if ends <= starts:
        raise _refused(id, "it ends before it starts", "Give `ends` after `starts`.")
    every = _seconds(id, data.get("every", 0.0), "every")
    if every < 0 or 0 < every < ends - starts:
        raise _refused(id, "it comes again before it ends", "Give a longer `every`, or none.")
    return Window(id, of, starts, ends, every, _text(data, "title"), _text(data, "by"))


def windows_of(wanted: Iterable[Wanted]) -> tuple[Window, ...]:
    """The windows of a model; each has a name that is the same after a restart."""
    return tuple(
        Window(
            f"{OF_THE_MODEL}{each.service}@{each.begins.timestamp():.0f}",
            each.service,
            each.begins.timestamp(),
            each.ends.timestamp(),
            title=each.title,
            by="model",
        )
        for each in wanted
    )


def window_to_evidence(window: Window, at: float, vantage: str) -> Evidence:
    """The record that makes a window known."""
    value = {
        "window": window.id,
        "service": window.of,
        "starts": window.starts,
        "ends": window.ends,
        "every": window.every,
        "title": window.title,
        "by": window.by,
        "url": "",
    }
    return Evidence(window.of, KIND, Seen(value), at, vantage)


def cancelled(window: Window, by: str, note: str = "") -> Window:
    """The window as it is when it is taken back: it never runs."""
    title = note or window.title
    return replace(window, ends=window.starts, every=0.0, by=by, title=title)


def window_of_evidence(evidence: Evidence) -> Window | None:
    """The window that a record tells; None for anything else, a broken one included.

    One without a start starts when it was heard; one that ends where it starts is taken back.
    """
    value = evidence.value
    if evidence.kind != KIND or value is None:
        return None
    starts = value.get("starts", evidence.at)
    ends = value.get("ends")
    id = value.get("window") or f"{evidence.subject}@{evidence.at:.0f}"
    if isinstance(starts, int | float) and starts == ends:
        return Window(str(id)[:100], str(value.get("service") or evidence.subject), starts, starts)
    known = {key: value[key] for key in ("every", "title", "by") if key in value}
    of = value.get("of") or value.get("service") or evidence.subject
    try:
        return read_window(str(id)[:100], {"of": of, "starts": starts, "ends": ends, **known})
    except UsageError:
        return None


def _seconds(id: str, value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _refused(id, f"{name} is {value!r:.40}", "Give seconds since 1970 UTC.")
    return float(value)


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name, "")
    return value[:_LONGEST_TEXT] if isinstance(value, str) else ""


def _refused(id: str, why: str, todo: str) -> UsageError:
    return UsageError(f"This is no maintenance window: {why}.", where=id, todo=todo)
