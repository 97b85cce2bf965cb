"""Reads the value that somebody asks about, or refuses it with what was wanted."""

import ipaddress
from collections.abc import Sequence

from downwind.catalog.artefacts import (
    read_address,
    read_cookies,
    read_headers,
    read_host,
    read_includes,
    read_issuer,
    read_number,
)
from downwind.terms import UsageError

_SHOWN = 40
_LARGEST_NUMBER = 2**32 - 1


def asked_host(value: str) -> str:
    """The host of a name, a URL or a record that ends in one; raises UsageError."""
    # An MX record has its preference before the name.
    words = value.split()
    host = read_host(words[-1]) if words else ""
    if not host:
        todo = "Write it as in ns1.example.org; an international name begins with xn--."
        raise UsageError(f"{_said(value)} is no host name.", todo=todo)
    return host


def asked_address(value: str) -> str:
    """An IPv4 or IPv6 address; raises UsageError, of a block too."""
    if address := read_address(value):
        return address
    try:
        block = ipaddress.ip_network(value.strip(), strict=False)
    except ValueError as error:
        raise UsageError(
            f"{_said(value)} is no address.", todo="Write it as in 104.16.0.1 or 2606:4700::1."
        ) from error
    if block.num_addresses == 1:
        return str(block.network_address)
    raise UsageError(
        f"{_said(value)} is a block of {block.num_addresses} addresses, and parts of it may be"
        " different providers'.",
        todo=f"Ask about one address of it, such as {block[1]}.",
    )


def asked_number(value: str) -> int:
    """An AS number, 1 to 2^32-1 (RFC 6793); raises UsageError."""
    number = read_number(value)
    if number is None or not 0 < number <= _LARGEST_NUMBER:
        raise UsageError(f"{_said(value)} is no AS number.", todo="Write it as in AS13335.")
    return number


def asked_headers(value: str) -> dict[str, str]:
    """Headers by name; raises UsageError."""
    headers = read_headers(value)
    if not headers:
        raise UsageError(f"{_said(value)} is no header.", todo="Write it as in server: cloudflare.")
    return headers


def asked_cookies(value: str) -> list[str]:
    """The names of cookies; raises UsageError."""
    names = [name for name in read_cookies(value) if name]
    if not names:
        raise UsageError(f"{_said(value)} is no cookie.", todo="Write its name, as in __cf_bm.")
    return names


def asked_issuer(value: str) -> tuple[str, str]:
    """Organization and common name of an issuer; raises UsageError where it has neither."""
    organization, common_name = read_issuer(value)
    if not organization and not common_name:
        todo = "Write it as in C=US, O=Let's Encrypt, CN=R11."
        raise UsageError(f"{_said(value)} names no issuer.", todo=todo)
    return organization, common_name


def asked_includes(value: str) -> Sequence[str]:
    """The domains that an SPF record takes in, which may be none; raises UsageError."""
    includes = read_includes(value)
    if not includes and not any(mark in value for mark in "=:"):
        todo = "Write an included domain, or the record: v=spf1 include:example.org -all."
        raise UsageError(f"{_said(value)} is no SPF record.", todo=todo)
    return includes


def _said(value: str) -> str:
    return repr(value if len(value) <= _SHOWN else f"{value[: _SHOWN - 1]}…")
