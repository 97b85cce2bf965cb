"""Detector and latest probes, turned into what attribution reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from downwind.questions.attribution.heard import Testimony
from downwind.solve.arrays import Floats, Ints
from downwind.watch.detection import Likelihoods
from downwind.watch.live.latest import Latest
from downwind.watch.watched import Watched


@dataclass(frozen=True, slots=True, eq=False)
class Voices:
    """Which targets speak of which node, in the detector's order of targets and vantages."""

    nodes: tuple[str, ...]
    """Of which somebody speaks, once each."""
    node_of: Ints
    """Per target its node; -1 for one that is no witness."""
    targets: tuple[str, ...]
    vantages: tuple[str, ...]

    @classmethod
    def of(cls, watched: Sequence[Watched], vantages: Sequence[str]) -> Voices:
        numbers = {
            node: n for n, node in enumerate(dict.fromkeys(w.node for w in watched if w.node))
        }
        node_of = np.array([numbers.get(w.node, -1) for w in watched], dtype=np.int64)
        return cls(tuple(numbers), node_of, tuple(w.target.name for w in watched), tuple(vantages))

    def testimony(self, heard: Likelihoods, latest: Mapping[str, Latest]) -> Testimony:
        """A row for each node and vantage of which anything was heard.

        Of several targets of a node the one that speaks loudest for its fall counts: a capability
        is down where one of its probes fails.
        """
        ratio = heard.down - heard.up
        rows: list[tuple[int, int]] = []
        speaker: list[int] = []
        for vantage in range(len(self.vantages)):
            for node, target in self._loudest(ratio[:, vantage]):
                rows.append((node, vantage))
                speaker.append(target)
        where = np.array([vantage for _, vantage in rows], dtype=np.int64)
        who = np.array(speaker, dtype=np.int64)
        return Testimony(
            nodes=[self.nodes[node] for node, _ in rows],
            vantages=[self.vantages[vantage] for _, vantage in rows],
            log_up=heard.up[who, where] if len(who) else np.zeros(0),
            log_down=heard.down[who, where] if len(who) else np.zeros(0),
            marks=[
                tuple(latest[self.targets[t]].marks.get(self.vantages[v], ()))
                for t, v in zip(speaker, where.tolist(), strict=True)
            ],
        )

    def _loudest(self, ratio: Floats) -> list[tuple[int, int]]:
        """(node, target) for each node of which a target was heard, by node."""
        speaking = np.flatnonzero((ratio != 0) & (self.node_of >= 0))
        order = speaking[np.lexsort((-ratio[speaking], self.node_of[speaking]))]
        nodes = self.node_of[order]
        first = np.ones(len(order), dtype=np.bool_)
        first[1:] = nodes[1:] != nodes[:-1]
        return list(zip(nodes[first].tolist(), order[first].tolist(), strict=True))
