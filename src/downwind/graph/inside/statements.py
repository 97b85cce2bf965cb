"""The statements that count: of documents that state the whole, those of the latest reading."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from downwind.evidence.inside.readings import READING, reading_subject
from downwind.graph.observed import Sightings


def stated(
    sightings: Sightings, kind: str, source_kind: str, as_of: date | None
) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """(id, value, day) of what the latest reading of each document states, if known by `as_of`.

    A statement without its reading, as a killed process leaves it, counts with the earlier one.
    """
    for record_id, subject, value in sightings.seen_of_kind(kind):
        record = sightings.get(kind, subject)
        name = reading_subject(source_kind, str(value.get("source")), str(value.get("node")))
        reading = sightings.get(READING, name)
        if record is None or reading is None or record.at < reading.at:
            continue
        day = datetime.fromtimestamp(record.at, UTC).date()
        if as_of is None or day <= as_of:
            yield record_id, value, day.isoformat()
