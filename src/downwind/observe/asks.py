"""The kinds of asks: one thing to look at each, and the evidence that answers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class What(StrEnum):
    """The kinds of asks."""

    ADDRESSES = "addresses"
    ZONE_OF = "zone_of"
    ZONE = "zone"
    SERVER = "server"
    RECORDS = "records"
    TEXT = "text"
    DKIM = "dkim"
    STS_POLICY = "sts_policy"
    FULL_TTL = "full_ttl"
    CERTIFICATE = "certificate"
    PAGE = "page"
    REGISTRATION = "registration"


ANSWERED_BY: Mapping[What, tuple[str, ...]] = {
    What.ADDRESSES: ("dns.a", "dns.aaaa"),
    What.ZONE_OF: ("dns.zone_of",),
    What.ZONE: ("dns.zone", "dns.soa", "dns.ds"),
    What.SERVER: ("dns.server",),
    What.RECORDS: ("dns.mx", "dns.caa"),
    What.TEXT: ("dns.txt",),
    What.DKIM: ("mail.dkim",),
    What.STS_POLICY: ("mail.sts",),
    What.FULL_TTL: (),
    What.CERTIFICATE: ("tls.certificate",),
    What.PAGE: ("http.page", "page.resources"),
    What.REGISTRATION: ("rdap.domain",),
}
"""The kinds of evidence that answer each kind of ask."""


LAST = frozenset({What.RECORDS, What.TEXT, What.DKIM, What.STS_POLICY, What.REGISTRATION})
"""Asked when nothing else waits: where time runs out, the web is known before the mail."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing to look at."""

    what: What
    subject: str
    addresses: tuple[str, ...] = ()
    """For SERVER its glue; for CERTIFICATE and FULL_TTL the address to ask."""
    port: int = 443
    refused: str = ""
    """Why it is not looked at after all; the loop says so as evidence."""

    @property
    def kinds(self) -> tuple[str, ...]:
        return ANSWERED_BY[self.what]
