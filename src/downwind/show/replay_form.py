"""The JSON form of a replay: docs/replay-json.md says what each field means."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from downwind.jobs.outcome import Cell, JudgedClaim, Replay
from downwind.questions.agreement import Agreement
from downwind.show.claims_view import claim_form
from downwind.terms import Scope


def replay_form(result: Replay) -> dict[str, Any]:
    """One object, of JSON values only."""
    return {
        "scenario": result.scenario.name,
        "emulation": "modelled on public reports",
        "world": result.world.world,
        "deal": result.seed,
        "as_of": result.as_of,
        "stands_on": {service.name: dict(service.on) for service in result.world.services},
        "speed": result.speed,
        "walls": list(result.walls),
        "observations": len(result.mapped.records),
        "capabilities": [_cell(cell) for cell in result.cells],
        "fault": _scope(result.fault),
        "attribution": _attribution(result),
        "agreement": {
            "predicted": _agreement(result.predicted),
            "predicted_from_outside": _agreement(result.outside),
            "reported": _agreement(result.reported),
        },
        "outage": {
            "fault_seconds": result.scenario.until - result.scenario.onset,
            "outage_seconds": _rounded(result.outage_end),
            "first_failure_seconds": _rounded(result.first_failure),
        },
        "status_pages": _status_pages(result),
        "crowd": _crowd(result),
        "claims": [_claim(claim) for claim in result.claims],
        "not_yet_known": [
            {
                "node": hidden.node,
                "needs": hidden.target,
                "known_since": hidden.known_since,
                "source": hidden.source,
            }
            for hidden in result.prediction.not_yet_known
        ],
        "agrees": result.agrees,
    }


def _status_pages(result: Replay) -> list[dict[str, Any]]:
    return [
        {
            "provider": spoke.provider,
            "title": spoke.title,
            "at": _iso(result.scenario.said(spoke.at)),
            "after_onset_seconds": _rounded(spoke.at - result.scenario.onset),
        }
        for spoke in result.played.spoke
    ]


def _iso(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _crowd(result: Replay) -> dict[str, Any]:
    tried: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    places: dict[str, dict[str, Any]] = {}
    for count in result.played.crowd:
        tried.update(count.tried)
        failed.update(count.failed)
        for name, talk in count.talk.items():
            place = places.setdefault(name, {"tried": 0, "failed": 0, "blamed": Counter()})
            place["tried"] += talk.tried
            place["failed"] += talk.failed
            place["blamed"].update(talk.blamed)
    return {"tried": dict(tried), "failed": dict(failed), "talk": places}


def _claim(judged: JudgedClaim) -> dict[str, Any]:
    whole = claim_form(judged.after)
    per_phase = ("verdict", "reason", "names", "still_mute", "chain")
    about = {key: value for key, value in whole.items() if key not in per_phase}
    phases = {"before": judged.before, "during": judged.during, "after": judged.after}
    return about | {
        phase: {key: claim_form(judgement)[key] for key in per_phase}
        for phase, judgement in phases.items()
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "service": cell.service,
        "capability": cell.capability,
        "predicted": cell.predicted,
        "predicted_from_outside": cell.predicted_from_outside,
        "certain_from_outside": cell.certain_from_outside,
        "observed": cell.observed,
        "reported": cell.reported,
        "source": cell.source or None,
        "predicted_back_seconds": _rounded(cell.predicted_back),
        "observed_back_seconds": _rounded(cell.observed_back),
    }


def _scope(scope: Scope | None) -> dict[str, Any]:
    product = scope.product if scope and scope.product != "*" else None
    return {
        "provider": scope.provider if scope else None,
        "product": product,
        "region": scope.region if scope else None,
        "zone": scope.zone if scope else None,
        "variant": scope.variant if scope else None,
    }


def _attribution(result: Replay) -> dict[str, Any]:
    if result.named is None:
        return {
            **_scope(None),
            "verdict": "quiet",
            "confidence": None,
            "seconds": None,
            "explains": [],
            "contradicts": [],
            "unexplained": [],
            "rivals": [],
            "indistinguishable": [],
            "consequences": [],
        }
    verdict = result.named.attribution
    return {
        **_scope(verdict.scope),
        "verdict": verdict.verdict,
        "confidence": round(verdict.confidence, 4),
        "seconds": round(result.named.seconds, 1),
        "explains": list(verdict.explains),
        "contradicts": list(verdict.contradicts),
        "unexplained": list(verdict.unexplained),
        "rivals": [{"suspect": name, "confidence": round(c, 4)} for name, c in verdict.rivals],
        "indistinguishable": list(verdict.same),
        "consequences": [
            {"scope": str(fell.scope), "why": fell.why, "explains": list(fell.explains)}
            for fell in verdict.consequences
        ],
    }


def _agreement(found: Agreement) -> dict[str, Any]:
    return {
        "precision": found.precision,
        "recall": found.recall,
        "cells": found.cells,
        "same": found.same,
    }
