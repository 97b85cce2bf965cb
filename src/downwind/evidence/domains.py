"""Host names as domains: what somebody registered, and under which public suffix."""

import ipaddress
from functools import cache

from publicsuffixlist import PublicSuffixList


@cache
def _suffixes() -> PublicSuffixList:
    """Parsed once: it has ten thousand rules."""
    return PublicSuffixList()


def registered_domain(host: str) -> str | None:
    """What somebody registered: x.test for static.x.test; None for a suffix or an address."""
    if _is_address(host):
        return None
    return _suffixes().privatesuffix(host) or None


@cache
def _registries() -> PublicSuffixList:
    """The suffixes of registries alone, without those under which companies give out names."""
    return PublicSuffixList(only_icann=True)


def registry_domain(host: str) -> str | None:
    """What a registry knows a host by: pages.test for x.pages.test, where `pages.test` gives out
    names to its customers; None for a suffix or an address."""
    if _is_address(host):
        return None
    return _registries().privatesuffix(host) or None


def registrable_domain(host: str) -> str:
    """What somebody registered, or the host itself where it is an address or a suffix."""
    return registered_domain(host) or host


def public_suffix(host: str) -> str:
    """The suffix under which names are registered: test for x.test."""
    return _suffixes().publicsuffix(host) or host


def covers_name(pattern: str, host: str) -> bool:
    """Whether a name or a wildcard stands for a host (RFC 9525): a wildcard for one label."""
    if pattern == host:
        return True
    label, _, rest = host.partition(".")
    return bool(label and rest) and pattern == f"*.{rest}"


def _is_address(host: str) -> bool:
    if ":" not in host and not host[-1:].isdigit():
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
