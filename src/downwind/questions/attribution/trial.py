"""The likelihood of what is heard, under any causes: own faults summed out service by service."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from downwind.graph.tables.ranges import spread, starts
from downwind.questions.attribution.heard import Heard, Place
from downwind.questions.attribution.kernels import gains, strays
from downwind.questions.attribution.parameters import OWN_SEVERITIES, SEVERITIES, Parameters
from downwind.questions.attribution.prior import Prior
from downwind.questions.suspects import Suspects
from downwind.solve.arrays import Flags, Floats, Ints, Shorts

_LEAST_UNKNOWN = 0.5
"""Below this share of the own rate, strays are lost among faults of their own: not looked for."""


class Columns(NamedTuple):
    """Whom some causes take, among the nodes that are heard."""

    cause: Ints
    start: Ints
    """The cause at place i takes node[start[i] : start[i + 1]], which rise."""
    node: Ints
    hit: Floats
    """Beside `node`: P(probes and marks | down because of the cause) / P(probes | up)."""
    mark: NDArray[np.uint64]
    """The same number for causes that take the same nodes."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """All that is known of one moment, as arrays over nodes, services and causes."""

    suspects: Suspects
    heard: Heard
    how: Parameters
    prior: Prior
    service: Ints
    """Per node the group that fails by itself together: its service, or the node alone."""
    rate: Floats
    """Per node how often it alone fails by itself."""
    own: Floats
    """Per node P(probes and marks | down by itself) / P(probes | up)."""
    service_rate: Floats
    """Per group how often it fails by itself as a whole."""
    log_whole: Floats
    """Per group the log of: its rate, times the likelihood of its nodes if it failed as a whole."""
    places: tuple[Place, ...]
    keys: NDArray[np.uint64]
    """A random number per node, by sums of which columns are compared."""
    among: tuple[Flags, ...]
    """Per place which witnesses are of its vantages."""

    @classmethod
    def of(
        cls,
        suspects: Suspects,
        heard: Heard,
        prior: Prior,
        places: Sequence[Place],
        how: Parameters,
    ) -> Trial:
        """Make the arrays ready."""
        own = heard.down * heard.fits.own[heard.profile]
        service, service_rate, rate = _groups(suspects, heard, prior, how)
        logs = [
            np.bincount(
                service,
                weights=np.log((1 - p) * (1 - rate + rate * own) + p * own),
                minlength=len(service_rate),
            )
            for p in OWN_SEVERITIES
        ]
        with np.errstate(divide="ignore"):
            log_whole = np.log(service_rate) + log_mean(np.stack(logs, axis=1))
        return cls(
            suspects, heard, how, prior, service, rate, own, service_rate, log_whole,
            tuple(places), _keys(len(heard.row)), tuple(_among(heard, place) for place in places),
        )  # fmt: skip

    @property
    def nothing(self) -> Floats:
        """The nodes' likelihood where no cause is at fault: 1, as all is told against it."""
        return np.ones(len(self.heard.row))

    def shares(self, here: Floats) -> tuple[Floats, Floats, Floats]:
        """Per group the log-likelihood, and of it the log shares of no fault of its own as a
        whole, and of one."""
        logs = np.log((1 - self.rate) * here + self.rate * self.own)
        summed = np.bincount(self.service, weights=logs, minlength=len(self.service_rate))
        rest = np.log1p(-self.service_rate) + summed.astype(np.float64)
        total = np.logaddexp(rest, self.log_whole)
        return total, rest - total, self.log_whole - total

    def log_likelihood(self, here: Floats) -> float:
        """Of all nodes, own faults summed out."""
        return float(self.shares(here)[0].sum())

    def add(self, here: Floats, columns: Columns) -> Floats:
        """float[columns, severities]: the log-likelihood that each column would add.

        The graph may be whole, or lack the usual share of the needs: either counts half.
        """
        _, rest, whole = self.shares(here)
        inside = gains(
            columns.start, columns.node, columns.hit, here, self.service, self.rate, self.own,
            rest, whole, SEVERITIES,
        )  # fmt: skip
        outside = strays(
            columns.start, columns.node, columns.cause, np.flatnonzero(self.heard.fails), here,
            self.service, self.rate, self.own, self.heard.down, self.heard.profile,
            self.heard.fits.suspects, rest, whole, self._unknown(columns.start), SEVERITIES,
        )  # fmt: skip
        return np.asarray(inside + np.logaddexp(outside, 0.0) - np.log(2))

    def hurt(self, here: Floats, columns: Columns, place: int, severity: float) -> Floats:
        """The nodes' likelihood with one cause more, at this severity.

        The marks are part of it: otherwise a second suspect of the same provider would be paid
        again for the same marks.
        """
        entries = slice(columns.start[place], columns.start[place + 1])
        node, cause = columns.node[entries], columns.cause[place]
        share = severity * float(self._unknown(columns.start[place : place + 2])[0])
        stray = self.heard.down * self.heard.fits.suspects[self.heard.profile, cause]
        found = np.where(
            self.heard.fails, np.maximum(here, (1 - share) * here + share * stray), here
        )
        found[node] = (1 - severity) * here[node] + severity * columns.hit[entries]
        return found

    def _unknown(self, start: Ints) -> Floats:
        """Per column the share of all nodes that stand on it without anybody knowing."""
        share = self.how.unknown * (start[1:] - start[:-1]) / len(self.heard.row)
        return np.where(share > _LEAST_UNKNOWN * self.how.own_rate, share, 0.0)

    def columns(self, causes: Ints) -> Columns:
        """The columns of these causes."""
        falls, heard = self.suspects.falls, self.heard
        many = falls.start[causes + 1] - falls.start[causes]
        node = heard.place_of[falls.row[spread(falls.start[causes], many)]]
        place = np.repeat(np.arange(len(causes)), many)
        kept = node >= 0
        return self._columns(causes, node[kept], place[kept])

    def _columns(self, causes: Ints, node: Ints, place: Ints) -> Columns:
        start = starts(np.bincount(place, minlength=len(causes)))
        hit = (
            self.heard.down[node]
            * self.heard.fits.suspects[self.heard.profile[node], causes[place]]
        )
        running = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(self.keys[node])])
        mark = running[start[1:]] - running[start[:-1]]  # sums wrap around, and so does this
        return Columns(causes, start, node, hit, mark)

    def joined(self, cause: int, extra: Iterable[tuple[int, Shorts]]) -> Columns:
        """The column of a cause and, for each of its partners, the rows that fall with both.

        A mark on one of these may speak of either; the better fit counts.
        """
        plain = self.columns(np.array([cause]))
        found = dict(zip(plain.node.tolist(), plain.hit.tolist(), strict=True))
        for partner, rows in extra:
            nodes = self.heard.place_of[rows]
            nodes = nodes[nodes >= 0]
            fit = self.heard.fits.suspects[self.heard.profile[nodes]][:, [cause, partner]].max(
                axis=1, initial=0.0
            )
            found |= dict(zip(nodes.tolist(), (self.heard.down[nodes] * fit).tolist(), strict=True))
        node = np.array(sorted(found), dtype=np.int64)
        hit = np.array([found[n] for n in node.tolist()])
        return plain._replace(start=np.array([0, len(node)]), node=node, hit=hit)

    def within(self, number: int, severity: float) -> Floats:
        """The nodes' likelihood where a place is at fault, which nobody else is."""
        heard, fits = self.heard, self.heard.fits
        fit = fits.resolver if self.places[number].kind == "resolver" else fits.vantage
        theirs = np.flatnonzero(self.among[number])
        node = heard.node[theirs]
        hit = heard.witness_down[theirs] * fit[heard.profile[node]]
        logs = np.log((1 - severity) + severity * hit)
        summed = np.bincount(node, weights=logs, minlength=len(heard.row))
        return np.exp(np.clip(summed, -2 * self.how.at_most, 2 * self.how.at_most))


