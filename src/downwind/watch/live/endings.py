"""Certificates and domains that will end: told ahead of time, once for each step of urgency.

What was told is evidence (watch.ending), so that a restart neither forgets nor repeats it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from downwind.model import say_duration
from downwind.terms import Evidence, Seen
from downwind.watch.alerts import Alert, watcher_alert
from downwind.watch.detection import Urgency, ending
from downwind.watch.detection.expiry import DOMAIN
from downwind.watch.live.domains import GONE, Domains
from downwind.watch.live.latest import LOOKS, Latest

KIND = "watch.ending"
_MOST = 200
"""Names of which a record tells at most."""
What = Literal["certificate", "domain"]


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that ends, and what is told of it."""

    what: What
    name: str
    """The domain; of a certificate its end, since many targets show the same one."""
    urgency: Urgency | None
    """None: it ends no more, after it had been told of."""
    of: tuple[str, ...]
    """The targets that show the certificate; the capabilities that visit hosts of the domain."""
    title: str = ""
    text: str = ""

    @property
    def key(self) -> str:
        return f"{self.what}-{self.name}"

    def alert(self, at: float) -> Alert:
        """What people are told."""
        over = self.urgency is None
        alert = watcher_alert(at, self.key, self.title, self.text, over=over)
        pressing = self.urgency in (Urgency.URGENT, Urgency.OVER)
        return replace(alert, severity="critical") if pressing else alert

    def record(self, at: float, vantage: str) -> Evidence:
        """That it was told."""
        value = {
            "what": self.what,
            "urgency": str(self.urgency) if self.urgency else "",
            "of": list(self.of[:_MOST]),
            "title": self.title,
        }
        return Evidence(self.name, KIND, Seen(value), at, vantage)


@dataclass(slots=True)
class ToldEndings:
    """What was told and has not ended otherwise, by key."""

    known: dict[str, Told] = field(default_factory=dict)

    @classmethod
    def of_json(cls, data: Sequence[Any]) -> ToldEndings:
        """What a snapshot tells; raises ValueError, TypeError where it tells of no endings."""
        found = [
            _read(str(name), {"what": what, "urgency": urgency, "of": of})
            for name, what, urgency, of in data
        ]
        return cls({told.key: told for told in found if told is not None})

    def hear(self, record: Evidence) -> None:
        """Take in one watch.ending; one that cannot be understood is passed over."""
        told = _read(record.subject, record.value or {})
        if told is None:
            return
        if told.urgency is None:
            self.known.pop(told.key, None)
        else:
            self.known[told.key] = told

    def to_json(self) -> list[Any]:
        """For a snapshot."""
        return [[t.name, t.what, str(t.urgency), list(t.of)] for t in self.known.values()]


def endings(
    latest: Mapping[str, Latest], domains: Domains, before: ToldEndings, now: float
) -> tuple[Told, ...]:
    """What is to be told now, and was not told before, by key."""
    found = {each.key: each for each in (*_certificates(latest, now), *_domains(domains, now))}
    told = [each for key, each in found.items() if _news(each, before.known.get(key))]
    for key, each in before.known.items():
        if key not in found and (why := _ended(each, latest, domains)):
            told.append(_no_more(each, why))
    return tuple(sorted(told, key=lambda each: each.key))


def _news(now: Told, before: Told | None) -> bool:
    return before is None or before.urgency is not now.urgency


def _certificates(latest: Mapping[str, Latest], now: float) -> Iterator[Told]:
    shown: dict[tuple[float, float | None], list[str]] = {}
    for target, each in latest.items():
        for life in set(each.certificates):
            shown.setdefault(life, []).append(target)
    for (ends, begins), targets in shown.items():
        coming = ending(ends, now, begins=begins)
        if coming is not None:
            whose = f"The certificate of {_some(targets)}"
            when = _when(ends - now)
            yield _told("certificate", _of_end(ends), coming.urgency, targets, whose, when)


def _domains(domains: Domains, now: float) -> Iterator[Told]:
    for name, each in domains.known.items():
        capabilities = sorted(domains.visited_by[name])
        whose = f"The registration of {name}"
        if each.lost:
            words = "knows it no more" if each.lost == GONE else f"says {each.lost}"
            lost = f"is lost: the registry {words}"
            yield _told("domain", name, Urgency.OVER, capabilities, whose, lost)
            continue
        ends = each.ends
        coming = ending(ends, now, DOMAIN) if ends is not None else None
        if ends is None or coming is None:
            continue
        urgency = coming.urgency
        if urgency is Urgency.OVER and (each.said_at or 0.0) < ends:
            # Many a registry renews it at its end, and was not asked since.
            urgency = Urgency.URGENT
        yield _told("domain", name, urgency, capabilities, whose, _when(ends - now))


def _told(
    what: What, name: str, urgency: Urgency, of: Iterable[str], whose: str, when: str
) -> Told:
    names = tuple(of)
    behind = f" It is needed by {_some(names)}." if what == "domain" and names else ""
    return Told(what, name, urgency, names, f"{whose} {when}", f"{whose} {when}.{behind}")


def _ended(told: Told, latest: Mapping[str, Latest], domains: Domains) -> str:
    """Why it ends no more; empty where that is not sure."""
    if told.what == "domain":
        registration = domains.known.get(told.name)
        if registration is None:
            return "is no longer watched"
        return "is renewed" if registration.ends is not None else ""
    watched = [latest[target] for target in told.of if target in latest]
    if not watched:
        return "is no longer watched"
    # Behind one name may stand servers of which some show the old one still.
    seen = all(len(each.certificates) == LOOKS for each in watched)
    return "is renewed" if seen else ""


def _no_more(told: Told, why: str) -> Told:
    whose = f"The registration of {told.name}"
    if told.what == "certificate":
        whose = f"The certificate of {_some(told.of)}"
    return replace(told, urgency=None, title=f"{whose} {why}", text=f"{whose} {why}.")


def _read(name: str, value: Mapping[str, Any]) -> Told | None:
    what, urgency, of = value.get("what"), value.get("urgency"), value.get("of")
    if what not in ("certificate", "domain") or not isinstance(of, list):
        return None
    if urgency and urgency not in set(Urgency):
        return None
    return Told(what, name, Urgency(urgency) if urgency else None, tuple(map(str, of)))


def _of_end(ends: float) -> str:
    return f"{ends:.0f}"


def _when(left: float) -> str:
    return f"ends in {say_duration(left)}" if left > 0 else f"ended {say_duration(-left)} ago"


def _some(names: Sequence[str]) -> str:
    more = len(names) - 3
    return ", ".join(names[:3]) + (f" and {more} more" if more > 0 else "")
