"""What was read from inside, as needs: names that were looked up, calls, resources, entities."""

from datetime import date

from downwind.catalog import Catalog
from downwind.evidence.inside.readings import READING
from downwind.graph.inside.calls import add_calls
from downwind.graph.inside.entities import add_entities
from downwind.graph.inside.lookups import add_lookups
from downwind.graph.inside.resources import add_resources
from downwind.graph.observed import Sightings
from downwind.graph.types import GraphBuilder

__all__ = ["add_inside"]


def add_inside(
    builder: GraphBuilder,
    sightings: Sightings,
    catalog: Catalog,
    *,
    declared: bool = True,
    as_of: date | None = None,
) -> None:
    """Add everything that the evidence from inside shows, and what of it could not be read.

    What owners wrote is left out where `declared` is false, or where it was read after `as_of`.
    """
    for _, _, value in sightings.seen_of_kind(READING):
        for reason in _unread(value):
            builder.unknown(str(value.get("source", "")), READING, reason)
    add_lookups(builder, sightings, catalog)
    add_calls(builder, sightings, catalog)
    if declared:
        add_resources(builder, sightings, catalog, as_of)
        add_entities(builder, sightings, catalog, as_of)


def _unread(value: object) -> list[str]:
    if not isinstance(value, dict):
        return []
    reasons = []
    if value.get("broken"):
        places = ", ".join(str(each.get("place")) for each in value.get("first_broken", ()))
        many = "1 place" if value["broken"] == 1 else f"{value['broken']:,} places"
        reasons.append(f"{many} could not be read, the first at {places}")
    if value.get("cut"):
        reasons.append(f"it was read up to where {value['cut']}")
    if (value.get("forgotten") or {}).get("names"):
        reasons.append(
            f"{value['forgotten']['names']:,} of the names asked for least were left out for "
            "want of room"
        )
    return reasons
