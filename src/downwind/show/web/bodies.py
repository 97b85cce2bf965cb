"""What the API takes, and the lists that it answers with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from downwind.show.web.access import Right
from downwind.watch.itself import VantageSeen, VoicesSeen
from downwind.watch.picture import ChangeSeen, FeedSeen, IncidentSeen, NeedSeen, TargetSeen

Name = Annotated[str, Field(min_length=1, max_length=200)]
Line = Annotated[str, Field(max_length=500)]
Moment = Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False)]
Link = Annotated[str, Field(max_length=2000, pattern=r"^(https?://\S+)?$")]
LONGEST = 31 * 86400.0
"""Seconds that a maintenance window may last."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Deploy(_Body):
    """A deploy or another change of one's own."""

    service: Name
    """The service or node that changed; * for all."""
    title: Line = ""
    by: Line = ""
    """Who did it; the token's name where nothing is given."""
    url: Link = ""
    at: Moment | None = None
    """Seconds since 1970-01-01 UTC; now where nothing is given."""


class Maintenance(_Body):
    """Planned work: alerts about the service fall silent, probing goes on."""

    service: Name
    """The service or node; * for all."""
    until: Moment
    """Seconds since 1970-01-01 UTC."""
    at: Moment | None = None
    """When it begins; now where nothing is given."""
    title: Line = ""
    by: Line = ""
    url: Link = ""


class Note(_Body):
    """Who acts, and why."""

    by: Line = ""
    """Who acts; the token's name where nothing is given."""
    note: Annotated[str, Field(max_length=4000)] = ""


class Comment(_Body):
    """A line for an incident's timeline."""

    note: Annotated[str, Field(min_length=1, max_length=4000)]
    by: Line = ""
    """Who writes; the token's name where nothing is given."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong."""

    what: str
    where: str
    """The place in the request; empty where it is the whole."""
    todo: str
    """The way out."""


@dataclass(frozen=True, slots=True)
class Done:
    """It is logged."""

    id: str


@dataclass(frozen=True, slots=True)
class Holder:
    """Who asks, by the token that was sent."""

    name: str
    """The name of the token; empty where none was sent, or one that is not known."""
    rights: tuple[Right, ...]
    """What may be done with it here: read, act, report."""


@dataclass(frozen=True, slots=True)
class RefusedRecord:
    """A record of a batch that was not taken, and is not to be sent again."""

    record: int
    """Its number in the batch, from 1."""
    reason: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a vantage's batch: every record is in one of the three."""

    accepted: int
    """Written to the log."""
    duplicates: int
    """Held already."""
    refused: tuple[RefusedRecord, ...]
    at: float
    """The hub's clock."""


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the watcher runs, and sees."""

    ok: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Targets:
    """Some of the targets."""

    at: float
    total: int
    """Targets that fit the question, these among them."""
    targets: tuple[TargetSeen, ...]


@dataclass(frozen=True, slots=True)
class Incidents:
    """The incidents that are not closed, and those closed lately."""

    at: float
    summary: str
    """The first line of the page."""
    incidents: tuple[IncidentSeen, ...]


@dataclass(frozen=True, slots=True)
class Feeds:
    """The status feeds."""

    at: float
    feeds: tuple[FeedSeen, ...]


@dataclass(frozen=True, slots=True)
class Vantages:
    """The vantages."""

    at: float
    voices: VoicesSeen
    vantages: tuple[VantageSeen, ...]


@dataclass(frozen=True, slots=True)
class Needs:
    """The suspected needs."""

    at: float
    needs: tuple[NeedSeen, ...]


@dataclass(frozen=True, slots=True)
class Windows:
    """Maintenance that is planned or under way, the latest to begin first."""

    at: float
    windows: tuple[ChangeSeen, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes of one's own, newest first."""

    at: float
    changes: tuple[ChangeSeen, ...]
