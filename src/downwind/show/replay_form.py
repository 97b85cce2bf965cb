"""The JSON form of a replay: docs/replay-json.md says what each field means."""

from typing import Any

from downwind.jobs.replay import Cell, Replay
from downwind.questions.agreement import Agreement
from downwind.terms import Scope


def replay_form(result: Replay) -> dict[str, Any]:
    """One object, of JSON values only."""
    return {
        "scenario": result.scenario.name,
        "emulation": "modelled on public reports",
        "world": result.world.world,
        "deal": result.options.seed,
        "stands_on": {service.name: dict(service.on) for service in result.world.services},
        "speed": result.options.speed,
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
        "agrees": result.agrees,
    }


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
    }


def _agreement(found: Agreement) -> dict[str, Any]:
    return {
        "precision": found.precision,
        "recall": found.recall,
        "cells": found.cells,
        "same": found.same,
    }
