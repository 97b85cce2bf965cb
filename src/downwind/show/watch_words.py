"""The words of the live picture: one sentence for page, terminal and alerts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from downwind.model.durations import say_duration
from downwind.show.screen import plain
from downwind.show.watch_text import sure, without_asides
from downwind.terms import State
from downwind.watch.itself import VoicesSeen
from downwind.watch.picture import IncidentSeen, Picture, StatusPage, TargetSeen

_SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
STALE = 300.0
"""Seconds after which a picture that was not renewed says that the loop stands still."""
_SURE = 0.9
_NAMED = 3
"""Names that a sentence holds; the rest are counted."""

LEADS = {
    "provider": "Them, probably not you",
    "suspected": "Perhaps them",
    "own": "You, probably",
    "vantage": "The watcher's own side, not those it watches",
    "unknown": "Not known who",
    "quiet": "Nobody",
}
STATES = {State.UP: "up", State.DEGRADED: "degraded", State.DOWN: "down", None: "unknown"}


def summary(picture: Picture, now: float) -> str:
    """What is down, whose fault and since when, in a sentence or two.

    >>> summary(Picture(at=0, started_at=0), 0)
    'Nothing is watched yet.'
    """
    if now - picture.at > STALE:
        old = say_duration(now - picture.at)
        return (
            f"Stale: this is {old} old, and the watcher's loop stands still. {_told(picture, now)}"
        )
    return _told(picture, now)


def _told(picture: Picture, now: float) -> str:
    if picture.watcher.blind:
        why = _why(picture.watcher.reason) or "its own connectivity fails"
        return f"Blind: {why}. What is watched is unknown until that ends; nobody is blamed."
    first = leading(picture)
    if first is not None:
        others = sum(each.phase != "maintenance" for each in picture.running()) - 1
        verb = "incidents are" if others > 1 else "incident is"
        more = f" {_small(others).capitalize()} other {verb} open." if others else ""
        return f"{sentence(first, picture, now)}{more}"
    return _calm(picture)


def leading(picture: Picture) -> IncidentSeen | None:
    """The incident of which the summary tells: nobody is on it, or it hits the most."""
    running = [each for each in picture.running() if each.phase != "maintenance"]
    return min(running, key=_gravity, default=None)


def sentence(incident: IncidentSeen, picture: Picture, now: float) -> str:
    """One incident: whose fault, how it shows, since when, whom it hits, what speaks for it."""
    clauses = [
        f"{lead_of(incident)}: {_cause(incident)}, since {clock(incident.since, now)}",
        _hit(incident, picture),
        _saved(incident, picture),
        _deploys(incident),
        _status(incident.status_page, incident, now),
        _dependent(incident),
    ]
    if incident.closed_at is not None:
        lasted = say_duration(max(0.0, incident.closed_at - incident.since))
        over = "no longer blamed" if incident.still else "over"
        clauses.append(f"{over} since {clock(incident.closed_at, now)}, after {lasted}")
        clauses.append(_still(incident, picture))
    elif incident.reopened:
        clauses.append(_again(incident, now))
    return "; ".join(clause for clause in clauses if clause) + "."


def lead_of(incident: IncidentSeen) -> str:
    """Whose side it is on, as sure as it is."""
    if incident.verdict == "vantage" and incident.confidence < _SURE:
        return "Perhaps the watcher's own side"
    return LEADS[incident.verdict]


def clock(at: float, now: float) -> str:
    """A moment: 11:28 UTC of the same day, else with its date."""
    then = moment(at)
    same_day = then.date() == moment(now).date()
    return then.strftime("%H:%M UTC" if same_day else "%Y-%m-%d %H:%M UTC")


def moment(at: float) -> datetime:
    """The UTC time of seconds since 1970; times that no calendar holds are the nearest held."""
    return datetime.fromtimestamp(min(max(at, 0.0), 253402300799.0), tz=UTC)


def ago(at: float, now: float) -> str:
    """14 min ago; in 2 h for what is to come."""
    if abs(now - at) < 1:
        return "now"
    return f"{say_duration(now - at)} ago" if now > at else f"in {say_duration(at - now)}"


def line(text: str, most: int = 160) -> str:
    """Text from outside as a part of a line: no control characters, and not without end."""
    one = plain(" ".join(text.split()))
    return one if len(one) <= most else f"{one[: most - 1]}…"


def title_of(target: TargetSeen) -> str:
    """What people call a target."""
    return line(target.title or target.key, 100)


def voices_told(voices: VoicesSeen) -> str:
    """How many independent voices are heard, and how many of them it takes."""
    if not voices.heard:
        return "No vantage is heard."
    if voices.total == 1:
        return "They count as one voice: what it sees, nobody else confirms."
    return (
        f"{_small(voices.heard).capitalize()} of {_small(voices.total)} independent voices "
        f"{'is' if voices.heard == 1 else 'are'} heard; it takes {_small(voices.needed)} to call "
        "a target down."
    )


def fails(target: TargetSeen) -> bool:
    """True where it is known not to be up."""
    return target.state in (State.DOWN, State.DEGRADED)


def _share(some: int, of: int) -> str:
    return "your one capability" if some == of == 1 else f"{some} of your {_capabilities(of)}"


def _calm(picture: Picture) -> str:
    watched = [each for each in picture.targets if each.kind == "capability"]
    if not watched:
        return "Nothing is watched yet."
    failing = [each for each in watched if fails(each)]
    unknown = sum(each.state is None for each in watched)
    planned = sum(each.phase == "maintenance" for each in picture.running())
    expected = {
        v for each in picture.running() if each.phase == "maintenance" for v in each.victims
    }
    clauses = []
    if failing:
        verb = "fails" if len(failing) == 1 else "fail"
        within = all(each.key in expected for each in failing)
        clauses.append(
            f"{_share(len(failing), len(watched))} {verb} ({_some(title_of(e) for e in failing)}), "
            f"{'during maintenance' if within else 'and no cause is named yet'}"
        )
    elif unknown == len(watched):
        clauses.append(f"Nothing is known yet of your {_capabilities(unknown)}")
        unknown = 0
    else:
        up = len(watched) - unknown
        all_of = "Your one capability stands" if up == 1 else f"All {up} of your capabilities stand"
        clauses.append(
            all_of if not unknown else f"All that is known stands: {up} of {len(watched)}"
        )
    if unknown:
        clauses.append(f"{unknown} unknown")
    slow = sum(each.slow for each in watched)
    if slow:
        clauses.append(f"{_small(slow)} slower than usual")
    partly = [each for each in watched if each.partly]
    if partly:
        first = line(partly[0].partly)
        others = len(partly) - 1
        clauses.append(f"{first}, and {_small(others)} more such" if others else first)
    if planned and not failing:
        clauses.append("maintenance under way")
    if not picture.watcher.healthy:
        clauses.append(
            f"the watcher is not well: {_why(picture.watcher.reason) or 'no reason given'}"
        )
    return "; ".join(clauses) + "."


def _why(reason: str) -> str:
    """A reason within a sentence."""
    return line(reason).rstrip(".")


def _gravity(incident: IncidentSeen) -> tuple[bool, bool, int, float, str]:
    known = incident.phase == "acknowledged"
    return incident.slow, known, -len(incident.victims), incident.since, incident.id


def _cause(incident: IncidentSeen) -> str:
    if incident.verdict == "unknown" and incident.slow:
        return "several are slower than usual, and nothing known is shared by them"
    if incident.verdict == "unknown":
        return "several fail together, and nothing known is shared by them"
    who = line(incident.who or incident.scope or incident.suspect) or "something"
    much = f" ({sure(incident.confidence)} sure)" if incident.verdict == "suspected" else ""
    return f"{who} {', '.join(map(line, incident.signs)) or 'fails'}{much}"


def _of(incident: IncidentSeen, picture: Picture) -> int:
    watched = sum(each.kind == "capability" for each in picture.targets)
    return max(incident.of or watched, len(incident.victims))


def _saved(incident: IncidentSeen, picture: Picture) -> str:
    if not incident.saved:
        return ""
    kept = set(incident.saved)
    needs = {each.saved_by for each in picture.targets if each.key in kept}
    need = line(needs.pop(), 40) if len(needs) == 1 else ""
    whose = "its" if len(kept) == 1 else "their"
    return f"{_small(len(kept))} saved by {whose} second {need or 'alternative'}"


def _hit(incident: IncidentSeen, picture: Picture) -> str:
    if not incident.victims:
        return "all that it hit are back"
    return _share(len(incident.victims), _of(incident, picture))


def _dependent(incident: IncidentSeen) -> str:
    """What of the watcher falls with it; by which chain is told below the sentence."""
    if not incident.dependent:
        return ""
    return f"not an independent verdict: {_some(map(without_asides, incident.dependent))}"


def _still(incident: IncidentSeen, picture: Picture) -> str:
    """Who had not come back when it was closed; empty where all had."""
    if not incident.still:
        return ""
    called = {each.key: title_of(each) for each in picture.targets}
    verb = "was" if len(incident.still) == 1 else "were"
    return f"{_some(called.get(key, key) for key in incident.still)} {verb} still failing then"


def _again(incident: IncidentSeen, now: float) -> str:
    """When it came back, and after how long, as its timeline tells."""
    back = [each for each in incident.timeline if each.kind == "reopened"]
    if not back:
        return "it came back"
    return f"back since {clock(back[-1].at, now)}, {line(back[-1].text)}"


def _deploys(incident: IncidentSeen) -> str:
    window = say_duration(incident.deploys_within)
    deploys = [each for each in incident.deploys if each.kind == "deploy"]
    others = len(incident.deploys) - len(deploys)
    if not incident.deploys:
        return f"no deploy of yours in {window}"
    latest = max(incident.deploys, key=lambda each: each.at)
    before = say_duration(abs(incident.since - latest.at))
    named = f" ({line(latest.title, 60)})" if latest.title else ""
    when = "before" if latest.at <= incident.since else "after"
    kind = "deploy" if not others else "change"
    told = f"{before} {when} it began{named}"
    if len(incident.deploys) == 1:
        return f"a {kind} of yours {told}"
    return f"{_small(len(incident.deploys))} {kind}s of yours in {window}, the latest {told}"


def _status(page: StatusPage, incident: IncidentSeen, now: float) -> str:
    if not page.provider or page.state == "unknown":
        return ""
    if page.state == "green":
        lasts = incident.closed_at is None
        return f"its status page {'is still' if lasts else 'stayed'} green"
    if page.posted_at is None:
        return "its status page tells of it"
    late = page.posted_at - incident.since
    after = f", {say_duration(late)} after it began" if late >= 60 else ""
    return f"its status page tells of it since {clock(page.posted_at, now)}{after}"


def _some(names: Iterable[str]) -> str:
    told = [line(name) for name in names]
    more = len(told) - _NAMED
    listed = ", ".join(told[:_NAMED])
    return f"{listed} and {more} more" if more > 0 else listed


def _small(count: int) -> str:
    return _SMALL[count] if count < len(_SMALL) else f"{count:,}"


def _capabilities(count: int) -> str:
    return f"{count:,} {'capability' if count == 1 else 'capabilities'}"
