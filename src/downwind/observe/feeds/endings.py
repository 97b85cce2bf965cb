"""Whether words say that an incident is over: only what is said last counts, and a no is a no."""

from __future__ import annotations

import re

_CLAUSE = re.compile(r"\s+[-\u2013\u2014]\s+|[:;,|()\[\]]|\.\s|\.$")
_DONE = frozenset(
    ("resolved", "mitigated", "recovered", "restored", "completed", "closed", "solved", "fixed")
)
_BESIDE = frozenset(
    (
        *("issue", "issues", "incident", "problem", "outage", "service", "services", "the", "this"),
        *("has", "have", "been", "is", "are", "was", "were", "now", "and", "all", "fully", "it"),
        *("completely", "successfully"),
    )
)
"""Words that take nothing away from one of the above; any other may be a "not yet"."""
# Over text with single spaces: none of these may look at a long run twice.
_EMPHASIS = re.compile(r"<(strong|b)\b[^<>]{0,200}>([^<>]{1,60})</\1>", re.I)
_LABEL = re.compile(r"\bstatus ?: ?(?:<[^<>]{1,40}> ?){0,4}([a-z][a-z ]{2,30})", re.I)
_OPEN_WORDS = frozenset(
    ("investigating", "identified", "monitoring", "update", "detected", "in progress", "verifying")
)
_SCHEDULED_WORDS = frozenset(("scheduled", "maintenance scheduled", "planned"))
_CLOSED_WORDS = frozenset(
    ("resolved", "completed", "postmortem", "maintenance complete", "mitigated", "closed")
)


def is_over(title: str) -> bool:
    """True where the final clause of a title says so: "Storage - West US - Resolved".

    "Unresolved", "Not yet resolved" and "Resolved: more to come" do not.
    """
    clauses = [each for each in _CLAUSE.split(title.lower()) if each and each.strip()]
    if not clauses:
        return False
    words = clauses[-1].split()
    return any(each in _DONE for each in words) and set(words) <= _DONE | _BESIDE


def begins_over(title: str) -> bool:
    """True where a mark before the title says so: "[RESOLVED] Errors", "Resolved: Errors"."""
    found = re.match(r"\s*(?:\[([a-z ]{3,20})\]|([a-z]{3,20})\s*:)", title, re.I)
    return found is not None and (found[1] or found[2]).strip().lower() in _DONE


def told_state(body: str) -> str | None:
    """open, resolved or scheduled by the first state that a body sets apart; None without one.

    Statuspage sets the state of each update in bold, newest first; others write "Status: Resolved".
    """
    plain = " ".join(body.split())
    label = _LABEL.search(plain)
    words = [label[1]] if label else []
    words += [found[2] for found in _EMPHASIS.finditer(plain)]
    for each in words:
        word = " ".join(each.lower().replace("_", " ").replace("-", " ").strip(" :.").split())
        if word in _CLOSED_WORDS:
            return "resolved"
        if word in _SCHEDULED_WORDS:
            return "scheduled"
        if word in _OPEN_WORDS:
            return "open"
    return None
