"""What is heard of the nodes: witnesses as arrays, node by node, with how well their marks fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from downwind.questions.attribution.parameters import Parameters
from downwind.questions.marks import Fits, fits
from downwind.questions.suspects import Suspects
from downwind.questions.witnesses import Mark
from downwind.solve.arrays import Flags, Floats, Ints
from downwind.terms import UsageError

_SHARES = 4
"""Shares of marks are told in quarters, so that few mixtures differ."""


@dataclass(frozen=True, slots=True, eq=False)
class Testimony:
    """What the detector holds: a row for each pair of a node and a vantage."""

    nodes: Sequence[str]
    vantages: Sequence[str]
    log_up: Floats
    """log P(its probes | the node is up), decayed."""
    log_down: Floats
    """log P(its probes | the node is down)."""
    marks: Sequence[Sequence[Mark]]
    """How its failing probes looked of late."""

    def __post_init__(self) -> None:
        """Raise UsageError where the columns differ in length or hold no numbers."""
        columns = (self.nodes, self.vantages, self.log_up, self.log_down, self.marks)
        if len({len(column) for column in columns}) > 1:
            lengths = ", ".join(str(len(column)) for column in columns)
            raise UsageError(f"the columns of the witnesses differ in length: {lengths}.")
        with np.errstate(invalid="ignore"):  # two infinities
            unclear = np.isnan(self.log_down - self.log_up)
        if unclear.any():
            raise UsageError("a witness's likelihood is no number.")


@dataclass(frozen=True, slots=True)
class Place:
    """Vantages that fail together: one by itself, all behind a resolver, all in a network."""

    name: str
    vantages: frozenset[str]
    kind: str = "vantage"
    """vantage, resolver or network."""


@dataclass(frozen=True, slots=True, eq=False)
class Mixtures:
    """P(the marks | it failed because of ...), a row for each mixture; the first is of no marks."""

    suspects: Floats
    """float[mixtures, suspects]."""
    own: Floats
    vantage: Floats
    resolver: Floats

    @classmethod
    def of(cls, shares: Floats, marks: Sequence[Fits], suspects: int) -> Mixtures:
        """The mean over marks; `shares` are float[mixtures, marks], and a row of 0 stands for no
        marks, which fit everybody."""
        total = shares.sum(axis=1)
        weights = shares / np.where(total > 0, total, 1.0)[:, None]
        none = (total == 0).astype(np.float64)
        table = np.stack([fit.suspects for fit in marks]) if marks else np.zeros((0, suspects))
        return cls(
            weights @ table + none[:, None],
            weights @ np.array([fit.own for fit in marks]) + none,
            weights @ np.array([fit.vantage for fit in marks]) + none,
            weights @ np.array([fit.resolver for fit in marks]) + none,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """Nodes that bear witness, in the order of the suspects' rows."""

    row: Ints
    """Per node its row among the suspects' rows; they rise."""
    place_of: Ints
    """Per row of the suspects' its node here; -1 where nothing is heard of it."""
    ratio: Floats
    """Per node log P(probes | down) - log P(probes | up), over all vantages."""
    down: Floats
    """Per node P(probes | down) / P(probes | up), marks left out."""
    profile: Ints
    """Per node which mixture of marks it bears."""
    fits: Mixtures
    node: Ints
    """Per witness its node."""
    witness_down: Floats
    """Per witness P(probes | down) / P(probes | up)."""
    vantage: Ints
    """Per witness its vantage among `vantages`."""
    vantages: tuple[str, ...]

    @property
    def fails(self) -> Flags:
        """Per node whether more speaks for down than for up."""
        return np.asarray(self.ratio > 0)


def listen(suspects: Suspects, said: Testimony, how: Parameters) -> Heard:
    """The testimony on nodes that the graph knows; the rest is left out."""
    row_of = suspects.row
    rows = np.array([row_of.get(name, -1) for name in said.nodes], dtype=np.int64)
    known = np.flatnonzero(rows >= 0)
    row, node = np.unique(rows[known], return_inverse=True)
    place_of = np.full(len(suspects.falls.rows), -1, dtype=np.int64)
    place_of[row] = np.arange(len(row))
    ratio = np.clip((said.log_down - said.log_up)[known], -how.at_most, how.at_most)
    total: Floats = np.bincount(node, weights=ratio, minlength=len(row)).astype(np.float64)
    total = np.clip(total, -how.at_most, how.at_most)
    fails = total[node] > 0
    telling = np.flatnonzero(fails | (ratio > 0))
    marks = _marks(said, known[telling], fails[telling])
    profile, mixtures = _mixtures(suspects, node[telling], marks, len(row))
    number: dict[str, int] = {}
    vantage = [number.setdefault(said.vantages[w], len(number)) for w in known.tolist()]
    return Heard(
        row=row,
        place_of=place_of,
        ratio=total,
        down=_down(total, node, np.exp(ratio), how),
        profile=profile,
        fits=mixtures,
        node=node,
        witness_down=np.exp(ratio),
        vantage=np.array(vantage, dtype=np.int64),
        vantages=tuple(number),
    )


def _down(total: Floats, node: Ints, witness_down: Floats, how: Parameters) -> Floats:
    """A node of several vantages may be down for some of them only."""
    for_all = np.exp(total)
    several = np.bincount(node, minlength=len(total)) > 1
    logs = np.log(0.5 + 0.5 * witness_down)
    for_some = np.exp(
        np.clip(np.bincount(node, weights=logs, minlength=len(total)), None, how.at_most)
    )
    return np.where(several, (1 - how.patchy) * for_all + how.patchy * for_some, for_all)


def _marks(said: Testimony, witnesses: Ints, fails: Flags) -> list[Sequence[Mark]]:
    """The marks of these witnesses; of a node that holds all in all one of each will do."""
    return [
        said.marks[w] if failing else said.marks[w][:1]
        for w, failing in zip(witnesses.tolist(), fails.tolist(), strict=True)
    ]


def _mixtures(
    suspects: Suspects, node: Ints, marks: Sequence[Sequence[Mark]], many: int
) -> tuple[Ints, Mixtures]:
    """Which mixture of marks each node bears, and the mixtures."""
    number: dict[Mark, int] = {}
    by_identity: dict[int, int] = {}
    places, kinds = [], []
    for place, some in enumerate(marks):
        for mark in some:
            kind = by_identity.get(id(mark))
            if kind is None:  # hashing a mark takes long, and most are the same object
                kind = by_identity[id(mark)] = number.setdefault(mark, len(number))
            places.append(place)
            kinds.append(kind)
    bearing = node[np.array(places, dtype=np.int64)]
    which, at = np.unique(bearing, return_inverse=True)
    counts = np.zeros((len(which), len(number)))
    np.add.at(counts, (at, np.array(kinds, dtype=np.int64)), 1.0)
    shares = np.round(_SHARES * counts / np.maximum(counts.sum(axis=1), 1.0)[:, None])
    rare = shares.sum(axis=1) == 0  # many marks, each rare
    shares[rare] = counts[rare] > 0
    rows, profile_of = np.unique(shares.astype(np.int8), axis=0, return_inverse=True)
    profile = np.zeros(many, dtype=np.int64)
    profile[which] = 1 + profile_of.reshape(-1)
    fit = [fits(mark, suspects) for mark in number]
    table = np.concatenate([np.zeros((1, len(number))), rows])
    return profile, Mixtures.of(table, fit, len(suspects.names))
