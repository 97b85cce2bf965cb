"""What each cause would add to the likelihood, column by column; compiled."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from downwind.solve.arrays import Floats, Ints
from downwind.solve.jit import jit

_LARGE, _SMALL = 1e150, 1e-150


@jit
def gains(
    start: Ints, node: Ints, hit: Floats, here: Floats, service: Ints, rate: Floats, own: Floats,
    log_rest: Floats, log_own: Floats, severities: Floats,
) -> NDArray[np.float64]:  # fmt: skip
    """float[columns, severities]: the log-likelihood that each column would add at each severity.

    Column c takes the nodes node[start[c] : start[c + 1]], service by service, and their probes
    are hit[...] times as likely under its fault as if they were up. Per node: `here` is the
    likelihood so far, `rate` and `own` how often it fails by itself and what its probes are worth
    then. Per service `log_rest` and `log_own` are how likely it is that no fault of the service as
    a whole is behind them, and that one is; they sum to 1 before the logarithm.
    """
    columns, grades = len(start) - 1, len(severities)
    found = np.zeros((columns, grades))
    product, logs, running = np.ones(grades), np.zeros(grades), np.ones(grades)
    for column in range(columns):
        begins, ends = start[column], start[column + 1]
        for entry in range(begins, ends):
            n = node[entry]
            before = (1.0 - rate[n]) * here[n] + rate[n] * own[n]
            more = (1.0 - rate[n]) * (hit[entry] - here[n]) / before
            for grade in range(grades):
                product[grade] *= 1.0 + severities[grade] * more
                if not _SMALL < product[grade] < _LARGE:
                    logs[grade] += math.log(product[grade])
                    product[grade] = 1.0
            if entry + 1 == ends or service[node[entry + 1]] != service[n]:
                s = service[n]
                _close(product, logs, log_rest[s], log_own[s], running, found[column])
        _finish(running, found[column])
    return found


@jit
def strays(
    start: Ints, node: Ints, cause: Ints, failing: Ints, here: Floats, service: Ints, rate: Floats,
    own: Floats, down: Floats, profile: Ints, fit: NDArray[np.float64], log_rest: Floats,
    log_own: Floats, unknown: Floats, severities: Floats,
) -> NDArray[np.float64]:  # fmt: skip
    """float[columns, severities]: the log-likelihood that each column adds by nodes outside it.

    A node may stand on a cause without anybody knowing; of column c do so to share unknown[c] of
    all nodes. Those that hold speak against it. `failing` are the failing nodes, which rise; else
    as in `gains`.
    """
    columns, grades = len(start) - 1, len(severities)
    found = np.zeros((columns, grades))
    product, logs, running = np.ones(grades), np.zeros(grades), np.ones(grades)
    for column in range(columns):
        share = unknown[column]
        if share == 0.0:
            continue
        at, ends, outside, touched = start[column], start[column + 1], len(here), False
        outside -= ends - at + len(failing)
        for place in range(len(failing)):
            n = failing[place]
            while at < ends and node[at] < n:
                at += 1
            hit = down[n] * fit[profile[n], cause[column]]
            if at < ends and node[at] == n:
                outside += 1
            elif hit > here[n]:
                touched = True
                before = (1.0 - rate[n]) * here[n] + rate[n] * own[n]
                more = (1.0 - rate[n]) * share * (hit - here[n]) / before
                for grade in range(grades):
                    product[grade] *= 1.0 + severities[grade] * more
                    if product[grade] > _LARGE:
                        logs[grade] += math.log(product[grade])
                        product[grade] = 1.0
            last = place + 1 == len(failing) or service[failing[place + 1]] != service[n]
            if last and touched:
                s = service[n]
                _close(product, logs, log_rest[s], log_own[s], running, found[column])
                touched = False
        _finish(running, found[column])
        for grade in range(grades):
            found[column, grade] += outside * math.log1p(-share * severities[grade])
    return found


@jit
def _close(
    product: Floats, logs: Floats, log_rest: float, log_own: float, running: Floats, found: Floats
) -> None:
    """A service is done: what its nodes gained counts where no fault of its own is behind them.

    Per severity `product`, times e to `logs`, is what they gained; it starts anew. The result is
    multiplied into `running`, whose log is added to `found` before it grows out of bounds.
    """
    rest, by_itself = math.exp(log_rest), math.exp(log_own)
    for grade in range(len(product)):
        value = rest * product[grade] + by_itself
        if logs[grade] == 0.0 and _SMALL < value < _LARGE:
            running[grade] *= value
            if not _SMALL < running[grade] < _LARGE:
                found[grade] += math.log(running[grade])
                running[grade] = 1.0
        else:
            a = log_rest + logs[grade] + math.log(product[grade])
            top, low = max(a, log_own), min(a, log_own)
            found[grade] += top + math.log1p(math.exp(low - top))
        product[grade], logs[grade] = 1.0, 0.0


@jit
def _finish(running: Floats, found: Floats) -> None:
    """Add what is left in `running`."""
    for grade in range(len(running)):
        found[grade] += math.log(running[grade])
        running[grade] = 1.0
