"""What to ask of a domain's mail, given what was seen of it. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from downwind.evidence.domains import registered_domain
from downwind.evidence.mail import MOST_LOOKUPS, Spf, exchangers_of, spf_of, tagged
from downwind.observe.asks import Ask, What

_MOST_EXCHANGERS = 20
_MOST_POLICIES = 2 * MOST_LOOKUPS
"""Past ten lookups receivers give up (RFC 7208, 4.6.4); a few more tell whose they are."""
_LABELS = ("_dmarc", "_mta-sts", "_smtp._tls")


class MailAsks:
    """Remembers whose mail is looked at; the plan gives out each ask once."""

    def __init__(self) -> None:
        self._domains: set[str] = set()
        self._policies: dict[str, str] = {}
        """Domain whose SPF policy was asked for -> the domain whose mail it is about."""

    def first(self, host: str) -> Iterable[Ask]:
        """The records of a host that a user named, and those of the domain that it belongs to."""
        for domain in dict.fromkeys((host, registered_domain(host) or host)):
            self._domains.add(domain)
            self._policies.setdefault(domain, domain)
            yield Ask(What.RECORDS, domain)
            yield Ask(What.TEXT, domain)
            yield Ask(What.ZONE_OF, domain)

    def on_mx(self, domain: str, value: Mapping[str, Any]) -> Iterable[Ask]:
        """The domain takes mail: its exchangers, and what it says of mail."""
        if domain not in self._domains:
            return
        exchangers = exchangers_of(value["records"])
        for exchanger in exchangers[:_MOST_EXCHANGERS]:
            yield from _host(exchanger.host)
        if exchangers:
            yield from self._practice(domain)

    def on_text(self, owner: str, value: Mapping[str, Any]) -> Iterable[Ask]:
        """A policy leads to those that it includes; `_mta-sts` to the policy's own host."""
        canonical = str(value.get("canonical", owner))
        if canonical != owner:
            yield Ask(What.ZONE_OF, canonical)
        label, _, domain = owner.partition(".")
        if label == "_mta-sts" and tagged(value["records"], "stsv1") is not None:
            yield Ask(What.STS_POLICY, domain)
            yield from _host(f"mta-sts.{domain}")
        policy = spf_of(value["records"])
        if policy is not None and owner in self._policies:
            if owner in self._domains:
                yield from self._practice(owner)
            yield from self._followed(owner, policy)

    def on_dkim(self, _: str, value: Mapping[str, Any]) -> Iterable[Ask]:
        """A key that lies with somebody else stands on that zone."""
        for selector in value["selectors"]:
            if selector["target"] is not None:
                yield Ask(What.ZONE_OF, selector["target"])

    def _practice(self, domain: str) -> Iterable[Ask]:
        for label in _LABELS:
            yield Ask(What.TEXT, f"{label}.{domain}")
        yield Ask(What.DKIM, domain)

    def _followed(self, owner: str, policy: Spf) -> Iterable[Ask]:
        root = self._policies[owner]
        for domain in _led_to(policy):
            asked = sum(each == root for each in self._policies.values())
            if domain not in self._policies and asked < _MOST_POLICIES:
                self._policies[domain] = root
                yield Ask(What.TEXT, domain)
                yield Ask(What.ZONE_OF, domain)
        named = (t.name for t in policy.terms if t.mechanism == "a" and t.name)
        for host in list(dict.fromkeys(named))[:MOST_LOOKUPS]:
            yield from _host(host)


def _host(host: str) -> Iterable[Ask]:
    yield Ask(What.ADDRESSES, host)
    yield Ask(What.ZONE_OF, host)


def _led_to(policy: Spf) -> Iterable[str]:
    names = [term.name for term in policy.terms if term.mechanism == "include"]
    return dict.fromkeys(name for name in (*names, policy.redirect) if name is not None)
