"""Figures of layers and groups from what the solver told of each site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np

from downwind.questions.holders.central import Concentration, concentration
from downwind.questions.holders.groups import Grouping
from downwind.questions.holders.leaning import Leaning
from downwind.questions.holders.owners import PRIVATE, SOMEBODY, SORTS, UNKNOWN, Owners
from downwind.questions.holders.types import Group, Held, Layer, Portion, Redundancy
from downwind.solve.arrays import Flags, Floats, Ints, Shorts
from downwind.solve.blast.tally import Counted

Column = Ints | Floats


@dataclass(slots=True)
class Measure:
    """Sums over the sites of each group; group 0 is the whole list."""

    owners: Owners
    grouping: Grouping
    many: Ints
    weight: Floats
    bucket: Shorts = field(init=False)
    """The part of the list that each site is in: one for each group, the last for none of them."""
    parts: Ints = field(init=False)
    """Which parts each group is made of: [group, part]."""

    def __post_init__(self) -> None:
        names = len(self.grouping.names)
        self.bucket = np.where(self.grouping.of_site < 0, names, self.grouping.of_site)
        groups = np.eye(names, names + 1, dtype=np.int64)
        if self.grouping.nested:
            groups = np.tri(names, names + 1, dtype=np.int64)
        self.parts = np.concatenate([np.ones((1, names + 1), dtype=np.int64), groups])

    @property
    def groups(self) -> int:
        """How many groups there are, with the whole."""
        return len(self.parts)

    @property
    def counted(self) -> Counted:
        """How the solver is to count the sites: part by part."""
        bucket = self.bucket.astype(np.int32)
        return Counted(self.many, self.weight, bucket, len(self.grouping.names) + 1)

    def layers(self, name: str, leaning: Leaning) -> list[Layer]:
        """The figures of one layer, for each group."""
        base = _Base(self, leaning.direct.causes > 0)
        direct, alone, alone_in_all = leaning.direct, leaning.alone, leaning.alone_in_all
        private = base.portions(direct.sorts & PRIVATE > 0)
        unknown = base.portions(direct.sorts & UNKNOWN > 0)
        lone = base.portions(alone.sorts & SOMEBODY > 0)
        lone_in_all = base.portions(alone_in_all.sorts & SOMEBODY > 0)
        backing = [
            base.portions(getattr(leaning.backing, each.name)) for each in fields(Redundancy)
        ]
        held = self._held(leaning, base)
        concentrations = self._concentrations(leaning, base)
        return [
            Layer(
                name=name,
                sites=int(base.sites[group]),
                weight=float(base.weight[group]),
                held=held[group],
                private=private[group],
                unknown=unknown[group],
                lone=lone[group],
                lone_in_all=lone_in_all[group],
                redundancy=Redundancy(*(each[group] for each in backing)),
                concentration=concentrations[group],
            )
            for group in range(self.groups)
        ]

    def group(self, group: int, layers: Sequence[Sequence[Layer]]) -> Group:
        """One group with all of its layers, the one with most weight first."""
        first, *rest = (each[group] for each in layers)
        rest.sort(key=lambda layer: (-layer.weight, layer.name))
        return Group(
            self.grouping.names[group - 1] if group else "",
            int(self._sum(self.many)[group]),
            float(self._sum(self.weight)[group]),
            tuple(layer for layer in (first, *rest) if layer.sites),
        )

    def _sum(self, values: Column) -> Floats:
        """Sums over each group."""
        summed = np.bincount(self.bucket, weights=values, minlength=self.parts.shape[1])
        return np.asarray(self.parts @ summed, dtype=np.float64)

    def _concentrations(self, leaning: Leaning, base: _Base) -> list[Concentration | None]:
        squares = self._sum(np.where(base.members, self.weight**2 / np.maximum(self.many, 1), 0.0))
        split = self.parts @ leaning.direct.split
        unknown = split * (self.owners.sorts == UNKNOWN)
        whole = np.where(base.weight > 0, base.weight, 1.0)
        return [
            concentration(split[group], unknown[group], float(squares[group] / whole[group] ** 2))
            for group in range(self.groups)
        ]

    def _held(self, leaning: Leaning, base: _Base) -> list[tuple[Held, ...]]:
        tallies = (leaning.direct, leaning.in_all, leaning.alone, leaning.alone_in_all)
        sites = [self.parts @ each.many for each in tallies]
        weights = [self.parts @ each.weight for each in tallies]
        return [
            self._held_by_group(
                [each[g] for each in sites], [each[g] for each in weights], float(base.weight[g])
            )
            for g in range(self.groups)
        ]

    def _held_by_group(
        self, sites: list[Ints], weights: list[Floats], whole: float
    ) -> tuple[Held, ...]:
        holders = self.owners.holders
        used = np.flatnonzero((sites[1] > 0) & (self.owners.sorts != PRIVATE)).tolist()
        used.sort(key=lambda h: (-weights[1][h], -weights[3][h], holders[h].name))
        return tuple(
            Held(
                holders[h].name,
                SORTS[holders[h].sort],
                holders[h].providers,
                *(
                    Portion(int(count[h]), float(weight[h] / whole) if whole else 0.0)
                    for count, weight in zip(sites, weights, strict=True)
                ),
            )
            for h in used
        )


@dataclass(slots=True)
class _Base:
    """The sites of a layer, of which others are portions."""

    measure: Measure
    members: Flags
    sites: Floats = field(init=False)
    weight: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.sites = self.measure._sum(np.where(self.members, self.measure.many, 0))
        self.weight = self.measure._sum(np.where(self.members, self.measure.weight, 0.0))

    def portions(self, flags: Flags) -> list[Portion]:
        """Those sites of the layer of which `flags` is true, for each group."""
        sites = self.measure._sum(np.where(flags, self.measure.many, 0))
        weight = self.measure._sum(np.where(flags, self.measure.weight, 0.0))
        share = np.divide(weight, self.weight, out=np.zeros_like(weight), where=self.weight > 0)
        return [Portion(int(n), float(part)) for n, part in zip(sites, share, strict=True)]
