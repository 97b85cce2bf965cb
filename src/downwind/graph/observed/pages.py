"""Pages as needs: their host, and what they fetch from others, named by the role it plays."""

from collections.abc import Mapping
from typing import Any

from downwind.graph.observed.drawing import Drawing
from downwind.graph.observed.index import host_of
from downwind.graph.observed.parties import party
from downwind.terms import Strength


def draw_page(drawing: Drawing, record_id: str, url: str, value: Mapping[str, Any]) -> None:
    """A page with its host and the other hosts that it fetches from."""
    host = host_of(url)
    node_id = drawing.builder.node(f"page:{url}", "page", url)
    drawing.needs(node_id, "host", [drawing.host(host)], why="its host")
    for resource in value.get("resources", ()):
        if resource.get("third_party") or resource["host"] != host:
            _needs_resource(drawing, node_id, record_id, host, resource)


def _needs_resource(
    drawing: Drawing, node_id: str, record_id: str, host: str, resource: Mapping[str, Any]
) -> None:
    third = resource["host"]
    matches = drawing.catalog.resource_host(third)
    role = next((match.role for match in matches if match.role), None) or resource["element"]
    drawing.needs_scope(drawing.host(third), role, matches, why="by its name", cited=record_id)
    drawing.needs(
        node_id,
        f"{role} from {third}",
        [drawing.host(third)],
        strength=Strength(resource["strength"]),
        why=f"{resource.get('reason', '')}; {party(drawing, host, third, matches)}",
        cited=[record_id],
    )
