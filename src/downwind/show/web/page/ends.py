"""What ends before long: certificates, and registrations of domains."""

from __future__ import annotations

from collections.abc import Iterable

from downwind.show.html import Html, tag
from downwind.show.watch_words import line, title_of
from downwind.show.web.page.parts import Seen, folded, names, time
from downwind.watch.detection.expiry import CERTIFICATE, DOMAIN
from downwind.watch.picture import TargetSeen

_MOST, _NAMED = 20, 3


def soon(seen: Seen) -> Html | None:
    """Those that are told of by now, the first to end first."""
    found: dict[tuple[float, str], list[str]] = {}
    for each in seen.picture.targets:
        for what, at in _ends(each, seen.now):
            found.setdefault((at, what), []).append(title_of(each))
    items = [
        tag(
            "li",
            f"{_some(of)}: {'its' if len(of) == 1 else 'their'} {what} "
            f"{'ended' if at < seen.now else 'ends'} ",
            time(at, seen.now),
        )
        for (at, what), of in sorted(found.items())[:_MOST]
    ]
    if not items:
        return None
    heading = tag("h2", "Ends soon", id="soon")
    return tag("section", heading, tag("ul", *items), aria_labelledby="soon")


def unregistered(seen: Seen) -> Html | None:
    """Folded: the domains of which nobody knows until when they are registered, and why."""
    reasons = sorted({each.domain_unknown for each in seen.picture.targets if each.domain_unknown})
    if not reasons:
        return None
    more = len(reasons) - _MOST
    return folded(
        "unregistered",
        f"Registered until when: not known ({len(reasons):,})",
        names(line(each, 200) for each in reasons[:_MOST]),
        tag("p", f"and {more:,} more", class_="soft") if more > 0 else None,
    )


def _ends(each: TargetSeen, now: float) -> Iterable[tuple[str, float]]:
    for what, at, ahead in (
        ("certificate", each.certificate_ends, CERTIFICATE[0]),
        ("domain", each.domain_ends, DOMAIN[0]),
    ):
        if at is not None and at - now < ahead:
            yield what, at


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"
