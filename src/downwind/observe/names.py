"""Host names, written one way everywhere: lower case, ASCII, no dot at the end; the root is "."."""

from __future__ import annotations

import ipaddress

import dns.exception
import dns.name

ROOT = "."


def host_name(text: str) -> str:
    """The one way to write this name; raises ValueError where it is none."""
    try:
        return from_wire(_parsed(text.strip()))
    except (dns.exception.DNSException, UnicodeError) as error:
        raise ValueError(f"{text[:80]!r} is not a host name: {error}") from error


def _parsed(text: str) -> dns.name.Name:
    """As browsers do: IDNA 2008, in which ß is a letter, and IDNA 2003 for what that leaves out."""
    try:
        return dns.name.from_text(text, idna_codec=dns.name.IDNA_2008_Practical)
    except dns.name.IDNAException:
        return dns.name.from_text(text, idna_codec=dns.name.IDNA_2003_Practical)


def from_wire(name: dns.name.Name) -> str:
    if name == dns.name.root:
        return ROOT
    return name.to_text(omit_final_dot=True).lower()


def parent_name(name: str) -> str:
    """The name without its first label."""
    if name == ROOT:
        return ROOT
    # Labels may hold an escaped dot (RFC 1035, 5.1), so the name is split by its parser.
    return from_wire(dns.name.from_text(name).parent())


def is_under(name: str, zone: str) -> bool:
    """True where `name` is `zone` or lies below it."""
    return zone == ROOT or name == zone or name.endswith("." + zone)


def is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
