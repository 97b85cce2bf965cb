"""Surveys a few names of a network and keeps what was seen, to be asked about in tests."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from downwind.observe.network import Network
from downwind.survey.dns.client import Counts
from downwind.survey.limits.pace import Limits
from downwind.survey.looker import Looker
from downwind.terms import Evidence, Finding, Seen

FAST = Limits(queries=10_000, server_queries=10_000, requests=10_000)


@dataclass(frozen=True)
class Survey:
    """All evidence of one run, in the order in which it was kept."""

    evidence: Sequence[Evidence]
    counts: Counts

    def finding(self, kind: str, subject: str) -> Finding:
        found = [e for e in self.evidence if (e.kind, e.subject) == (kind, subject)]
        assert found, f"nothing on {kind} {subject}; there is {self.subjects(kind)}"
        assert len(found) == 1, f"{kind} {subject} was told {len(found)} times"
        return found[0].finding

    def value(self, kind: str, subject: str) -> Mapping[str, Any]:
        finding = self.finding(kind, subject)
        assert isinstance(finding, Seen), finding
        return finding.value

    def subjects(self, kind: str) -> set[str]:
        return {e.subject for e in self.evidence if e.kind == kind}

    def place(self, kind: str, subject: str) -> int:
        return next(
            n for n, e in enumerate(self.evidence) if (e.kind, e.subject) == (kind, subject)
        )


async def look(
    network: Network, *names: str, limits: Limits = FAST, looked_at: Sequence[str] = ()
) -> Survey:
    kept: list[Evidence] = []
    looker = Looker(network, limits, kept.extend, looked_at)

    async def one(place: int, name: str) -> None:
        kept.append(await looker.name(name, {"line": place, "labels": {}}))

    try:
        await asyncio.gather(*(one(place, name) for place, name in enumerate(names, start=1)))
    finally:
        await looker.close()
    return Survey(kept, looker.counts)
