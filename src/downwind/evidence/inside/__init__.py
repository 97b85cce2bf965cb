"""What owners can read from inside: query logs, traces, state and catalogues, as evidence."""

from downwind.evidence.inside.readings import (
    KINDS,
    Broken,
    Reading,
    Statement,
    records_of,
)

__all__ = ["KINDS", "Broken", "Reading", "Statement", "records_of"]
