"""What ends before long: certificates, and registrations of domains."""

from __future__ import annotations

from collections.abc import Iterable

from downwind.show.html import Html, join, tag
from downwind.show.watch_words import line, title_of
from downwind.show.web.page.parts import Seen, time
from downwind.watch.detection.expiry import CERTIFICATE, DOMAIN
from downwind.watch.picture import TargetSeen

_MOST, _NAMED = 20, 3


def soon(seen: Seen) -> Html | None:
    """Those that are told of by now, the first to end first, and of which it is not known."""
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
    unknown = _unknown(seen.picture.targets)
    if not items and unknown is None:
        return None
    told = tag("ul", *items) if items else None
    heading = tag("h2", "Ends soon" if items else "Ends", id="soon")
    return tag("section", heading, join(told, unknown), aria_labelledby="soon")


def _ends(each: TargetSeen, now: float) -> Iterable[tuple[str, float]]:
    for what, at, ahead in (
        ("certificate", each.certificate_ends, CERTIFICATE[0]),
        ("domain", each.domain_ends, DOMAIN[0]),
    ):
        if at is not None and at - now < ahead:
            yield what, at


def _unknown(targets: Iterable[TargetSeen]) -> Html | None:
    """Domains of which nobody knows until when they are registered, each reason once."""
    reasons = sorted({line(each.domain_unknown, 200) for each in targets if each.domain_unknown})
    if not reasons:
        return None
    more = f" and {len(reasons) - _NAMED} more" if len(reasons) > _NAMED else ""
    told = "; ".join(reasons[:_NAMED])
    return tag("p", f"Until when these are registered is not known: {told}{more}.", class_="soft")


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"
