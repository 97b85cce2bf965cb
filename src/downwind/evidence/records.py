"""Evidence as JSON and back, strictly, and the id that its content gives it.

    {"at": 1763463600.0, "finding": {"type": "seen", "value": {...}},
     "kind": "dns.a", "subject": "x.test", "vantage": "paris"}

A finding is `seen` with a value, or `absent` or `unanswered` with a reason and a detail. The
canonical text has sorted keys, no spaces and ASCII only: text from the net may hold half a
surrogate pair, which UTF-8 cannot carry and an escape can. The id is the first 16 hex digits of its
SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

from downwind.terms import Absent, DownwindError, Evidence, Finding, LogDamaged, Seen, Unanswered

_KEYS = frozenset({"at", "finding", "kind", "subject", "vantage"})
_FINDING_KEYS = {
    "seen": frozenset({"type", "value"}),
    "absent": frozenset({"type", "reason", "detail"}),
    "unanswered": frozenset({"type", "reason", "detail"}),
}
_DEEPEST = 64


def to_json(evidence: Evidence) -> dict[str, Any]:
    """The JSON form; tuples become lists, and what JSON cannot say raises DownwindError."""
    try:
        return {
            "at": _seconds(evidence.at),
            "finding": _finding_to_json(evidence.finding),
            "kind": _text(evidence.kind, "kind"),
            "subject": _text(evidence.subject, "subject"),
            "vantage": _text(evidence.vantage, "vantage"),
        }
    except ValueError as error:
        raise DownwindError(
            f"The evidence cannot be written as JSON: {error}.",
            where=f"{evidence.kind} of {evidence.subject}",
            todo="A value is made of mappings, lists, text, finite numbers, booleans and null.",
        ) from error


def from_json(data: object) -> Evidence:
    """The evidence that this JSON form tells; raises LogDamaged where it tells none."""
    try:
        return _evidence(data)
    except ValueError as error:
        raise LogDamaged(f"This is not a record of evidence: {error}.") from error


def to_payload(evidence: Evidence) -> bytes:
    """The canonical text, as the log keeps it."""
    text = json.dumps(to_json(evidence), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("ascii")


def from_payload(payload: bytes) -> Evidence:
    """The evidence in this text; raises LogDamaged where it holds none."""
    try:
        data = json.loads(payload.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise LogDamaged(f"The payload is not JSON: {error}.") from error
    return from_json(data)


def payload_id(payload: bytes) -> str:
    """The id of the evidence whose canonical text this is."""
    return hashlib.sha256(payload).hexdigest()[:16]


def evidence_id(evidence: Evidence) -> str:
    """The id that its content gives it: the same observation has the same id everywhere."""
    return payload_id(to_payload(evidence))


def _finding_to_json(finding: Finding) -> dict[str, Any]:
    if isinstance(finding, Seen):
        return {"type": "seen", "value": _mapping(finding.value, "value")}
    kind = "absent" if isinstance(finding, Absent) else "unanswered"
    reason = _text(finding.reason, "reason")
    return {"type": kind, "reason": reason, "detail": _mapping(finding.detail, "detail")}


def _evidence(data: object) -> Evidence:
    fields = _exactly(data, _KEYS, "the record")
    return Evidence(
        subject=_text(fields["subject"], "subject"),
        kind=_text(fields["kind"], "kind"),
        finding=_finding(fields["finding"]),
        at=_seconds(fields["at"]),
        vantage=_text(fields["vantage"], "vantage"),
    )


def _finding(data: object) -> Finding:
    if not isinstance(data, Mapping) or not isinstance(data.get("type"), str):
        raise ValueError("finding has no type")
    kind = data["type"]
    if kind not in _FINDING_KEYS:
        raise ValueError(f"finding is of the unknown type {kind!r}")
    fields = _exactly(data, _FINDING_KEYS[kind], "finding")
    if kind == "seen":
        return Seen(_mapping(fields["value"], "value"))
    reason, detail = _text(fields["reason"], "reason"), _mapping(fields["detail"], "detail")
    return Absent(reason, detail) if kind == "absent" else Unanswered(reason, detail)


def _exactly(data: object, keys: frozenset[str], name: str) -> Mapping[str, object]:
    if not isinstance(data, Mapping):
        raise ValueError(f"{name} is not a mapping")
    if data.keys() != keys:
        wrong = ", ".join(sorted(map(repr, data.keys() ^ keys)))
        raise ValueError(f"{name} misses, or should not have, {wrong}")
    return data


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} is {value!r:.60}, not text")
    return value


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"at is {value!r:.60}, not a number")
    try:
        seconds = float(value)
    except OverflowError as error:
        raise ValueError("at is not finite") from error
    if not math.isfinite(seconds):
        raise ValueError("at is not finite")
    return seconds


def _mapping(value: object, path: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{path} is {value!r:.60}, not a mapping")
    plain: dict[str, Any] = _plain(value, path, _DEEPEST)
    return plain


def _plain(value: object, path: str, deep: int) -> Any:
    """A copy in JSON's own types, so that nobody can change it and it reads back the same."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{path} is {value}")
        return value
    if deep == 0:
        raise ValueError(f"{path:.80} is nested deeper than {_DEEPEST} levels")
    if isinstance(value, list | tuple):
        return [_plain(item, f"{path}[{n}]", deep - 1) for n, item in enumerate(value)]
    if not isinstance(value, Mapping):
        raise ValueError(f"{path} is of the type {type(value).__name__}")
    for key in value:
        if not isinstance(key, str):
            raise ValueError(f"{path} has the key {key!r:.60}, which is not text")
    return {key: _plain(item, f"{path}.{key}", deep - 1) for key, item in value.items()}
