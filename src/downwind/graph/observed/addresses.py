"""Addresses as needs: the prefix that routes them, the network that announces it, who runs it."""

import ipaddress
from collections.abc import Iterable

from downwind.graph.observed.drawing import Drawing

# RFC 7454, 6.1.3: networks do not take in routes that are longer than these.
_LONGEST_ROUTE = {4: 24, 6: 48}


def needs_addresses(
    drawing: Drawing, node_id: str, addresses: Iterable[str], cited: Iterable[str], why: str
) -> None:
    """The node needs any one of these addresses."""
    found = sorted(set(addresses))
    drawing.needs(
        node_id,
        "address",
        [add_address(drawing, address) for address in found],
        why=f"{why}: {', '.join(found)}",
        cited=cited,
    )


def add_address(drawing: Drawing, address: str) -> str:
    """The node of an address, with what it stands on."""
    node_id = f"address:{address}"
    if node_id in drawing.builder:
        return node_id
    drawing.builder.node(node_id, "address", address)
    matches = drawing.catalog.address(address)
    if drawing.needs_scope(node_id, "network", matches, why="by its prefix"):
        return node_id
    drawing.builder.unknown(address, "address.provider", "no prefix of the catalogue holds it")
    _needs_route(drawing, node_id, address)
    _needs_network(drawing, node_id, address)
    return node_id


def _needs_network(drawing: Drawing, node_id: str, address: str) -> None:
    """The network that announces it, where the user has an AS database."""
    number = drawing.catalog.as_of_address(address)
    if number is not None:
        network = drawing.builder.node(f"as:{number}", "network", f"AS{number}")
        drawing.needs(
            node_id, "network", [network], why=f"AS{number} announces it, by the AS database"
        )


def _needs_route(drawing: Drawing, node_id: str, address: str) -> None:
    """Addresses of one route fall together, whoever runs them: two in one prefix are one."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return
    longest = _LONGEST_ROUTE[found.version]
    prefix = str(ipaddress.ip_network(f"{found}/{longest}", strict=False))
    route = f"route:{prefix}"
    drawing.builder.node(route, "route", prefix)
    drawing.needs(
        node_id,
        "route",
        [route],
        why=f"no route is longer than /{longest} (RFC 7454), so all of {prefix} is reached as one",
    )
