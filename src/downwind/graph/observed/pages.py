"""Pages as needs: their host, and what they fetch from others, named by the role it plays."""

from collections.abc import Mapping, Sequence
from typing import Any

from downwind.catalog import Match
from downwind.evidence.hosts import host_of
from downwind.graph.observed.drawing import Drawing
from downwind.graph.observed.parties import party
from downwind.terms import Strength


def draw_page(drawing: Drawing, record_id: str, url: str, value: Mapping[str, Any]) -> None:
    """A page with its host and the other hosts that it fetches from."""
    host = host_of(url)
    node_id = drawing.builder.node(f"page:{url}", "page", url)
    drawing.needs(node_id, "host", [drawing.host(host)], why="its host")
    _needs_redirects(drawing, node_id, url, host)
    for resource in value.get("resources", ()):
        if resource.get("third_party") or resource["host"] != host:
            _needs_resource(drawing, node_id, record_id, host, resource)


def _needs_redirects(drawing: Drawing, node_id: str, url: str, host: str) -> None:
    """Each host that it was redirected through, the last of which shows the page."""
    seen = drawing.sightings.seen("http.page", url)
    if seen is None:
        return
    record_id, value = seen
    led_through = [*value.get("redirects", ()), value.get("final_url", "")]
    for other in dict.fromkeys(map(host_of, led_through)):
        if other not in ("", host):
            drawing.needs(
                node_id,
                f"redirect to {other}",
                [drawing.host(other)],
                why=f"{url} redirects to {other}; {party(drawing, host, other)}",
                cited=[record_id],
            )


def _needs_resource(
    drawing: Drawing, node_id: str, record_id: str, host: str, resource: Mapping[str, Any]
) -> None:
    third = resource["host"]
    matches = drawing.catalog.resource_host(third)
    role = _role(resource, matches)
    drawing.needs_scope(drawing.host(third), role, matches, why="by its name", cited=record_id)
    drawing.needs(
        node_id,
        f"{role} from {third}",
        [drawing.host(third)],
        strength=Strength(resource["strength"]),
        why=f"{resource.get('reason', '')}; {party(drawing, host, third, matches)}",
        cited=[record_id],
    )


def _role(resource: Mapping[str, Any], matches: Sequence[Match]) -> str:
    """What the resource is for: by its path or its host, else what the page does with it."""
    # Google serves its captcha from hosts that serve much else (developers.google.com/recaptcha).
    if "/recaptcha/" in str(resource.get("url", "")):
        return "captcha"
    return next((match.role for match in matches if match.role), str(resource["element"]))
