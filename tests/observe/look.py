"""Maps a tiny internet and keeps what was seen, to be asked about in tests."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from downwind.observe.mapping import map_names
from downwind.observe.network import Network
from downwind.terms import Absent, Evidence, Finding, Unanswered


@dataclass(frozen=True)
class Map:
    """All evidence of one run."""

    evidence: Sequence[Evidence]
    seconds: float

    def finding(self, kind: str, subject: str) -> Finding:
        """The latest finding, since a later one knows better."""
        found = [e for e in self.evidence if (e.kind, e.subject) == (kind, subject)]
        assert found, f"nothing on {kind} {subject}; there is {self.subjects(kind)}"
        return found[-1].finding

    def value(self, kind: str, subject: str) -> Mapping[str, Any]:
        finding = self.finding(kind, subject)
        assert not isinstance(finding, (Absent, Unanswered)), finding
        return finding.value

    def unanswered(self, kind: str, subject: str) -> Unanswered:
        finding = self.finding(kind, subject)
        assert isinstance(finding, Unanswered), finding
        return finding

    def absent(self, kind: str, subject: str) -> Absent:
        finding = self.finding(kind, subject)
        assert isinstance(finding, Absent), finding
        return finding

    def subjects(self, kind: str) -> set[str]:
        return {e.subject for e in self.evidence if e.kind == kind}


async def look(network: Network, *names: str, budget: float = 8.0) -> Map:
    seen: list[Evidence] = []
    began = time.monotonic()
    await map_names(names, network, budget=budget, on_evidence=seen.append)
    took = time.monotonic() - began
    assert took < budget + 1, "the budget was not kept"
    return Map(seen, took)
