"""An address block, read strictly and quickly: a catalogue holds tens of thousands."""

import ipaddress
import socket
from typing import NamedTuple

# Shorter than these, and one typo would hand a large part of the internet to one provider.
SHORTEST = {4: 8, 6: 19}
BITS = {4: 32, 6: 128}
# The special-purpose registries of IANA (RFC 6890) and multicast; of IPv6, all but 2000::/3.
_SPECIAL = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
    *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15"),
    *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3"),
    *("::/3", "2001:db8::/32", "4000::/2", "8000::/1"),
)
_SPECIAL_RANGES = tuple(
    (network.version, int(network.network_address), int(network.broadcast_address))
    for network in map(ipaddress.ip_network, _SPECIAL)
)


class Block(NamedTuple):
    """All addresses that begin with the same bits; blocks sort by where they start."""

    version: int
    start: int
    length: int

    @property
    def end(self) -> int:
        """Its last address."""
        return self.start + (1 << (BITS[self.version] - self.length)) - 1

    @property
    def public(self) -> bool:
        """True where no part of it is private, reserved or multicast."""
        return not any(
            version == self.version and start <= self.end and self.start <= end
            for version, start, end in _SPECIAL_RANGES
        )

    def __str__(self) -> str:
        kind = ipaddress.IPv4Address if self.version == 4 else ipaddress.IPv6Address
        return f"{kind(self.start)}/{self.length}"


def read_block(text: str) -> Block:
    """A block such as 104.16.0.0/13; raises ValueError with the way out where it is none.

    One that is wider than SHORTEST is refused too.
    """
    address, slash, bits = text.partition("/")
    try:
        version, start = address_number(address)
        length = int(bits) if slash else BITS[version]
    except ValueError as error:
        raise ValueError(_say(text)) from error
    free = BITS[version] - length
    if free < 0 or not (bits.isdigit() or not slash) or start >> free << free != start:
        raise ValueError(_say(text))
    if length < SHORTEST[version]:
        raise ValueError(
            f"{text} is too wide to be one provider's; /{SHORTEST[version]} is the shortest for"
            f" IPv{version}"
        )
    return Block(version, start, length)


def address_number(text: str) -> tuple[int, int]:
    """The version and the number of an address; raises ValueError."""
    version = 6 if ":" in text else 4
    # inet_pton is as strict as ipaddress, and six times as fast.
    family = socket.AF_INET6 if version == 6 else socket.AF_INET
    try:
        return version, int.from_bytes(socket.inet_pton(family, text))
    except (OSError, ValueError) as error:
        raise ValueError(f"{text!r} is no address") from error


def _say(text: str) -> str:
    try:
        meant = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return f"{text!r} is no address block; write one such as 104.16.0.0/13 or 2606:4700::/32"
    return f"{text} has bits set behind its length; write {meant}"
