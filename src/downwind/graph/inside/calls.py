"""Calls that traces show, as soft needs of one service for another."""

from collections.abc import Mapping
from typing import Any

from downwind.catalog import Catalog
from downwind.evidence.inside.names import clean_host
from downwind.graph.inside.consumers import add_consumer
from downwind.graph.inside.vendors import add_vendor
from downwind.graph.observed import Sightings
from downwind.graph.types import GraphBuilder
from downwind.terms import Alternative, Need, Standing, Strength

_VIRTUAL = "virtual_node"
"""The connection type of a caller or a callee that sends no traces: a browser, a vendor."""
_UNNAMED = frozenset({"unknown", "user"})
"""What the connector calls a callee and a caller of which no attribute tells the name."""


def add_calls(builder: GraphBuilder, sightings: Sightings, catalog: Catalog) -> None:
    """Each service needs those that it calls, and whoever was read needs those that people call."""
    calls: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for record_id, _, value in sightings.seen_of_kind("inside.call"):
        calls.setdefault(str(value["node"]), []).append((record_id, value))
    for node, of_node in calls.items():
        for record_id, value in of_node:
            _add_call(builder, catalog, record_id, value)
        _add_entries(builder, add_consumer(builder, node), node, of_node)


def _add_call(
    builder: GraphBuilder, catalog: Catalog, record_id: str, value: Mapping[str, Any]
) -> None:
    client, server = str(value["client"]), str(value["server"])
    if _is_people(value):
        _service(builder, server)
        return
    caller = _service(builder, client)
    if server in _UNNAMED and value["connection"] == _VIRTUAL:
        builder.unknown(client, "inside.call", "it calls something that its traces do not name")
        return
    host = clean_host(server)
    callee = add_vendor(builder, catalog, host, [record_id]) if host else _service(builder, server)
    if callee == caller:
        return
    builder.need(
        caller,
        Need(
            f"call of {server}",
            (Alternative(callee),),
            strength=Strength.SOFT,
            standing=Standing.OBSERVED,
            why=f"{client} called {server} {_rate(value)}; use is no proof that it cannot do "
            "without",
            evidence=(record_id,),
        ),
    )


def _add_entries(
    builder: GraphBuilder,
    consumer: str,
    node: str,
    calls: list[tuple[str, Mapping[str, Any]]],
) -> None:
    """Where the calls of whoever was read begin: with itself, with people's, or with nobody's."""
    clients = {str(value["client"]): record_id for record_id, value in calls}
    servers = {str(value["server"]) for _, value in calls}
    entries: dict[str, str]
    if node in clients:
        entries = {node: clients[node]}
    elif not (entries := {str(v["server"]): r for r, v in calls if _is_people(v)}):
        entries = {name: r for name, r in clients.items() if name not in servers} or clients
    for name, record_id in entries.items():
        target = _service(builder, name)
        if target == consumer:
            continue
        builder.need(
            consumer,
            Need(
                f"use of {name}",
                (Alternative(target),),
                strength=Strength.SOFT,
                standing=Standing.OBSERVED,
                why=f"calls begin with {name}, by its traces",
                evidence=(record_id,),
            ),
        )


def _is_people(value: Mapping[str, Any]) -> bool:
    return bool(value["client"] == "user" and value["connection"] == _VIRTUAL)


def _service(builder: GraphBuilder, name: str) -> str:
    return builder.node(f"service:{name}", "service", name)


def _rate(value: Mapping[str, Any]) -> str:
    calls, failed = float(value["calls"]), float(value["failed"])
    unit = "times" if value["unit"] == "count" else "times a second"
    share = f", {failed / calls:.2%} of them failed" if calls and failed else ""
    return f"{calls:g} {unit}{share}"