def _keys(many: int) -> NDArray[np.uint64]:
    return np.random.default_rng(1).integers(1 << 62, size=many, dtype=np.uint64)


def _among(heard: Heard, place: Place) -> Flags:
    inside = np.array([v in place.vantages for v in heard.vantages], dtype=np.bool_)
    return np.asarray(inside[heard.vantage])


def log_mean(logs: Floats) -> Floats:
    """The log of the mean of exp over the last axis."""
    top = logs.max(axis=-1)
    safe = np.where(np.isfinite(top), top, 0.0)
    return np.asarray(safe + np.log(np.exp(logs - safe[..., None]).mean(axis=-1)))


def _groups(
    suspects: Suspects, heard: Heard, prior: Prior, how: Parameters
) -> tuple[Ints, Floats, Floats]:
    """Per node its group; per group its rate as a whole; per node its rate alone."""
    service = suspects.falls.service[heard.row].astype(np.int64)
    lone = service < 0
    used, group = np.unique(service[~lone], return_inverse=True)
    found = np.empty(len(service), dtype=np.int64)
    found[~lone] = group
    found[lone] = len(used) + np.arange(int(lone.sum()))
    rates = np.concatenate([prior.own[used], np.zeros(int(lone.sum()))])
    alone = np.full(len(service), how.own_rate)
    alone[~lone] = np.minimum(prior.own[service[~lone]], 0.5) * how.alone
    return found, rates, alone
