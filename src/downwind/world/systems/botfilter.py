"""An edge's bot filter: it scores requests by a file of features, and has room for 200 of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

# The report on 2025-11-18: memory is set aside for 200 features; about 60 were in use.
LIMIT = 200


class Panic(Exception):
    """The filter has no room for its features; the thread that serves the request is gone."""


class BotFilter:
    """The filter of the customers with the same variant."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._features: list[tuple[str, str, float]] = []
        self._panicked = False

    def reload(self, *, strict: bool) -> None:
        """Read the feature file anew.

        A strict filter (the newer proxy) panics where the features pass the limit; another one
        goes on without features and scores every request 0.
        """
        rows = json.loads(self._file.read_text(encoding="utf-8"))
        self._panicked = strict and len(rows) > LIMIT
        fits = len(rows) <= LIMIT
        self._features = [(r["header"], r["holds"], r["weight"]) for r in rows] if fits else []

    def score(self, headers: Mapping[str, str]) -> float:
        """How human a request looks, from 0 to 1; raises Panic."""
        if self._panicked:
            raise Panic
        if not self._features:
            return 0.0
        total = 0.0
        for name, holds, weight in self._features:
            if holds in headers.get(name, ""):
                total += weight
        return min(1.0, max(0.0, total))
