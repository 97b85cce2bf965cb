"""Loads a page with everything, then without each third party in turn, and says what broke."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from downwind.evidence.domains import registrable_domain
from downwind.evidence.hosts import host_of
from downwind.observe.browser.chromium import Chromium
from downwind.observe.browser.loading import Look, load
from downwind.observe.browser.proxy import Proxy
from downwind.observe.network import Network
from downwind.terms import Absent, Finding, Seen, Strength, Unanswered

MOST_BLOCKED = 20
"""Third parties that a page is tried without; each costs the owner one more load of the page."""
_LEAST_LEFT = 0.5
"""With less of its text or controls than this, a page counts as broken."""
_STEADY = 0.25
"""Two loads of one page differ by no more than this, or nothing can be said of a third."""
_MOST_TOLD = 500


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a third party is to the page."""

    strength: Strength
    reason: str


async def look_at_page(url: str, network: Network, budget: float) -> Finding:
    """The page's third parties, each hard or soft by what breaks without it, within `budget` s.

    The value has `resources` in the form of `page.resources`, `final_url`, what was there to see,
    and `not_tried`: the domains that were only seen, with the reason. Raises CannotMeasure where
    there is no browser.
    """
    try:
        async with Proxy(network) as proxy, Chromium(network, proxy.port) as browser:
            return await _look(url, proxy, browser, asyncio.get_running_loop().time() + budget)
    except TimeoutError:
        return Unanswered(f"the browser was not done within {budget:g} s")


async def _look(url: str, proxy: Proxy, browser: Chromium, deadline: float) -> Finding:
    first = await load(browser, url)
    if first.failure:
        reason = proxy.failed.get(host_of(url), first.failure)
        return Unanswered(f"the browser could not load it: {reason}", {"browser": first.failure})
    again = await load(browser, url)
    asked = tuple({each.url: each for each in (*first.requests, *again.requests)}.values())
    own = registrable_domain(host_of(first.final_url or url))
    domains = Counter(registrable_domain(host_of(each.url)) for each in asked)
    thirds = [domain for domain, _ in domains.most_common() if domain not in (own, "")]
    verdicts: dict[str, Verdict] = {}
    not_tried: dict[str, str] = {}
    unsteady = _unsteady(first, again)
    for place, domain in enumerate(thirds):
        if unsteady or place >= MOST_BLOCKED or asyncio.get_running_loop().time() > deadline:
            not_tried[domain] = unsteady or "there was no more time, or too many went before it"
            continue
        proxy.blocked = frozenset({domain})
        verdicts[domain] = judge(first, again, await load(browser, url), domain)
        proxy.blocked = frozenset()
    if not asked:
        return Absent("the page asked for nothing")
    whole = replace(first, requests=asked)
    return Seen(_value(whole, own, verdicts, not_tried, 2 + len(verdicts)))


def judge(first: Look, again: Look, without: Look, domain: str) -> Verdict:
    """What is left of a page that was loaded twice with everything and once without `domain`."""
    if without.failure:
        return Verdict(Strength.HARD, f"without {domain} there is no page: {without.failure}")
    parts = []
    broken = False
    for what, before, after in (
        ("text", min(first.text, again.text), without.text),
        ("controls", min(first.controls, again.controls), without.controls),
    ):
        share = after / before if before else 1.0
        broken |= share < _LEAST_LEFT
        parts.append(f"{min(share, 1):.0%} of its {what}")
    errors = without.errors - max(first.errors, again.errors)
    more = f", and {errors} more script errors" if errors > 0 else ""
    late = "" if without.loaded or not first.loaded else ", and it never ends loading"
    reason = f"blocked in a browser, the page has {' and '.join(parts)}{more}{late}"
    return Verdict(Strength.HARD if broken else Strength.SOFT, reason)


def _unsteady(first: Look, again: Look) -> str:
    for what, one, other in (
        ("text", first.text, again.text),
        ("controls", first.controls, again.controls),
    ):
        if abs(one - other) > _STEADY * max(one, other):
            return f"the page differs from load to load ({what}: {one}, then {other})"
    return ""


def _value(
    look: Look,
    own: str,
    verdicts: dict[str, Verdict],
    not_tried: dict[str, str],
    loads: int,
) -> dict[str, Any]:
    resources: Sequence[dict[str, Any]] = [
        _resource(each.url, each.kind, own, verdicts, not_tried)
        for each in look.requests[:_MOST_TOLD]
    ]
    return {
        "final_url": look.final_url,
        "loads": loads,
        "text": look.text,
        "controls": look.controls,
        "images": look.images,
        "resources": list(resources),
        "left_out": max(0, len(look.requests) - _MOST_TOLD),
        "not_tried": not_tried,
    }


def _resource(
    url: str, kind: str, own: str, verdicts: dict[str, Verdict], not_tried: dict[str, str]
) -> dict[str, Any]:
    host = host_of(url)
    domain = registrable_domain(host)
    verdict = verdicts.get(domain)
    if domain == own:
        reason = f"served from the page's own domain {own}"
    else:
        reason = verdict.reason if verdict else f"not tried without it: {not_tried.get(domain, '')}"
    return {
        "url": url[:2_000],
        "host": host,
        "element": kind.lower(),
        "third_party": domain != own,
        "strength": str(verdict.strength if verdict else Strength.SOFT),
        "reason": reason,
    }
