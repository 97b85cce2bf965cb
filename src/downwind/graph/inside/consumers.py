"""Whose needs a document from inside tells."""

from downwind.evidence.inside.names import clean_host
from downwind.graph.types import GraphBuilder


def add_consumer(builder: GraphBuilder, name: str) -> str:
    """The node of that name: what the graph has already, else a host, else a service."""
    if name in builder:
        return name
    if host := clean_host(name):
        return builder.node(f"host:{host}", "host", host)
    return builder.node(name, "service", name)
