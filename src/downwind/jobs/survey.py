"""Maps a list of names into a store, and goes on where a killed run had stopped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from downwind.evidence.log import EvidenceLog
from downwind.observe import Network
from downwind.survey.course import BEGUN, ENDED, identity, unfinished
from downwind.survey.limits.pace import Limits
from downwind.survey.names_file import NamesFile, Read
from downwind.survey.run import Progress, survey
from downwind.terms import Evidence, Seen


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What a run did, and what had been done before it."""

    progress: Progress
    read: Read
    before: int
    """Names that an earlier, unfinished run had done."""


async def map_list(
    names: NamesFile,
    network: Network,
    directory: Path,
    *,
    limits: Limits,
    looked_at: Sequence[str] = (),
    afresh: bool = False,
    heard: Callable[[Progress, int], None],
) -> Surveyed:
    """Map every name of the list; `heard` gets the progress and how many were done before."""
    survey_id = identity(names.path, looked_at)
    # The log is opened first: nobody else writes to it between the reading and the going on.
    with EvidenceLog(directory) as log:
        course = None if afresh else unfinished(directory, survey_id)
        done = course.done if course else set()
        before = len(done)
        if course is None:
            log.append(_told(network, survey_id, BEGUN, {"looked_at": list(looked_at)}))
        progress = await survey(
            (row for row in names.rows() if row.name not in done),
            network,
            limits,
            log,
            looked_at=looked_at,
            heard=lambda told: heard(told, before),
        )
        log.append(_told(network, survey_id, ENDED, {"names": before + progress.tally.done}))
    return Surveyed(progress, names.read, before)


def _told(network: Network, survey_id: str, kind: str, value: dict[str, object]) -> Evidence:
    return Evidence(survey_id, kind, Seen(value), network.clock.now(), network.vantage)
