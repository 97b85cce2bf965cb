"""Begun, done, ended: what the log tells of a survey, and where to go on after a kill.

A survey begins with a `survey.begun` record and ends with `survey.ended`; in between each name that
is done has one `survey.name`. The log is the checkpoint: there is no other file to disagree with.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from downwind.evidence.log import read
from downwind.terms import Evidence

BEGUN, NAME, ENDED = "survey.begun", "survey.name", "survey.ended"


@dataclass(slots=True)
class Course:
    """A survey that was begun and has not ended."""

    began: float
    done: set[str] = field(default_factory=set)


def identity(path: str, looked_at: Sequence[str]) -> str:
    """What makes two runs the same survey: the name of the list, and what is looked at."""
    return f"{Path(path).name} {','.join(sorted(looked_at))}"


def unfinished(directory: Path, survey: str) -> Course | None:
    """The latest survey of this identity, if it has begun and not ended."""
    kinds = (BEGUN, NAME, ENDED)
    return course_of((record for _, record in read(directory, kinds=kinds)), survey)


def course_of(records: Iterable[Evidence], survey: str) -> Course | None:
    """The same from records."""
    course: Course | None = None
    for record in records:
        if record.kind == BEGUN:
            course = Course(record.at) if record.subject == survey else None
        elif record.kind == ENDED:
            course = None
        elif record.kind == NAME and course is not None:
            course.done.add(record.subject)
    return course
